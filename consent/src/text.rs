//! Text that enters a signed document: NFC-normalised, bounded and free of control characters, so that what is shown is what is hashed.

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 200;

/// Why a text cannot enter a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More than [`TEXT_CHARS_MAX`] characters.
    #[error("must have at most {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// A control or direction-changing character, which could make two texts look alike.
    #[error("must have no control or bidirectional characters")]
    Control,
    /// Received text that is not in Unicode normal form C.
    #[error("must be in Unicode normal form C")]
    NotNormalised,
}

/// A short text in Unicode normal form C.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Text(String);

impl Text {
    /// Normalises and checks what somebody typed.
    ///
    /// # Errors
    ///
    /// [`TextError`] naming the broken rule.
    pub fn new(typed: &str) -> Result<Self, TextError> {
        let normal: String = typed.trim().nfc().collect();
        Self::try_from(normal)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        if text.trim().is_empty() {
            return Err(TextError::Empty);
        }
        if TEXT_CHARS_MAX < text.chars().count() {
            return Err(TextError::TooLong);
        }
        if text.chars().any(is_unshowable) {
            return Err(TextError::Control);
        }
        if is_nfc(&text) {
            Ok(Self(text))
        } else {
            Err(TextError::NotNormalised)
        }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Text(redacted)")
    }
}

/// Control characters, zero-width characters and the marks that reorder text on a screen.
fn is_unshowable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
