//! Secrets a person types, checked completely before the card sees them: a malformed one never costs a try.
//!
//! Every buffer is wiped when dropped, and no type here prints what it holds.

use zeroize::Zeroizing;

/// Longest of all secrets, in bytes.
const SECRET_BYTES_MAX: usize = 16;

/// Why a typed secret cannot be right, found without asking the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Too short or too long.
    #[error("the secret has between {min} and {max} characters")]
    Length {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// Something other than a letter A to Z or a digit.
    #[error("the password consists of letters and digits")]
    NotAlphanumeric,
    /// Something other than a digit.
    #[error("the number consists of digits")]
    NotDigits,
    /// A signing password has at least one letter and one digit.
    #[error("the password has at least one letter and one digit")]
    NeedsLetterAndDigit,
}

/// The signing password: 6 to 16 upper-case letters and digits, at least one of each.
pub struct SignPassword(Secret);

impl SignPassword {
    /// Accepts what a person typed: lower case and full-width forms are folded, as cards know only upper-case ASCII.
    ///
    /// # Errors
    ///
    /// [`PinError`] naming the broken rule; the card has not been asked.
    pub fn parse(typed: &str) -> Result<Self, PinError> {
        let secret = Secret::fold(typed, 6, 16)?;
        if !secret.bytes().iter().all(u8::is_ascii_alphanumeric) {
            return Err(PinError::NotAlphanumeric);
        }
        let has_letter = secret.bytes().iter().any(u8::is_ascii_uppercase);
        let has_digit = secret.bytes().iter().any(u8::is_ascii_digit);
        if has_letter && has_digit {
            Ok(Self(secret))
        } else {
            Err(PinError::NeedsLetterAndDigit)
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// A 4-digit PIN: that of the authentication key or that of 券面事項入力補助.
pub struct UserPin(Secret);

impl UserPin {
    /// Accepts four digits, half or full width.
    ///
    /// # Errors
    ///
    /// [`PinError`] naming the broken rule; the card has not been asked.
    pub fn parse(typed: &str) -> Result<Self, PinError> {
        Secret::parse_digits(typed, 4).map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// 照合番号B: birth date YYMMDD in the Japanese era year, expiry year, and the 4-digit security code of the card's face.
///
/// Fourteen digits, so the 12-digit individual number (照合番号A) can never be passed by mistake.
pub struct PrintedNumberB(Secret);

impl PrintedNumberB {
    /// Accepts fourteen digits, half or full width.
    ///
    /// # Errors
    ///
    /// [`PinError`] naming the broken rule; the card has not been asked.
    pub fn parse(typed: &str) -> Result<Self, PinError> {
        Secret::parse_digits(typed, 14).map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// At most sixteen ASCII bytes in one place of the heap, wiped on drop: moving the value leaves no copy behind on the stack.
struct Secret {
    buffer: Zeroizing<Box<[u8]>>,
    length: usize,
}

impl Secret {
    fn fold(typed: &str, min: usize, max: usize) -> Result<Self, PinError> {
        let length = typed.chars().count();
        if length < min || max < length {
            return Err(PinError::Length { min, max });
        }
        let mut buffer = Zeroizing::new(Box::<[u8]>::from([0; SECRET_BYTES_MAX]));
        for (slot, typed) in buffer.iter_mut().zip(typed.chars()) {
            *slot = fold_width(typed)
                .ok_or(PinError::NotAlphanumeric)?
                .to_ascii_uppercase();
        }
        Ok(Self { buffer, length })
    }

    fn parse_digits(typed: &str, length: usize) -> Result<Self, PinError> {
        let secret = Self::fold(typed, length, length).map_err(|error| match error {
            PinError::NotAlphanumeric | PinError::NeedsLetterAndDigit => PinError::NotDigits,
            PinError::Length { .. } | PinError::NotDigits => error,
        })?;
        if secret.bytes().iter().all(u8::is_ascii_digit) {
            Ok(secret)
        } else {
            Err(PinError::NotDigits)
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

/// ASCII as it is, full-width forms (U+FF01 to U+FF5E) as their ASCII twins.
fn fold_width(typed: char) -> Option<u8> {
    let code = u32::from(typed);
    let ascii = if (0xFF01..=0xFF5E).contains(&code) {
        code - 0xFEE0
    } else {
        code
    };
    u8::try_from(ascii).ok().filter(u8::is_ascii_graphic)
}

macro_rules! redact {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}
redact!(SignPassword, UserPin, PrintedNumberB);
