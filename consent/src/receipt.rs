//! The consent receipt a person takes home: the fields of ISO/IEC TS 27560 and Kantara 1.1, made from what was signed.
//!
//! It repeats the statement and adds what became of it, and what it rested on as far as the municipality knows. Like the statement it
//! holds no name of the person. One is issued for each change of a consent's state, signed once by the municipality's verifier key, and
//! then kept as it is: the same canonical bytes are handed out as a file, shown ([`crate::receipt_rendering`]), printed, hashed and
//! compared by QR code. Who has the file alone checks the signature; that the key is the municipality's, the chain says.

pub mod codes;
pub(crate) mod content;

pub use codes::{
    AgeBand, AuthorityBasis, Helper, LegalBasis, Medium, ReceiptEvent, ReceiptStanding,
};
pub use content::ReceiptDetails;

use musubi_primitives::finality::verify_ed25519;
use musubi_primitives::{BlockHash, Commitment, ConsentId, MemberId, Moment, VerifyingKey, domain};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::document::{DOCUMENT_BYTES_MAX, DocumentError, encode, require};
use crate::statement::Statement;
use crate::validator::{Revocation, Verification};
use content::{Content, VerifierSignature, content};

/// Form of this receipt. Form 1 bore no signature.
pub const SCHEMA: &str = "musubi/consent-receipt/2";

/// How the verifier signs.
const ALGORITHM: &str = "Ed25519";

const SIGNATURE: &str = "verifier_signature";

/// What the municipality went by.
#[derive(Clone, Copy, Debug)]
pub enum SignedBy<'a> {
    /// The person's card; its checked signature.
    Card(&'a Verification),
    /// Two officers' words ([`crate::witness`]).
    Officers,
}

impl SignedBy<'_> {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Card(verification) => verification.certificate.algorithm().name(),
            Self::Officers => "Ed25519",
        }
    }

    fn standing(self) -> ReceiptStanding {
        let Self::Card(verification) = self else {
            return ReceiptStanding::Witnessed;
        };
        match verification.revocation {
            Revocation::Good | Revocation::Revoked { .. } => ReceiptStanding::Verified,
            Revocation::Unknown | Revocation::NotChecked => ReceiptStanding::RevocationPending,
        }
    }
}

/// What a person signed to bring a later event about: a withdrawal by card, an objection on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Commitment under which it is kept.
    pub record_id: Commitment,
    /// When it was signed.
    pub signed_timestamp: Moment,
}

/// Facts that are known only after signing.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptFacts<'a> {
    /// The chain.
    pub genesis: BlockHash,
    /// Number of this receipt among those of the consent, from 1.
    pub number: u32,
    /// What happened.
    pub event: ReceiptEvent,
    /// When it happened: the time of its block.
    pub happened_at: Moment,
    /// What was signed for it, where that is another document than the statement.
    pub act: Option<Act>,
    /// When the statement was signed.
    pub signed_at: Moment,
    /// When the municipality judged that signature last.
    pub checked_at: Moment,
    /// When this receipt was made.
    pub issued_at: Moment,
    /// What the municipality went by.
    pub signed_by: SignedBy<'a>,
}

/// A signed receipt with its canonical bytes (RFC 8785).
#[derive(Clone, PartialEq, Eq)]
pub struct ConsentReceipt {
    content: Content,
    key: VerifyingKey,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for ConsentReceipt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ConsentReceipt(redacted)")
    }
}

impl ConsentReceipt {
    /// Makes the receipt of a signed statement; `sign` is the verifier's Ed25519 key at work, and `key` its public half.
    ///
    /// # Errors
    ///
    /// [`DocumentError::TooLong`] when the details are of unreasonable length; [`DocumentError::Rule`] when `sign` and `key` do not
    /// belong together.
    pub fn issue(
        statement: &Statement,
        facts: &ReceiptFacts<'_>,
        details: ReceiptDetails,
        key: VerifyingKey,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<Self, DocumentError> {
        let mut content = content(statement, facts, details);
        let signature = sign(&signing_bytes(&content)?);
        content.verifier_signature = Some(VerifierSignature {
            algorithm: ALGORITHM.to_owned(),
            key,
            value: written(&signature),
        });
        Self::of(content)
    }

    /// Reads canonical bytes and checks the signature against the key that they name.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when they are no receipt, one that was altered, or the same receipt in other bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        if DOCUMENT_BYTES_MAX < bytes.len() {
            return Err(DocumentError::TooLong {
                length: bytes.len(),
            });
        }
        let content: Content =
            serde_json::from_slice(bytes).map_err(|_| DocumentError::Malformed {
                field: "receipt",
                detail: "a field is missing, unknown or malformed",
            })?;
        require(content.schema == SCHEMA, "schema", "the schema of receipts")?;
        let receipt = Self::of(content)?;
        if receipt.bytes == bytes {
            Ok(receipt)
        } else {
            Err(DocumentError::NotCanonical)
        }
    }

    /// The receipt as canonical JSON.
    #[must_use]
    pub fn canonical_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the canonical bytes, so that any tool can compare them.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// What the QR code says: form, consent and digest, in the characters that QR codes hold most densely.
    #[must_use]
    pub fn qr_text(&self) -> String {
        let consent = hex::encode_upper(self.content.receipt_id.0);
        format!("MUSUBI:R2:{consent}:{}", hex::encode_upper(self.digest()))
    }

    /// The consent that it is about.
    #[must_use]
    pub fn consent(&self) -> ConsentId {
        self.content.receipt_id
    }

    /// What happened, and when by the time of its block.
    #[must_use]
    pub fn event(&self) -> (ReceiptEvent, Moment) {
        (self.content.event, self.content.event_timestamp)
    }

    /// The municipality that says so, and the key that the receipt was signed with. Whether that key is the municipality's, only the
    /// chain says.
    #[must_use]
    pub fn verifier(&self) -> (MemberId, VerifyingKey) {
        (self.content.proof.verifier, self.key)
    }

    /// The chain that it is about.
    #[must_use]
    pub fn genesis(&self) -> BlockHash {
        self.content.proof.genesis
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    fn of(content: Content) -> Result<Self, DocumentError> {
        let key = check_signature(&content)?;
        let bytes = encode(&content)?;
        Ok(Self {
            content,
            key,
            bytes,
        })
    }
}

/// The key that signed, when everything else is what it signed.
fn check_signature(content: &Content) -> Result<VerifyingKey, DocumentError> {
    let signature = content
        .verifier_signature
        .as_ref()
        .ok_or(DocumentError::Missing(SIGNATURE))?;
    require(signature.algorithm == ALGORITHM, SIGNATURE, ALGORITHM)?;
    let mut value = [0; 64];
    let digits = signature.value.strip_prefix("0x");
    digits
        .and_then(|digits| hex::decode_to_slice(digits, &mut value).ok())
        .filter(|()| written(&value) == signature.value)
        .ok_or(DocumentError::Malformed {
            field: SIGNATURE,
            detail: "0x and 128 hexadecimal digits in lower case",
        })?;
    let is_signed = verify_ed25519(&signature.key, &value, &signing_bytes(content)?);
    require(
        is_signed,
        SIGNATURE,
        "the signature of the key named over every other field: the receipt was altered, or never signed",
    )?;
    Ok(signature.key)
}

fn written(signature: &[u8; 64]) -> String {
    format!("0x{}", hex::encode(signature))
}

/// What the verifier signs: everything but the signature. The chain is part of it.
fn signing_bytes(content: &Content) -> Result<Vec<u8>, DocumentError> {
    let mut unsigned = content.clone();
    unsigned.verifier_signature = None;
    Ok([domain::CONSENT_RECEIPT, &encode(&unsigned)?].concat())
}
