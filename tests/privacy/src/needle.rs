//! One fact, spelled in every way in which it could lie in a file.
//!
//! Codes of two to five letters, such as `BCG`, occur by chance in sealed bytes. They are looked for as whole words, as they are written, and
//! in text alone ([`is_word`]). A name of two characters in UTF-16 has four bytes, which come by chance as well: it is looked for in all
//! other spellings.

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Spellings shorter than this occur by chance in sealed bytes, so they would prove nothing.
pub const NEEDLE_BYTES_MIN: usize = 6;

/// What to look for, and what it would mean to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The fact, for the person who reads the finding.
    pub fact: String,
    /// How it is spelled here.
    pub spelling: &'static str,
    /// The bytes to find.
    pub bytes: Vec<u8>,
}

/// Every spelling of a text that is long enough to mean something.
pub fn of_text(text: &str) -> Vec<Needle> {
    let utf8 = text.as_bytes();
    if utf8.len() < NEEDLE_BYTES_MIN {
        return Vec::new();
    }
    let mut needles = of_bytes(text, utf8);
    needles.push(needle(text, "UTF-16 LE", utf16(text, u16::to_le_bytes)));
    needles.push(needle(text, "UTF-16 BE", utf16(text, u16::to_be_bytes)));
    if !text.is_ascii() {
        needles.push(needle(text, "JSON escapes", json_escapes(text)));
    }
    long_enough(needles)
}

/// Every spelling of bytes: as they are, in hex (read without regard to case), and in base64 at each alignment and in both alphabets.
pub fn of_bytes(fact: &str, bytes: &[u8]) -> Vec<Needle> {
    let mut needles = vec![
        needle(fact, "bytes", bytes.to_vec()),
        needle(fact, "hex", hex::encode(bytes).into_bytes()),
    ];
    for shift in 0..3 {
        needles.push(needle(
            fact,
            "base64",
            base64(bytes, shift, &STANDARD_NO_PAD),
        ));
        needles.push(needle(
            fact,
            "base64url",
            base64(bytes, shift, &URL_SAFE_NO_PAD),
        ));
    }
    long_enough(needles)
}

/// Whether a text is a code that means something as a whole word: `MR` and `PCV20` do, `L1` and `kg` do not.
pub fn is_word(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_uppercase).count();
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..NEEDLE_BYTES_MIN).contains(&text.len()) && 2 <= letters && text.bytes().all(is_code)
}

fn needle(fact: &str, spelling: &'static str, bytes: Vec<u8>) -> Needle {
    Needle {
        fact: fact.to_owned(),
        spelling,
        bytes,
    }
}

fn long_enough(mut needles: Vec<Needle>) -> Vec<Needle> {
    needles.retain(|needle| NEEDLE_BYTES_MIN <= needle.bytes.len());
    needles
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// `\u7d50\u57ce`, as a JSON writer that keeps to ASCII spells it.
fn json_escapes(text: &str) -> Vec<u8> {
    let escape = |unit: u16| format!("\\u{unit:04x}");
    text.encode_utf16()
        .map(escape)
        .collect::<String>()
        .into_bytes()
}

/// The part of a base64 text that `bytes` alone decide when they begin `shift` bytes into a group of three.
fn base64(bytes: &[u8], shift: usize, alphabet: &impl base64::Engine) -> Vec<u8> {
    let text = alphabet.encode([&vec![0; shift], bytes].concat());
    let first = (shift * 8).div_ceil(6);
    let end = (shift + bytes.len()) * 8 / 6;
    text.as_bytes()[first..end].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    #[test]
    fn base64_is_found_wherever_the_fact_begins() {
        for before in 0..7 {
            let hidden = ["x".repeat(before).as_str(), "結城　陽", "yz"].concat();
            let text = STANDARD_NO_PAD.encode(hidden);
            let found = of_text("結城　陽").into_iter().any(|needle| {
                needle.spelling == "base64"
                    && text
                        .as_bytes()
                        .windows(needle.bytes.len())
                        .any(|window| window == needle.bytes)
            });
            assert!(found, "{before} bytes before it");
        }
    }

    #[test]
    fn a_fact_too_short_to_mean_something_is_not_looked_for() {
        assert!(of_text("陽").is_empty() && of_text("SQ").is_empty());
        assert!(!of_text("結城").is_empty());
    }

    #[test]
    fn short_codes_of_products_are_words_and_lots_and_units_are_not() {
        for code in [
            "BCG", "MR", "HIB", "JE", "PCV20", "RV1", "HPV9", "VAR", "DT",
        ] {
            assert!(is_word(code), "{code}");
        }
        for other in ["L1", "kg", "g", "12", "DPT-IPV-HIB", ""] {
            assert!(!is_word(other), "{other}");
        }
    }
}
