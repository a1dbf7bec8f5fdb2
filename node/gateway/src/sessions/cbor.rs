//! As much of CBOR (RFC 8949) as a passkey's registration needs: maps of short keys with integers, bytes and text, definite lengths,
//! shortest forms (CTAP2 canonical). Everything else is refused.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Map(Vec<(Self, Self)>),
}

/// Maps within maps that are read.
const DEPTH_MAX: u8 = 3;
/// Entries of one map.
const ENTRIES_MAX: u64 = 16;

impl<'a> Value<'a> {
    /// Reads one value; what follows it is the rest.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, 0)
    }

    /// What stands under a text key.
    pub(crate) fn at(&self, key: &str) -> Option<&Self> {
        self.entry(&Value::Text(key))
    }

    /// What stands under a number.
    pub(crate) fn number(&self, key: i64) -> Option<&Self> {
        self.entry(&Value::Integer(key))
    }

    fn entry(&self, key: &Value<'_>) -> Option<&Self> {
        let Value::Map(entries) = self else {
            return None;
        };
        let mut found = entries.iter().filter(|(of, _)| of == key);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The bytes, if it is bytes.
    pub(crate) fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            Value::Integer(_) | Value::Text(_) | Value::Map(_) => None,
        }
    }
}

fn read(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let (kind, argument, rest) = head(bytes)?;
    match kind {
        0 => Some((Value::Integer(i64::try_from(argument).ok()?), rest)),
        1 => {
            let below = i64::try_from(argument).ok()?;
            Some((Value::Integer(-1 - below), rest))
        }
        2 | 3 => {
            let (text, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            let value = if kind == 2 {
                Value::Bytes(text)
            } else {
                Value::Text(std::str::from_utf8(text).ok()?)
            };
            Some((value, rest))
        }
        5 if depth < DEPTH_MAX && argument <= ENTRIES_MAX => entries(rest, argument, depth),
        _ => None,
    }
}

fn entries(mut rest: &[u8], count: u64, depth: u8) -> Option<(Value<'_>, &[u8])> {
    let mut entries = Vec::new();
    for _ in 0..count {
        let (key, after) = read(rest, depth + 1)?;
        let (value, after) = read(after, depth + 1)?;
        entries.push((key, value));
        rest = after;
    }
    Some((Value::Map(entries), rest))
}

/// Major type and argument, the latter in its shortest form.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (kind, short) = (first >> 5, first & 0x1f);
    if short < 24 {
        return Some((kind, u64::from(short), rest));
    }
    let (size, least) = match short {
        24 => (1, 24),
        25 => (2, 1 << 8),
        26 => (4, 1 << 16),
        _ => return None,
    };
    let (long, rest) = rest.split_at_checked(size)?;
    let argument = long
        .iter()
        .fold(0, |argument, byte| argument << 8 | u64::from(*byte));
    (least <= argument).then_some((kind, argument, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_integers_bytes_and_text_are_read_and_the_rest_is_left() {
        // {1: -7, "a": h'0102'} and one byte more.
        let bytes = [0xa2, 0x01, 0x26, 0x61, b'a', 0x42, 1, 2, 0xff];
        let (map, rest) = Value::read(&bytes).expect("reads");
        assert_eq!(map.number(1), Some(&Value::Integer(-7)));
        assert_eq!(map.at("a").and_then(Value::bytes), Some(&[1, 2][..]));
        assert_eq!(rest, [0xff]);
    }

    #[test]
    fn what_is_cut_off_long_winded_doubled_or_endless_is_refused() {
        assert_eq!(Value::read(&[0x42, 1]), None);
        assert_eq!(Value::read(&[0x18, 0x17]), None, "23 in two bytes");
        assert_eq!(Value::read(&[0xbf, 0xff]), None, "no definite length");
        assert_eq!(Value::read(&[0xf4]), None, "a simple value");
        let nested = [0xa1, 0x01].repeat(9);
        assert_eq!(Value::read(&nested), None);
        let (doubled, _) = Value::read(&[0xa2, 1, 2, 1, 3]).expect("reads");
        assert_eq!(doubled.number(1), None);
    }
}
