//! What a file's bytes are: UTF-8, or something that a person must save anew. Nothing is converted in silence, since another encoding's
//! private characters (外字) in names would change.

/// The mark that some programs put before UTF-8.
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Why bytes are not read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The bytes are Shift_JIS (CP932) throughout.
    #[error(
        "the file is Shift_JIS (CP932), first seen in line {line}: save it as \"CSV UTF-8\", or run iconv -f CP932 -t UTF-8, and look at names with 外字"
    )]
    ShiftJis {
        /// First line with such a character.
        line: usize,
    },
    /// The bytes are EUC-JP throughout.
    #[error("the file is EUC-JP, first seen in line {line}: run iconv -f EUC-JP -t UTF-8")]
    EucJp {
        /// First line with such a character.
        line: usize,
    },
    /// An ISO-2022-JP escape.
    #[error("the file is ISO-2022-JP (line {line}): run iconv -f ISO-2022-JP -t UTF-8")]
    Iso2022Jp {
        /// First line with one.
        line: usize,
    },
    /// UTF-16 by its mark.
    #[error("the file is UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    /// None of these.
    #[error("line {line} has bytes that are no text in UTF-8: save the file as UTF-8")]
    Unknown {
        /// First such line.
        line: usize,
    },
}

/// The text, without a leading mark.
///
/// # Errors
/// What the bytes are instead, and what to do.
pub fn text(bytes: &[u8]) -> Result<&str, EncodingError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(EncodingError::Utf16);
    }
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => refuse_escapes(text),
        Err(error) => Err(other(bytes, error.valid_up_to())),
    }
}

fn refuse_escapes(text: &str) -> Result<&str, EncodingError> {
    let escape = text.find("\u{1b}$").or_else(|| text.find("\u{1b}("));
    match escape {
        Some(at) => Err(EncodingError::Iso2022Jp {
            line: line_of(text.as_bytes(), at),
        }),
        None => Ok(text),
    }
}

fn other(bytes: &[u8], first_bad: usize) -> EncodingError {
    let line = line_of(bytes, first_bad);
    // Katakana of half width make Shift_JIS out of many EUC-JP texts, so the stricter one is asked first.
    if is_throughout(bytes, euc_jp) {
        EncodingError::EucJp { line }
    } else if is_throughout(bytes, shift_jis) {
        EncodingError::ShiftJis { line }
    } else {
        EncodingError::Unknown { line }
    }
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    let before = bytes.iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// Whether the bytes are characters of an encoding from the first to the last; `length` gives the bytes of the character at the front.
fn is_throughout(bytes: &[u8], length: fn(u8, Option<u8>) -> Option<usize>) -> bool {
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let Some(taken) = length(*first, after.first().copied()) else {
            return false;
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    true
}

fn shift_jis(first: u8, second: Option<u8>) -> Option<usize> {
    let is_trail = |byte: u8| matches!(byte, 0x40..=0x7E | 0x80..=0xFC);
    match first {
        0x00..=0x7F | 0xA1..=0xDF => Some(1),
        0x81..=0x9F | 0xE0..=0xFC => second.filter(|byte| is_trail(*byte)).map(|_| 2),
        _ => None,
    }
}

fn euc_jp(first: u8, second: Option<u8>) -> Option<usize> {
    match first {
        0x00..=0x7F => Some(1),
        0x8E | 0xA1..=0xFE => second
            .filter(|byte| (0xA1..=0xFE).contains(byte))
            .map(|_| 2),
        _ => None,
    }
}
