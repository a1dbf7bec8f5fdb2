//! Random identifiers: the chain's names for things say nothing about them.

use wasm_bindgen::prelude::*;

/// A fresh identifier of 32 random bytes, in hexadecimal.
#[wasm_bindgen(js_name = randomId)]
pub fn random_id() -> Result<String, JsError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| JsError::new(&error.to_string()))?;
    Ok(format!("0x{}", hex::encode(bytes)))
}
