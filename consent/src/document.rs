//! One canonical form for every document that a card signs: RFC 8785 JSON, strictly read back field by field.
//!
//! Integers only (below 2^53), no unknown or missing field, and bytes that differ from the canonical form are refused,
//! so that a document has exactly one hash.

use musubi_primitives::commitment::hash_parts;
use musubi_primitives::{Moment, domain};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024;

/// Largest moment: the largest integer that every JSON reader represents exactly.
const MOMENT_MAX: Moment = (1 << 53) - 1;

/// Why bytes or fields are not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Longer than [`DOCUMENT_BYTES_MAX`].
    #[error("document of {length} bytes, at most {DOCUMENT_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not a JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The same content in other bytes: spaces, other key order, duplicate keys.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
    /// A field is not there.
    #[error("field {0} is missing")]
    Missing(&'static str),
    /// A field that no such document has.
    #[error("field {0} is not known")]
    Unknown(String),
    /// A field of the wrong type or with a value outside its codes.
    #[error("field {field} is malformed: {detail}")]
    Malformed {
        /// Name of the field.
        field: &'static str,
        /// What was expected, without the value.
        detail: &'static str,
    },
    /// A well-formed field that breaks a rule.
    #[error("field {field}: {rule}")]
    Rule {
        /// Name of the field.
        field: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
}

/// The fields of one kind of document.
pub trait DocumentFields: Serialize + Sized {
    /// Name of the kind and of its form.
    const SCHEMA: &'static str;

    /// Domain tag of the content that the card signs; different for each kind.
    const CONTENT_TAG: &'static [u8];

    /// Checks every rule of this kind.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Rule`] naming the field.
    fn check(&self) -> Result<(), DocumentError>;

    /// Takes the fields out of a received document.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] naming the field.
    fn take(document: &mut Fields) -> Result<Self, DocumentError>;

    /// Issued by the verifier, used once.
    fn nonce(&self) -> [u8; 32];

    /// First moment at which the document counts, and first moment at which it no longer does.
    fn period(&self) -> (Moment, Moment);
}

/// A checked document with its canonical bytes: what is shown, hashed and signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Document<F> {
    fields: F,
    bytes: Vec<u8>,
}

impl<F: DocumentFields> std::fmt::Debug for Document<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Document")
            .field("schema", &F::SCHEMA)
            .finish_non_exhaustive()
    }
}

impl<F: DocumentFields> Document<F> {
    /// Checks the fields and fixes their bytes.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Rule`] naming the field.
    pub fn new(fields: F) -> Result<Self, DocumentError> {
        fields.check()?;
        let bytes = encode(&Written {
            schema: F::SCHEMA,
            fields: &fields,
        })?;
        Ok(Self { fields, bytes })
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] naming the field; [`DocumentError::NotCanonical`] for the same content in other bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let mut received = Fields::parse(bytes, F::SCHEMA)?;
        let fields = F::take(&mut received)?;
        received.finish()?;
        let document = Self::new(fields)?;
        if document.bytes == bytes {
            Ok(document)
        } else {
            Err(DocumentError::NotCanonical)
        }
    }

    /// What the document says.
    #[must_use]
    pub fn fields(&self) -> &F {
        &self.fields
    }

    /// The bytes that are shown, hashed and kept.
    #[must_use]
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Digest of the canonical bytes, as the signed content holds it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        hash_parts(&[domain::STATEMENT_DIGEST, &self.bytes])
    }
}

/// The fields as they are written: with the name of their kind.
#[derive(Serialize)]
struct Written<'a, F> {
    schema: &'static str,
    #[serde(flatten)]
    fields: &'a F,
}

/// Fails with the rule unless it is kept.
pub(crate) fn require(
    kept: bool,
    field: &'static str,
    rule: &'static str,
) -> Result<(), DocumentError> {
    if kept {
        Ok(())
    } else {
        Err(DocumentError::Rule { field, rule })
    }
}

/// The rules that hold for the period of every document.
pub(crate) fn require_period(
    not_before: Moment,
    not_after: Moment,
    longest: Moment,
) -> Result<(), DocumentError> {
    require(
        not_after <= MOMENT_MAX,
        "not_after",
        "below 2^53 milliseconds",
    )?;
    require(not_before < not_after, "not_after", "later than not_before")?;
    require(
        not_after.saturating_sub(not_before) <= longest,
        "not_after",
        "within the longest period of this document",
    )
}

pub(crate) fn encode(document: &impl Serialize) -> Result<Vec<u8>, DocumentError> {
    let bytes =
        serde_json_canonicalizer::to_vec(document).map_err(|_| DocumentError::NotAnObject)?;
    if DOCUMENT_BYTES_MAX < bytes.len() {
        Err(DocumentError::TooLong {
            length: bytes.len(),
        })
    } else {
        Ok(bytes)
    }
}

/// The fields of a received document, taken out one by one.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
}

impl Fields {
    /// Reads the outer object of a document of this schema.
    fn parse(bytes: &[u8], schema: &str) -> Result<Self, DocumentError> {
        if DOCUMENT_BYTES_MAX < bytes.len() {
            return Err(DocumentError::TooLong {
                length: bytes.len(),
            });
        }
        let map = serde_json::from_slice(bytes).map_err(|_| DocumentError::NotAnObject)?;
        let mut fields = Self { map };
        let found: String = fields.take("schema")?;
        require(found == schema, "schema", "the schema of this document")?;
        Ok(fields)
    }

    /// A field that must be there.
    pub(crate) fn take<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<T, DocumentError> {
        self.take_optional(field)?
            .ok_or(DocumentError::Missing(field))
    }

    /// A field that may be absent. An explicit null is not absence.
    pub(crate) fn take_optional<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, DocumentError> {
        let Some(value) = self.map.remove(field) else {
            return Ok(None);
        };
        let malformed = |_| DocumentError::Malformed {
            field,
            detail: "wrong type, unknown code or forbidden text",
        };
        serde_json::from_value(value).map(Some).map_err(malformed)
    }

    /// Refuses whatever is left.
    fn finish(self) -> Result<(), DocumentError> {
        match self.map.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(DocumentError::Unknown(name.chars().take(40).collect())),
        }
    }
}

/// Writes 32 bytes as `0x` and 64 digits, as identifiers are written.
pub(crate) mod hex32 {
    use musubi_primitives::Commitment;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Commitment(*bytes).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        Commitment::deserialize(deserializer).map(|commitment| commitment.0)
    }
}

/// 32 bytes in the form of [`hex32`].
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Hex32(#[serde(with = "hex32")] pub(crate) [u8; 32]);
