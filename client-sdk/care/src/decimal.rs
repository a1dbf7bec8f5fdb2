//! Decimal numbers as whole thousandths: millilitres, kilograms and centimetres without floating point.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number in thousandths of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thousandths(pub i32);

/// Why a text is not such a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {text:?} as a number with at most three decimals below one million")]
pub struct DecimalError {
    text: String,
}

impl Thousandths {
    /// Reads plain decimal notation such as `0.25`, `13` or `-2.5`.
    ///
    /// # Errors
    /// When the text has another shape, more than three decimals other than zeros, or seven or more digits before the point.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        read(text).map(Self).ok_or_else(|| DecimalError {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Thousandths {
    /// The shortest plain notation.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{}.{:03}", size / 1000, size % 1000);
        out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thousandths {
    /// From a JSON number or a text; both are read by their digits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::String(text) => text,
            other => {
                return Err(de::Error::custom(format_args!(
                    "expected a number, found {other}"
                )));
            }
        };
        Self::parse(&text).map_err(de::Error::custom)
    }
}

fn read(text: &str) -> Option<i32> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let fraction = match fraction {
        Some(fraction) => thousandths_of(fraction)?,
        None => 0,
    };
    let is_plain =
        !whole.is_empty() && whole.len() <= 6 && whole.bytes().all(|byte| byte.is_ascii_digit());
    let size = if is_plain {
        whole.parse::<i32>().ok()? * 1000 + fraction
    } else {
        return None;
    };
    Some(if negative { -size } else { size })
}

fn thousandths_of(fraction: &str) -> Option<i32> {
    let significant = fraction.trim_end_matches('0');
    let is_plain = !fraction.is_empty()
        && significant.len() <= 3
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain {
        format!("{significant:0<3}").parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_decimals_are_read_by_their_digits() {
        for (text, thousandths) in [
            ("0.25", 250),
            ("1.5", 1500),
            ("2", 2000),
            ("2.0", 2000),
            ("0.1", 100),
            ("-0.005", -5),
            ("12.3450", 12_345),
        ] {
            assert_eq!(
                Thousandths::parse(text),
                Ok(Thousandths(thousandths)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", ".", "1.", ".5", "1e3", "0.0001", "+1", "1,5", "1234567", "--1", "１",
        ] {
            assert!(Thousandths::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_shown_as_it_was_written() {
        for text in ["0.25", "1.5", "2", "-0.005", "0", "10.1"] {
            assert_eq!(Thousandths::parse(text).unwrap().to_string(), text);
        }
    }
}
