//! The four documents that a card signs: consent statement, card binding, withdrawal, check-in.

use crate::error::MusubiError;
use musubi_consent::{
    BindingStatement, CheckIn, CheckInFields, Document, DocumentError, DocumentFields, Evidence,
    SignedContent, Statement, Withdrawal,
};
use musubi_primitives::{
    AccountId, BlockHash, Commitment, HpkeKey, Language, MemberId, Moment, Pseudonym, Purpose,
    Salt, SessionId,
};
use std::sync::Arc;

use crate::identifiers::Bytes32;

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DocumentKind {
    /// A consent statement ([`crate::statement::ConsentStatement`] shows it).
    Consent,
    /// A card begins to speak for a person.
    Binding,
    /// A consent ends.
    Withdrawal,
    /// A visit begins.
    CheckIn,
}

/// What a check-in says. Terminal, staff and purpose are inside what the card signs: the signature is worth nothing elsewhere.
#[uniffi::remote(Record)]
pub struct CheckInFields {
    /// The visit that opens; random.
    pub session: SessionId,
    /// Whose visit.
    pub subject: Pseudonym,
    /// Whose card.
    pub person: Pseudonym,
    /// Where.
    pub member: MemberId,
    /// Key of the terminal.
    pub terminal: AccountId,
    /// Key of the member of staff.
    pub staff: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// First moment at which the challenge may be answered, milliseconds since 1970.
    pub not_before: Moment,
    /// First moment at which it may no longer be answered; at most two minutes later.
    pub not_after: Moment,
    /// Issued by the verifier, used once.
    pub nonce: Bytes32,
    /// Language in which it was shown.
    pub language: Language,
}

/// A checked document of any of the four kinds.
#[derive(uniffi::Object)]
pub struct CardDocument {
    kind: DocumentKind,
    about: [u8; 32],
    bytes: Vec<u8>,
    content_at: Box<dyn Fn(BlockHash) -> Vec<u8> + Send + Sync>,
}

#[uniffi::export]
impl CardDocument {
    /// Reads canonical bytes (RFC 8785 JSON, at most 16 KiB) of any kind.
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming the field.
    #[uniffi::constructor]
    pub fn parse(bytes: Vec<u8>) -> Result<Arc<Self>, MusubiError> {
        Self::read(&bytes)
            .map(Arc::new)
            .map_err(|error| MusubiError::input("document", error))
    }

    /// Checks what a check-in says and fixes its bytes.
    ///
    /// # Errors
    /// [`MusubiError::Input`] naming the field and the rule it breaks.
    #[uniffi::constructor]
    pub fn check_in(fields: CheckInFields) -> Result<Arc<Self>, MusubiError> {
        let about = fields.session.0;
        CheckIn::new(fields)
            .map(|document| Arc::new(Self::of(DocumentKind::CheckIn, about, document)))
            .map_err(|error| MusubiError::input("document", error))
    }

    /// Which kind.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The bytes that are shown, hashed and kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Exactly the bytes that a card signs on the chain with this genesis hash.
    ///
    /// # Errors
    /// [`MusubiError::Input`] for a genesis that is no hash.
    pub fn bytes_to_sign(&self, genesis: BlockHash) -> Result<Vec<u8>, MusubiError> {
        Ok(self.content(genesis))
    }
}

impl CardDocument {
    fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        let schema_is = |error: &DocumentError| {
            matches!(
                error,
                DocumentError::Rule {
                    field: "schema",
                    ..
                }
            )
        };
        match Statement::parse(bytes) {
            Err(error) if schema_is(&error) => {}
            other => {
                return other.map(|it| Self::of(DocumentKind::Consent, it.fields().consent.0, it));
            }
        }
        match CheckIn::parse(bytes) {
            Err(error) if schema_is(&error) => {}
            other => {
                return other.map(|it| Self::of(DocumentKind::CheckIn, it.fields().session.0, it));
            }
        }
        match Withdrawal::parse(bytes) {
            Err(error) if schema_is(&error) => {}
            other => {
                return other
                    .map(|it| Self::of(DocumentKind::Withdrawal, it.fields().consent.0, it));
            }
        }
        BindingStatement::parse(bytes)
            .map(|it| Self::of(DocumentKind::Binding, it.fields().binding.0, it))
    }

    fn of<F: DocumentFields + Send + Sync + 'static>(
        kind: DocumentKind,
        about: [u8; 32],
        document: Document<F>,
    ) -> Self {
        Self {
            kind,
            about,
            bytes: document.canonical_bytes().to_vec(),
            content_at: Box::new(move |genesis| SignedContent::of(&document, genesis).to_bytes()),
        }
    }

    pub(crate) fn content(&self, genesis: BlockHash) -> Vec<u8> {
        (self.content_at)(genesis)
    }
}

/// What was signed, sealed to the one municipality that may know the signer.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SealedEvidence {
    /// Bytes for the gateway.
    pub sealed: Vec<u8>,
    /// Salted commitment to the document, where the chain holds one.
    pub commitment: Commitment,
}

/// Seals a signed document to a municipality: a certificate names its person and must not leave the device otherwise.
///
/// `signed_at` is in milliseconds since 1970.
///
/// # Errors
/// [`MusubiError::Input`] for a municipality key that is none; [`MusubiError::Platform`] without randomness.
#[uniffi::export]
pub fn seal_evidence(
    document: Arc<CardDocument>,
    cms: Vec<u8>,
    signed_at: Moment,
    municipality: HpkeKey,
) -> Result<SealedEvidence, MusubiError> {
    let mut salt = [0u8; 32];
    getrandom::fill(&mut salt).map_err(MusubiError::platform)?;
    let evidence = Evidence {
        document: document.bytes.clone(),
        salt: Salt(salt),
        cms,
        signed_at,
    };
    let sealed = evidence
        .seal(&municipality, &document.about)
        .map_err(|error| MusubiError::input("municipality", error))?;
    Ok(SealedEvidence {
        sealed: sealed.to_bytes(),
        commitment: evidence.commitment(),
    })
}
