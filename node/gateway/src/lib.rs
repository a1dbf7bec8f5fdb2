//! The gateway: the REST side of a node, for clinics' systems, counters and members without a node of their own.
//!
//! Every call is signed by a key that is on the chain, a member's or a resident's ([`caller`]), or carries the token of a session that
//! such a key, a passkey or a card has opened ([`sessions`]); there are no passwords.
//! What a call may do is decided by the runtime and by the [`ports`] behind it: this crate only authenticates, parses, and puts
//! answers into HTTP (RFC 9457 problems, FHIR `OperationOutcome`).
//!
//! [`cds`] is the service that clinics' record systems ask before an injection (CDS Hooks 2).
//!
//! **Must never:** decide who may read; log or echo a body; tell a caller whom it could not authenticate more than which services there
//! are.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an edge crate: it speaks HTTP"
)]

pub mod body;
mod call;
pub mod caller;
pub mod cds;
pub mod console;
pub mod family;
pub mod follow_up;
pub mod forms;
pub mod home;
mod id;
pub mod ports;
pub mod problem;
mod rate;
pub mod router;
pub mod sessions;

pub use body::{
    CheckInForm, DeviceForm, DocumentKind, EnrolmentForm, GuardianshipForm, NonceBatchForm,
    NonceForm, NoncePurpose, SealedDocument,
};
pub use call::{BODY_TIME_MAX, Entrance};
pub use caller::{Caller, Standing};
pub use home::{
    AuditAnswer, ConsentStanding, Disagreement, ErasureForm, ErasureReceipt, ForSecond, HomeDesk,
    LifeEntered, LifeEvent, Paper, PaperForm, SecondLook,
};
pub use ports::{
    Answer, Applied, CheckInAnswer, CheckInRefusal, Desk, DeskError, Enrolled, Gatekeeper,
    IssuedBatch, IssuedNonce, SigningContext, TakenIn,
};
pub use rate::{BURST, CALLS_PER_SECOND};
pub use router::router;
