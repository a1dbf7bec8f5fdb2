//! Canonical bytes of a record: RFC 8785 (JCS), so that two programs that mean the same JSON commit to the same bytes.
//!
//! RFC 8785 builds on I-JSON (RFC 7493): names within an object are unique and whole numbers exact in a double. Text outside of
//! that is refused here, for two parsers could read it differently.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Largest whole number that every JSON reader keeps exactly (RFC 7493 section 2.2).
const EXACT_MAX: u64 = (1 << 53) - 1;

/// Why a text has no canonical bytes.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// Not JSON, a name twice in one object, or a number that readers would round.
    #[error("the record is not I-JSON: {0}")]
    NotIJson(#[source] serde_json::Error),
    /// The top level is no object.
    #[error("a record is a JSON object")]
    NotAnObject,
}

/// The canonical bytes of one JSON object.
#[derive(Clone, PartialEq, Eq)]
pub struct CanonicalRecord(Vec<u8>);

impl fmt::Debug for CanonicalRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalRecord({} bytes, hidden)", self.0.len())
    }
}

impl CanonicalRecord {
    /// Reads JSON text and brings it into canonical form.
    ///
    /// # Errors
    /// See [`CanonicalError`].
    pub fn from_json(text: &[u8]) -> Result<Self, CanonicalError> {
        if text
            .windows(NUMBER_TOKEN.len())
            .any(|window| window == NUMBER_TOKEN.as_bytes())
        {
            return Err(CanonicalError::NotIJson(de::Error::custom(
                "a name is reserved",
            )));
        }
        let Strict(value) = serde_json::from_slice(text).map_err(CanonicalError::NotIJson)?;
        if !value.is_object() {
            return Err(CanonicalError::NotAnObject);
        }
        serde_json_canonicalizer::to_vec(&value)
            .map(Self)
            .map_err(CanonicalError::NotIJson)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// How serde_json hands a number over where another crate of the same build asks it to keep every digit (`arbitrary_precision`):
/// as an object with this one name. Text that has it is refused, so the two cannot be mistaken for one another.
const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// A number from its digits: an exact integer, or a finite double.
fn written_number<E: de::Error>(text: &str) -> Result<Value, E> {
    if let Ok(number) = text.parse::<i64>() {
        return exact(number.unsigned_abs()).map(|()| Value::Number(number.into()));
    }
    let is_integer = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    match number {
        Some(number) if !is_integer => Ok(Value::Number(number)),
        Some(_) => Err(E::custom(
            "an integer is beyond what every reader holds exactly",
        )),
        None => Err(E::custom("a number is neither infinite nor undefined")),
    }
}

/// A JSON value read by the rules of I-JSON.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("I-JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        exact(value).map(|()| Value::Number(value.into()))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        exact(value.unsigned_abs()).map(|()| Value::Number(value.into()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is neither infinite nor undefined"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if name == NUMBER_TOKEN {
                return written_number(&entries.next_value::<String>()?);
            }
            let Strict(value) = entries.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("a name appears twice in one object"));
            }
        }
        Ok(Value::Object(object))
    }
}

fn exact<E: de::Error>(magnitude: u64) -> Result<(), E> {
    if magnitude > EXACT_MAX {
        Err(E::custom("a whole number is too large to be exact"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, CanonicalError> {
        CanonicalRecord::from_json(text.as_bytes())
            .map(|record| String::from_utf8(record.into_bytes()).expect("JSON is UTF-8"))
    }

    /// The example of RFC 8785 section 3.2.3.
    #[test]
    fn rfc_8785_example_comes_out_as_printed() {
        let input = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(input).unwrap(), expected);
    }

    #[test]
    fn order_and_space_do_not_matter() {
        assert_eq!(
            canonical("{\"b\": 1,\n \"a\": [ ]}").unwrap(),
            canonical(r#"{"a":[],"b":1.0}"#).unwrap()
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"x":{"a":1,"a":1}}"#,
            r#"{"a":9007199254740993}"#,
            "[1]",
            "{",
            r#"{"a":1} x"#,
            r#"{"a":1e999}"#,
        ] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
