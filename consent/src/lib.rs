//! Consent as a document: the statement a person reads, the content a card signs, the evidence an attester opens.
//!
//! Read in this order: [`statement`] (what is consented to, in one canonical form), [`rendering`] (the same bytes as
//! words), [`signed_content`] and [`cms`] (what the card signs, and how it is kept), [`validator`] (whose certificate
//! that is), [`evidence`] (sealed to a municipality), [`attestation`] (does the chain say what the person signed?),
//! [`lifecycle`] (the states of a consent) and [`receipt`] (what the person takes home). [`witness`] is the way without a card,
//! [`audit`] the second look, years later. [`binding`], [`withdrawal`]
//! and [`check_in`] are the other three documents a card signs; [`counter`] judges them, and [`nonce`]
//! says how often and where each may count.
//!
//! Without the feature `evidence` there is only what a person reads and what a card would sign: statement, words and content.
//!
//! No IO and no clock: time, randomness and revocation answers come in as values. The RSA library is used in
//! [`validator`] alone, so that a browser build can put another one in its place.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

#[cfg(feature = "evidence")]
pub mod age;
#[cfg(feature = "evidence")]
pub mod attestation;
#[cfg(feature = "evidence")]
pub mod audit;
#[cfg(feature = "evidence")]
pub mod binding;
#[cfg(feature = "evidence")]
pub mod check_in;
#[cfg(feature = "evidence")]
pub mod cms;
#[cfg(feature = "evidence")]
pub mod counter;
pub mod document;
#[cfg(feature = "evidence")]
pub mod document_rendering;
#[cfg(feature = "evidence")]
pub mod evidence;
#[cfg(feature = "evidence")]
pub mod lifecycle;
#[cfg(feature = "evidence")]
pub mod nonce;
#[cfg(feature = "evidence")]
pub mod receipt;
#[cfg(feature = "evidence")]
pub mod receipt_rendering;
pub mod rendering;
pub mod signed_content;
pub mod statement;
#[cfg(feature = "evidence")]
mod strict_der;
pub mod text;
#[cfg(feature = "evidence")]
pub mod validator;
pub mod withdrawal;
#[cfg(feature = "evidence")]
pub mod witness;
pub mod wording;

#[cfg(feature = "evidence")]
pub use age::BirthDate;
#[cfg(feature = "evidence")]
pub use attestation::{ActiveBinding, Claim, Disagreement, GuardianFacts, Verdict};
#[cfg(feature = "evidence")]
pub use audit::{AuditVerdict, Ground, audit, audit_witnessed};
#[cfg(feature = "evidence")]
pub use binding::{BindingFields, BindingStatement};
#[cfg(feature = "evidence")]
pub use check_in::{CheckIn, CheckInFields};
#[cfg(feature = "evidence")]
pub use cms::{CmsError, SignedCms};
#[cfg(feature = "evidence")]
pub use counter::{Counter, ExpectedBinding, ExpectedCheckIn, ExpectedWithdrawal, Refusal};
pub use document::{Document, DocumentError, DocumentFields};
#[cfg(feature = "evidence")]
pub use evidence::{Evidence, EvidenceError, HandedOver, SealedEvidence};
#[cfg(feature = "evidence")]
pub use lifecycle::{LifecycleEvent, TransitionError};
#[cfg(feature = "evidence")]
pub use nonce::{IssuedNonce, NonceBatch, NonceBook, NonceError, NonceUse, SignedNonceBatch};
#[cfg(feature = "evidence")]
pub use receipt::{ConsentReceipt, ReceiptDetails, SignedBy};
pub use signed_content::SignedContent;
pub use statement::{Statement, StatementFields};
pub use text::Text;
#[cfg(feature = "evidence")]
pub use validator::{
    CertificateError, CertificateFacts, CertificateUse, Environment, IssuerHash, OcspAnswer,
    OcspError, OcspRequest, Revocation, RevocationList, RevocationListError, RevocationSource,
    RootError, SignerCertificate, Standing, TrustedRoots, Verification, VerificationError,
};
pub use withdrawal::{Withdrawal, WithdrawalFields};
#[cfg(feature = "evidence")]
pub use witness::{WitnessRecord, Witnesses, judge_witnessed};
