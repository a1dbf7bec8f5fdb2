//! Values in and out: JSON text with the same names and spellings as everywhere in Musubi.

use musubi_primitives::id::ParseIdError;
use serde::{Serialize, de::DeserializeOwned};
use std::str::FromStr;
use wasm_bindgen::JsError;

/// Reads a value; `what` names it in the error.
pub(crate) fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, JsError> {
    serde_json::from_str(text).map_err(|error| JsError::new(&format!("{what}: {error}")))
}

/// Writes a value.
pub(crate) fn write(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(JsError::from)
}

/// Reads 32 bytes in hexadecimal; `what` names them in the error.
pub(crate) fn id<T: FromStr<Err = ParseIdError>>(what: &str, text: &str) -> Result<T, JsError> {
    text.parse()
        .map_err(|error| JsError::new(&format!("{what}: {error}")))
}

/// As [`id`], for what need not be given.
pub(crate) fn optional<T: FromStr<Err = ParseIdError>>(
    what: &str,
    text: Option<String>,
) -> Result<Option<T>, JsError> {
    text.map(|text| id(what, &text)).transpose()
}

/// Takes exactly as many bytes as are needed; `what` names them in the error.
pub(crate) fn fixed<const N: usize>(what: &str, bytes: &[u8]) -> Result<[u8; N], JsError> {
    bytes.try_into().map_err(|_| {
        JsError::new(&format!(
            "{what}: {N} bytes are needed, {} were given",
            bytes.len()
        ))
    })
}
