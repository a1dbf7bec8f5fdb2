//! Values in and out: JSON text with the same names and spellings as everywhere in Musubi.

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsError;

/// Reads a value; `what` names it in the error.
pub(crate) fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, JsError> {
    serde_json::from_str(text).map_err(|error| JsError::new(&format!("{what}: {error}")))
}

/// Writes a value.
pub(crate) fn write(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(JsError::from)
}
