//! The documents a card signs with its signing key: recognised by their schema, shown in words, turned into the bytes to sign.

use super::answer::Refusal;
use musubi_consent::{
    BindingStatement, Document, DocumentError, DocumentFields, SignedContent, Statement,
    Withdrawal,
    document::DOCUMENT_BYTES_MAX,
    document_rendering::render_document,
    rendering::{self, short_reference},
};
use musubi_primitives::{BlockHash, Language, Moment};
use serde_json::Value;
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
        match self {
            Self::Consent(document) => rendering::render(document.canonical_bytes(), language)
                .map_err(|error| Refusal::other(&error)),
            Self::Binding(document) => {
                render_document(document, language).map_err(|error| Refusal::other(&error))
            }
            Self::Withdrawal(document) => {
                render_document(document, language).map_err(|error| Refusal::other(&error))
            }
        }
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
