//! Consent statements for JavaScript: their words, made from the very bytes that a card signs.
//!
//! A module of its own, fetched when somebody is about to read one. Values cross as JSON text in the statement's own spelling.

use musubi_consent::{
    Statement as Document,
    rendering::{Row, rows, short_reference},
    wording,
};
use musubi_primitives::Language;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A statement that was read from its bytes and checked by its own rules.
#[wasm_bindgen]
pub struct Statement(Document);

/// One line, as screens show it.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum Line {
    Title { text: String },
    Heading { text: String },
    Note { text: String },
    Field { label: String, value: String },
    Gap,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        match row {
            Row::Title(text) => Self::Title { text },
            Row::Heading(text) => Self::Heading { text },
            Row::Note(text) => Self::Note { text },
            Row::Field { label, value } => Self::Field { label, value },
            Row::Gap => Self::Gap,
        }
    }
}

#[wasm_bindgen]
impl Statement {
    /// Reads canonical bytes; refuses what is no statement, or one whose wording this build does not have.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Statement, JsError> {
        Ok(Self(Document::parse(bytes)?))
    }

    /// Makes a statement of its fields, in any spelling of JSON; checks the same rules.
    #[wasm_bindgen(js_name = fromFields)]
    pub fn from_fields(fields: &str) -> Result<Statement, JsError> {
        let fields: serde_json::Value = serde_json::from_str(fields)
            .map_err(|error| JsError::new(&format!("statement: {error}")))?;
        let bytes = serde_json_canonicalizer::to_vec(&fields)?;
        Self::new(&bytes)
    }

    /// The bytes that a card signs a digest of.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.canonical_bytes().to_vec()
    }

    /// The fields, as JSON.
    pub fn fields(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.0.fields())?)
    }

    /// The words in a language (`ja`, `ja-x-easy`, `en`): JSON of lines, each a title, heading, note, field or gap.
    pub fn lines(&self, language: &str) -> Result<String, JsError> {
        let lines: Vec<Line> = rows(self.0.canonical_bytes(), named(language)?)?
            .into_iter()
            .map(Line::from)
            .collect();
        Ok(serde_json::to_string(&lines)?)
    }

    /// Sixteen digits to compare phone, counter and paper by.
    pub fn reference(&self) -> String {
        short_reference(&self.0)
    }
}

/// Digest of the words around the fields in a language, as a statement names it.
#[wasm_bindgen(js_name = wordingDigest)]
pub fn wording_digest(language: &str) -> Result<String, JsError> {
    Ok(format!("0x{}", hex::encode(wording::digest(named(language)?))))
}

fn named(language: &str) -> Result<Language, JsError> {
    serde_json::from_value(serde_json::Value::from(language))
        .map_err(|_| JsError::new("language: expected ja, ja-x-easy or en"))
}
