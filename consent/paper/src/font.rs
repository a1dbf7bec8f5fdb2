//! The font that a machine has: found, read, and measured.

use std::path::{Path, PathBuf};

use ttf_parser::{Face, GlyphId};

/// Where Debian and others put TrueType fonts with Japanese.
const USUAL_PLACES: [&str; 5] = [
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
    "/usr/share/fonts/ipa-gothic/ipag.ttf",
];

/// Longest font file that is read, in bytes.
const FONT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why there is no font.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// None is configured and none lies in the usual places.
    #[error(
        "no Japanese font found: install fonts-ipafont-gothic, or name a TrueType font in the configuration (looked at {})",
        USUAL_PLACES.join(", ")
    )]
    NotFound,
    /// The file cannot be read.
    #[error("read the font {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is larger than any font of use.
    #[error("the font {} has {bytes} bytes, at most {FONT_BYTES_MAX} are read", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// Not a font, or one whose outlines are not TrueType.
    #[error("{} is not a font with TrueType outlines", path.display())]
    NotTrueType {
        /// Which file.
        path: PathBuf,
    },
}

/// A font in memory.
pub struct Font {
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Font {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Font({} bytes)", self.bytes.len())
    }
}

impl Font {
    /// The configured font, or the first one in the usual places.
    ///
    /// # Errors
    ///
    /// [`FontError`] naming the file and what to do.
    pub fn find(configured: Option<&Path>) -> Result<Self, FontError> {
        let usual = || {
            let mut places = USUAL_PLACES.iter().map(Path::new);
            places.find(|path| path.is_file())
        };
        Self::load(configured.or_else(usual).ok_or(FontError::NotFound)?)
    }

    /// Reads one font file.
    ///
    /// # Errors
    ///
    /// [`FontError`] naming the file.
    pub fn load(path: &Path) -> Result<Self, FontError> {
        let unreadable = |source| FontError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
        if FONT_BYTES_MAX < bytes {
            return Err(FontError::TooLong {
                path: path.to_owned(),
                bytes,
            });
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let is_true_type = Face::parse(&bytes, 0).is_ok_and(|face| face.tables().glyf.is_some());
        if is_true_type {
            Ok(Self { bytes })
        } else {
            Err(FontError::NotTrueType {
                path: path.to_owned(),
            })
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn metrics(&self) -> Metrics<'_> {
        Metrics(Face::parse(&self.bytes, 0).expect("`load` parsed the same bytes"))
    }
}

/// A font's measures, in thousandths of the type size.
pub(crate) struct Metrics<'a>(Face<'a>);

impl Metrics<'_> {
    /// The glyph of a character. None when the font lacks it.
    pub(crate) fn glyph(&self, character: char) -> Option<u16> {
        self.0.glyph_index(character).map(|glyph| glyph.0)
    }

    pub(crate) fn glyph_width(&self, glyph: u16) -> f32 {
        let advance = self.0.glyph_hor_advance(GlyphId(glyph));
        self.scaled(advance.unwrap_or_default().into())
    }

    pub(crate) fn width(&self, character: char) -> f32 {
        self.glyph(character)
            .map_or(0.0, |glyph| self.glyph_width(glyph))
    }

    pub(crate) fn ascent(&self) -> f32 {
        self.scaled(self.0.ascender().into())
    }

    pub(crate) fn descent(&self) -> f32 {
        self.scaled(self.0.descender().into())
    }

    /// Left, bottom, right, top of a box around every glyph.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let bounds = self.0.global_bounding_box();
        [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
            .map(|measure| self.scaled(measure.into()))
    }

    fn scaled(&self, measure: f32) -> f32 {
        measure * 1000.0 / f32::from(self.0.units_per_em())
    }
}
