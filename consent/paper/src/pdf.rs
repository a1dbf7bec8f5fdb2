//! Sheets as a PDF file: one embedded font of the glyphs used, with the table that lets text be searched and read aloud.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use crate::font::{Font, Metrics};
use crate::page::PaperError;
use crate::qr::Code;

/// A4, in points.
pub(crate) const PAGE_WIDTH: f32 = 595.276;
pub(crate) const PAGE_HEIGHT: f32 = 841.89;

const FONT_NAME: Name<'static> = Name(b"F1");
/// Six letters and a plus mark a font of which only a part is embedded (ISO 32000-1, 9.6.4).
const BASE_FONT: Name<'static> = Name(b"MUSUBI+Form");
const SYSTEM: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// What stands on one page. Distances are from the top left.
#[derive(Default)]
pub(crate) struct Sheet {
    marks: Vec<Mark>,
}

enum Mark {
    Text {
        text: String,
        left: f32,
        baseline: f32,
        size: f32,
    },
    Filled {
        at: [f32; 4],
        grey: f32,
    },
    Frame {
        at: [f32; 4],
        grey: f32,
    },
}

impl Sheet {
    pub(crate) fn text(&mut self, text: &str, left: f32, baseline: f32, size: f32) {
        self.marks.push(Mark::Text {
            text: text.to_owned(),
            left,
            baseline,
            size,
        });
    }

    /// Lines below one another.
    pub(crate) fn block(&mut self, lines: &[String], left: f32, top: f32, size: f32, line: f32) {
        let mut baseline = top + size;
        for text in lines {
            self.text(text, left, baseline, size);
            baseline += size * line;
        }
    }

    pub(crate) fn filled(&mut self, left: f32, top: f32, width: f32, height: f32, grey: f32) {
        let at = [left, PAGE_HEIGHT - top - height, width, height];
        self.marks.push(Mark::Filled { at, grey });
    }

    pub(crate) fn frame(&mut self, left: f32, top: f32, width: f32, height: f32, grey: f32) {
        let at = [left, PAGE_HEIGHT - top - height, width, height];
        self.marks.push(Mark::Frame { at, grey });
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a QR code has fewer than 200 modules a side"
    )]
    pub(crate) fn code(&mut self, code: &Code, left: f32, top: f32, side: f32) {
        let module = side / code.modules as f32;
        for run in &code.runs {
            let (x, y) = (run.x as f32 * module, run.y as f32 * module);
            let width = run.length as f32 * module;
            self.filled(left + x, top + y, width, module, 0.0);
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            Mark::Filled { .. } | Mark::Frame { .. } => None,
        })
    }

    fn content(&self, glyphs: &Glyphs) -> Vec<u8> {
        let mut content = Content::new();
        for mark in &self.marks {
            mark.draw(&mut content, glyphs);
        }
        content.finish().to_vec()
    }
}

impl Mark {
    fn draw(&self, content: &mut Content, glyphs: &Glyphs) {
        match self {
            Self::Filled {
                at: [x, y, width, height],
                grey,
            } => {
                content.set_fill_gray(*grey);
                content.rect(*x, *y, *width, *height).fill_nonzero();
            }
            Self::Frame {
                at: [x, y, width, height],
                grey,
            } => {
                content.set_stroke_gray(*grey).set_line_width(0.5);
                content.rect(*x, *y, *width, *height).stroke();
            }
            Self::Text {
                text,
                left,
                baseline,
                size,
            } => {
                content.set_fill_gray(0.0).begin_text();
                content.set_font(FONT_NAME, *size);
                content.next_line(*left, PAGE_HEIGHT - baseline);
                content.show(Str(&glyphs.encode(text))).end_text();
            }
        }
    }
}

/// The glyphs used: their numbers in the part of the font that is embedded.
struct Glyphs {
    remapper: GlyphRemapper,
    by_character: BTreeMap<char, u16>,
}

impl Glyphs {
    fn of(metrics: &Metrics<'_>, sheets: &[Sheet]) -> Result<Self, PaperError> {
        let mut glyphs = Self {
            remapper: GlyphRemapper::new(),
            by_character: BTreeMap::new(),
        };
        for character in sheets.iter().flat_map(Sheet::texts).flat_map(str::chars) {
            let glyph = metrics
                .glyph(character)
                .ok_or(PaperError::MissingGlyph(character))?;
            let number = glyphs.remapper.remap(glyph);
            glyphs.by_character.insert(character, number);
        }
        Ok(glyphs)
    }

    /// Two bytes for each character.
    fn encode(&self, text: &str) -> Vec<u8> {
        let numbers = text
            .chars()
            .map(|character| self.by_character.get(&character).copied());
        numbers
            .flat_map(|number| number.unwrap_or_default().to_be_bytes())
            .collect()
    }

    fn unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"Musubi"), SYSTEM);
        for (character, number) in &self.by_character {
            map.pair(*number, *character);
        }
        map.finish().to_vec()
    }
}

/// Numbers of the objects in the file.
struct Objects {
    catalog: Ref,
    pages: Ref,
    font: Ref,
    descendant: Ref,
    descriptor: Ref,
    file: Ref,
    unicode: Ref,
    /// Number of the first page; each page is followed by its content.
    first: i32,
}

const OBJECTS: Objects = Objects {
    catalog: Ref::new(1),
    pages: Ref::new(2),
    font: Ref::new(3),
    descendant: Ref::new(4),
    descriptor: Ref::new(5),
    file: Ref::new(6),
    unicode: Ref::new(7),
    first: 8,
};

/// Writes the file.
pub(crate) fn write(
    font: &Font,
    metrics: &Metrics<'_>,
    sheets: &[Sheet],
) -> Result<Vec<u8>, PaperError> {
    let glyphs = Glyphs::of(metrics, sheets)?;
    let embedded =
        subsetter::subset(font.bytes(), 0, &glyphs.remapper).map_err(|_| PaperError::Subset)?;
    let mut pdf = Pdf::new();
    pdf.catalog(OBJECTS.catalog).pages(OBJECTS.pages);
    let numbers: Vec<i32> = (OBJECTS.first..).step_by(2).take(sheets.len()).collect();
    let count = i32::try_from(numbers.len()).unwrap_or(i32::MAX);
    pdf.pages(OBJECTS.pages)
        .kids(numbers.iter().map(|number| Ref::new(*number)))
        .count(count);
    for (number, sheet) in numbers.iter().zip(sheets) {
        write_page(&mut pdf, *number, &sheet.content(&glyphs));
    }
    write_font(&mut pdf, metrics, &glyphs, &embedded);
    Ok(pdf.finish())
}

fn write_page(pdf: &mut Pdf, number: i32, content: &[u8]) {
    let content_number = Ref::new(number.saturating_add(1));
    let mut page = pdf.page(Ref::new(number));
    page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT));
    page.parent(OBJECTS.pages).contents(content_number);
    page.resources().fonts().pair(FONT_NAME, OBJECTS.font);
    page.finish();
    pdf.stream(content_number, content);
}

fn write_font(pdf: &mut Pdf, metrics: &Metrics<'_>, glyphs: &Glyphs, embedded: &[u8]) {
    pdf.type0_font(OBJECTS.font)
        .base_font(BASE_FONT)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(OBJECTS.descendant)
        .to_unicode(OBJECTS.unicode);
    let mut descendant = pdf.cid_font(OBJECTS.descendant);
    descendant
        .subtype(CidFontType::Type2)
        .base_font(BASE_FONT)
        .system_info(SYSTEM)
        .font_descriptor(OBJECTS.descriptor)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let widths = glyphs.remapper.remapped_gids();
    descendant
        .widths()
        .consecutive(0, widths.map(|glyph| metrics.glyph_width(glyph)));
    descendant.finish();
    let [left, bottom, right, top] = metrics.bounds();
    pdf.font_descriptor(OBJECTS.descriptor)
        .name(BASE_FONT)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(metrics.ascent())
        .descent(metrics.descent())
        .cap_height(metrics.ascent())
        .stem_v(80.0)
        .font_file2(OBJECTS.file);
    pdf.stream(OBJECTS.file, embedded);
    pdf.stream(OBJECTS.unicode, &glyphs.unicode());
}
