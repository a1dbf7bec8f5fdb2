//! The form: a title, the QR code beside it, labelled fields in a table, page numbers.

use musubi_consent::receipt_rendering::{page_words, receipt_rows};
use musubi_consent::rendering::{RenderError, Row, rows, short_reference};
use musubi_consent::{ConsentReceipt, DocumentError, Statement};
use musubi_primitives::Language;

use crate::font::{Font, Metrics};
use crate::layout::wrap;
use crate::pdf::{self, PAGE_HEIGHT, PAGE_WIDTH, Sheet};
use crate::qr;

// All in points; 72 are an inch.
const MARGIN: f32 = 50.0;
const TITLE_SIZE: f32 = 19.0;
const HEADING_SIZE: f32 = 13.0;
const TEXT_SIZE: f32 = 12.0;
const LABEL_SIZE: f32 = 11.0;
const SMALL_SIZE: f32 = 9.0;
const LINE: f32 = 1.4;
const PADDING: f32 = 5.0;
const LABEL_WIDTH: f32 = 165.0;
const QR_SIDE: f32 = 105.0;
const GAP: f32 = 10.0;
const FULL_WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
const LABEL_GREY: f32 = 0.93;
const LINE_GREY: f32 = 0.6;

/// Why a form cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The bytes are not what they should be, or this build lacks words for them.
    #[error("put the document into words")]
    Render(#[from] RenderError),
    /// The bytes are no receipt or statement.
    #[error("read the document")]
    Document(#[from] DocumentError),
    /// The font lacks a character that the form needs.
    #[error("the font lacks {0:?}: configure one that has it")]
    MissingGlyph(char),
    /// The font cannot be reduced to the characters used.
    #[error("take the characters used out of the font")]
    Subset,
    /// More text than a QR code holds.
    #[error("make the QR code")]
    Qr,
}

/// A receipt as PDF.
///
/// # Errors
///
/// [`PaperError`] when either document is not what it should be, or the font is not enough.
pub fn receipt_pdf(
    font: &Font,
    receipt: &[u8],
    statement: &[u8],
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    let rows = receipt_rows(receipt, statement, language)?;
    let code = ConsentReceipt::parse(receipt)?.qr_text();
    form(font, &rows, Some(&code), language)
}

/// A statement as PDF, to be read before signing. The QR code holds its reference.
///
/// # Errors
///
/// [`PaperError`] when it is no statement, or the font is not enough.
pub fn statement_pdf(
    font: &Font,
    statement: &[u8],
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    let rows = rows(statement, language)?;
    let statement = Statement::parse(statement)?;
    let reference = short_reference(&statement).to_uppercase();
    let code = format!("MUSUBI:S1:{reference}");
    form(font, &rows, Some(&code), language)
}

/// Any rows as PDF, without a code: the printed copy of a record.
///
/// # Errors
///
/// [`PaperError`] when the font is not enough.
pub fn copy_pdf(font: &Font, rows: &[Row], language: Language) -> Result<Vec<u8>, PaperError> {
    form(font, rows, None, language)
}

/// Letters as one PDF, each beginning on a page of its own.
///
/// # Errors
///
/// [`PaperError`] when the font is not enough.
pub fn letters_pdf(
    font: &Font,
    letters: &[Vec<Row>],
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    let metrics = font.metrics();
    let mut sheets = Vec::new();
    for letter in letters {
        let mut form = Form::new(&metrics);
        for row in letter {
            form.row(row);
        }
        form.number_pages(page_words(language)?.1);
        sheets.append(&mut form.sheets);
    }
    pdf::write(font, &metrics, &sheets)
}

fn form(
    font: &Font,
    rows: &[Row],
    code: Option<&str>,
    language: Language,
) -> Result<Vec<u8>, PaperError> {
    let metrics = font.metrics();
    let (beside_code, page_words) = page_words(language)?;
    let mut form = Form::new(&metrics);
    if let Some(code) = code {
        let code = qr::encode(code).ok_or(PaperError::Qr)?;
        form.code(&code, beside_code);
    }
    for row in rows {
        form.row(row);
    }
    form.number_pages(page_words);
    pdf::write(font, &metrics, &form.sheets)
}

/// A form that grows downwards, page after page.
struct Form<'a> {
    metrics: &'a Metrics<'a>,
    sheets: Vec<Sheet>,
    /// Distance of the next line from the top of the page.
    top: f32,
    /// Height down to which the code stands at the right of the first page.
    code_ends: f32,
}

impl<'a> Form<'a> {
    fn new(metrics: &'a Metrics<'a>) -> Self {
        Self {
            metrics,
            sheets: vec![Sheet::default()],
            top: MARGIN,
            code_ends: 0.0,
        }
    }

    fn code(&mut self, code: &qr::Code, caption: &str) {
        let left = PAGE_WIDTH - MARGIN - QR_SIDE;
        let (sheet, top) = (self.sheet(), MARGIN - 8.0);
        sheet.code(code, left, top, QR_SIDE);
        sheet.text(caption, left + 12.0, top + QR_SIDE + SMALL_SIZE, SMALL_SIZE);
        self.code_ends = top + QR_SIDE + 2.0 * SMALL_SIZE;
    }

    fn row(&mut self, row: &Row) {
        match row {
            Row::Title(text) => self.paragraph(text, TITLE_SIZE),
            Row::Heading(text) => self.heading(text),
            Row::Note(text) => {
                self.top += PADDING;
                self.paragraph(text, TEXT_SIZE);
            }
            Row::Field { label, value } => self.field(label, value),
            Row::Gap => self.top += GAP,
        }
    }

    fn heading(&mut self, text: &str) {
        // A heading alone at the foot of a page helps nobody.
        self.room_for(4.0 * HEADING_SIZE * LINE);
        self.top += GAP;
        self.paragraph(text, HEADING_SIZE);
    }

    fn paragraph(&mut self, text: &str, size: f32) {
        let lines = wrap(self.metrics, text, size, self.free_width());
        let height = block_height(&lines, size);
        self.room_for(height);
        let top = self.top;
        self.sheet().block(&lines, MARGIN, top, size, LINE);
        self.top += height + PADDING;
    }

    fn field(&mut self, label: &str, value: &str) {
        self.top = self.top.max(self.code_ends);
        let label_lines = wrap(self.metrics, label, LABEL_SIZE, LABEL_WIDTH - 2.0 * PADDING);
        let value_width = FULL_WIDTH - LABEL_WIDTH - 2.0 * PADDING;
        let value_lines = wrap(self.metrics, value, TEXT_SIZE, value_width);
        let height = 2.0 * PADDING
            + block_height(&label_lines, LABEL_SIZE).max(block_height(&value_lines, TEXT_SIZE));
        self.room_for(height);
        let top = self.top;
        let sheet = self.sheet();
        sheet.filled(MARGIN, top, LABEL_WIDTH, height, LABEL_GREY);
        sheet.frame(MARGIN, top, LABEL_WIDTH, height, LINE_GREY);
        let value_left = MARGIN + LABEL_WIDTH;
        sheet.frame(value_left, top, FULL_WIDTH - LABEL_WIDTH, height, LINE_GREY);
        sheet.block(
            &label_lines,
            MARGIN + PADDING,
            top + PADDING,
            LABEL_SIZE,
            LINE,
        );
        sheet.block(
            &value_lines,
            value_left + PADDING,
            top + PADDING,
            TEXT_SIZE,
            LINE,
        );
        self.top += height;
    }

    fn number_pages(&mut self, words: &str) {
        let pages = self.sheets.len().to_string();
        for (number, sheet) in (1..).zip(&mut self.sheets) {
            let number: i32 = number;
            let text = words
                .replace("{page}", &number.to_string())
                .replace("{pages}", &pages);
            let left = PAGE_WIDTH / 2.0 - 30.0;
            sheet.text(&text, left, PAGE_HEIGHT - 28.0, SMALL_SIZE);
        }
    }

    /// Narrower beside the code.
    fn free_width(&self) -> f32 {
        if self.top < self.code_ends {
            FULL_WIDTH - QR_SIDE - GAP
        } else {
            FULL_WIDTH
        }
    }

    fn room_for(&mut self, height: f32) {
        if PAGE_HEIGHT - MARGIN < self.top + height {
            self.sheets.push(Sheet::default());
            self.top = MARGIN;
            self.code_ends = 0.0;
        }
    }

    fn sheet(&mut self) -> &mut Sheet {
        self.sheets
            .last_mut()
            .expect("a form begins with one sheet")
    }
}

fn block_height(lines: &[String], size: f32) -> f32 {
    lines.iter().map(|_| size * LINE).sum()
}
