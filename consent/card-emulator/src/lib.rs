//! A My Number Card in software, and a certificate authority shaped like JPKI's, for tests and the demo.
//!
//! [`TestAuthority`] makes two self-signed roots and certifies; [`VirtualCard`] holds real keys and answers the APDUs a
//! real card answers: in-process through [`musubi_consent_card::Transport`], or to `vpcd` by the [`vpicc`] protocol and so
//! through real PC/SC. [`VirtualCard::to_bytes`] keeps a card between runs, [`TestFolder`] an authority with a card of each
//! [`CardProfile`]. [`stack`] starts `pcscd`, `vpcd` and the emulator ([`console`]) where nothing off the machine can reach
//! them, for tests and for any other program: its documentation shows how. [`Responder`] answers over HTTP which
//! certificates were taken back.
//!
//! It must never pass for the real thing: every certificate names [`TEST_ORGANISATION`], carries a policy identifier from the
//! arc reserved for documentation (RFC 5612), and cards or authorities holding any other issuer's certificate are
//! refused with [`EmulatorError::ForeignIssuer`].

#![allow(
    clippy::disallowed_methods,
    reason = "vpicc, console, responder and stack are edges: sockets, files and processes"
)]

pub mod authority;
pub mod card;
pub mod certificate;
mod command;
pub mod console;
pub mod error;
pub mod folder;
pub mod image;
pub mod issue;
pub mod key;
pub mod ocsp;
pub mod person;
pub mod responder;
pub mod revocation;
pub mod stack;
pub mod vpicc;

pub use authority::TestAuthority;
pub use card::{Fault, Tripwire, VirtualCard};
pub use certificate::{CertificateRequest, TEST_ORGANISATION, Validity};
pub use error::EmulatorError;
pub use folder::TestFolder;
pub use issue::{CardProfile, CardSecrets};
pub use ocsp::CertificateStanding;
pub use person::PersonFacts;
pub use responder::{Responder, ResponderFault};
pub use revocation::RevokedCertificate;
pub use stack::{PcscStack, StackError};
