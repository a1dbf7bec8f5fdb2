//! The documents a card signs with its signing key: recognised by their schema, shown in words, turned into the bytes to sign.

use super::answer::Refusal;
use musubi_client_sdk::sealing::CanonicalRecord;
use musubi_consent::{
    BindingStatement, Document, DocumentError, DocumentFields, SignedContent, Statement,
    Withdrawal,
    document::DOCUMENT_BYTES_MAX,
    document_rendering::document_rows,
    rendering::{self, Row, short_reference},
    wording,
};
use musubi_primitives::{BlockHash, Commitment, Language, Moment};
use serde_json::{Map, Value};
use std::{fs::File, io::Read as _, path::Path};

/// A document for the signing key.
#[derive(Debug)]
pub enum Signable {
    /// A consent statement.
    Consent(Box<Statement>),
    /// A card becomes that of a person.
    Binding(BindingStatement),
    /// A consent ends.
    Withdrawal(Withdrawal),
}

impl Signable {
    /// Reads canonical bytes from a file.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let bytes = bounded(path).map_err(|error| {
            Refusal::Other(format!("statement file {}: {error}", path.display()))
        })?;
        Self::parse(&bytes)
            .map_err(|error| Refusal::Other(format!("statement file {}: {error}", path.display())))
    }

    /// Makes a document of a kind from its fields, as it writes them. Schema and wording are this build's own: a statement is signed in the
    /// words that it was shown in.
    ///
    /// # Errors
    /// [`DocumentError`] naming the field.
    pub fn make(kind: &str, mut fields: Map<String, Value>) -> Result<Self, DocumentError> {
        let schema = match kind {
            "consent" => musubi_consent::StatementFields::SCHEMA,
            "binding" => musubi_consent::BindingFields::SCHEMA,
            "withdrawal" => musubi_consent::WithdrawalFields::SCHEMA,
            _ => return Err(DocumentError::Unknown("kind".to_owned())),
        };
        fields.insert("schema".to_owned(), Value::from(schema));
        if kind == "consent" {
            let language = fields.get("language").cloned().unwrap_or_default();
            let language: Language =
                serde_json::from_value(language).map_err(|_| DocumentError::Malformed {
                    field: "language",
                    detail: "one of ja, ja-x-easy, en",
                })?;
            let wording = Commitment(wording::digest(language)).to_string();
            fields.insert("wording".to_owned(), Value::from(wording));
        }
        let text = Value::from(fields).to_string();
        let canonical =
            CanonicalRecord::from_json(text.as_bytes()).map_err(|_| DocumentError::NotCanonical)?;
        Self::parse(canonical.as_bytes())
    }

    fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        match schema(bytes).as_deref() {
            Some(musubi_consent::BindingFields::SCHEMA) => {
                Document::parse(bytes).map(Self::Binding)
            }
            Some(musubi_consent::WithdrawalFields::SCHEMA) => {
                Document::parse(bytes).map(Self::Withdrawal)
            }
            // Anything else is judged as what it should be, so that the refusal names what is wrong.
            _ => Document::parse(bytes).map(Box::new).map(Self::Consent),
        }
    }

    /// Name of the kind for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Consent(_) => "consent",
            Self::Binding(_) => "binding",
            Self::Withdrawal(_) => "withdrawal",
        }
    }

    /// Language that the document names: the one it is meant to be read in.
    pub fn language(&self) -> Language {
        match self {
            Self::Consent(document) => document.fields().language,
            Self::Binding(document) => document.fields().language,
            Self::Withdrawal(document) => document.fields().language,
        }
    }

    /// The document in words, made from the very bytes that will be signed.
    pub fn show(&self, language: Language) -> Result<String, Refusal> {
        Ok(rendering::plain_text(&self.rows(language)?))
    }

    /// The same as rows, for screens.
    pub fn rows(&self, language: Language) -> Result<Vec<Row>, Refusal> {
        match self {
            Self::Consent(document) => rendering::rows(document.canonical_bytes(), language)
                .map_err(|error| Refusal::other(&error)),
            Self::Binding(document) => {
                document_rows(document, language).map_err(|error| Refusal::other(&error))
            }
            Self::Withdrawal(document) => {
                document_rows(document, language).map_err(|error| Refusal::other(&error))
            }
        }
    }

    /// The bytes that are shown and signed.
    pub fn canonical_bytes(&self) -> &[u8] {
        match self {
            Self::Consent(document) => document.canonical_bytes(),
            Self::Binding(document) => document.canonical_bytes(),
            Self::Withdrawal(document) => document.canonical_bytes(),
        }
    }

    /// Digest of those bytes, hexadecimal.
    pub fn digest(&self) -> String {
        let digest = match self {
            Self::Consent(document) => document.digest(),
            Self::Binding(document) => document.digest(),
            Self::Withdrawal(document) => document.digest(),
        };
        hex::encode(digest)
    }

    /// The consent or binding that it is about.
    pub fn about(&self) -> Commitment {
        Commitment(match self {
            Self::Consent(document) => document.fields().consent.0,
            Self::Binding(document) => document.fields().binding.0,
            Self::Withdrawal(document) => document.fields().consent.0,
        })
    }

    /// First sixteen digits of the document's digest, to compare screen, paper and receipt.
    pub fn reference(&self) -> String {
        match self {
            Self::Consent(document) => short_reference(document),
            Self::Binding(document) => short_reference(document),
            Self::Withdrawal(document) => short_reference(document),
        }
    }

    /// What the card signs on the chain with this genesis hash.
    pub fn content(&self, genesis: BlockHash) -> SignedContent {
        match self {
            Self::Consent(document) => SignedContent::of(document.as_ref(), genesis),
            Self::Binding(document) => SignedContent::of(document, genesis),
            Self::Withdrawal(document) => SignedContent::of(document, genesis),
        }
    }
}

/// A document whose time is over would cost the person a PIN for nothing.
pub fn require_in_time(content: &SignedContent, now: Moment) -> Result<(), Refusal> {
    if now < content.not_after {
        Ok(())
    } else {
        Err(Refusal::OutsidePeriod)
    }
}

fn schema(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    value.get("schema")?.as_str().map(str::to_owned)
}

/// At most one byte more than a document may have: enough for the parser to say that it is too long.
fn bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(DOCUMENT_BYTES_MAX + 1).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
