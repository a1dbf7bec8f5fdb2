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

pub mod age;
pub mod attestation;
pub mod audit;
pub mod binding;
pub mod check_in;
pub mod cms;
pub mod counter;
pub mod document;
pub mod document_rendering;
pub mod evidence;
pub mod lifecycle;
pub mod nonce;
pub mod receipt;
pub mod receipt_rendering;
pub mod rendering;
pub mod signed_content;
pub mod statement;
mod strict_der;
pub mod text;
pub mod validator;
pub mod withdrawal;
pub mod witness;
pub mod wording;

pub use age::BirthDate;
pub use attestation::{ActiveBinding, Claim, Disagreement, GuardianFacts, Verdict};
pub use audit::{AuditVerdict, Ground, audit, audit_witnessed};
pub use binding::{BindingFields, BindingStatement};
pub use check_in::{CheckIn, CheckInFields};
pub use cms::{CmsError, SignedCms};
pub use counter::{Counter, ExpectedBinding, ExpectedCheckIn, ExpectedWithdrawal, Refusal};
pub use document::{Document, DocumentError, DocumentFields};
pub use evidence::{Evidence, EvidenceError, HandedOver, SealedEvidence};
pub use lifecycle::{LifecycleEvent, TransitionError};
pub use nonce::{IssuedNonce, NonceBatch, NonceBook, NonceError, NonceUse, SignedNonceBatch};
pub use receipt::{ConsentReceipt, ReceiptDetails, SignedBy};
pub use signed_content::SignedContent;
pub use statement::{Statement, StatementFields};
pub use text::Text;
pub use validator::{
    CertificateError, CertificateUse, Environment, IssuerHash, OcspAnswer, OcspError, OcspRequest,
    Revocation, RevocationList, RevocationListError, RevocationSource, RootError,
    SignerCertificate, Standing, TrustedRoots, Verification, VerificationError,
};
pub use withdrawal::{Withdrawal, WithdrawalFields};
pub use witness::{WitnessRecord, Witnesses, judge_witnessed};
