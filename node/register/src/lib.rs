//! The register: one municipality's link between its people and their pseudonyms, encrypted, on its own disk and nowhere else.
//!
//! On the chain a person is a random pseudonym; only this register knows whose. Every value is sealed under the register's key
//! ([`sealing`]) before RocksDB sees it, and keys in RocksDB are random; names are searched in memory ([`search`]), so that no index on
//! disk tells who is in it. Every change is one fsynced batch.
//!
//! Beside the people lie the things that must survive with them under the same key: the evidence of what they signed ([`evidence`]),
//! the receipts that they were given for it ([`receipts`]) and the nonces that were issued for it ([`nonces`]), the ledger of doses and
//! checkups ([`ledger`]), what was done for whoever did not come ([`follow_ups`]), mistakes that were
//! reported ([`incidents`]), and forms that are not yet sent ([`drafts`]).
//!
//! **Never here:** the network, the chain, other municipalities' people; and never a name in a log or an error.

pub mod disagreements;
pub mod drafts;
pub mod evidence;
pub mod follow_ups;
pub mod incidents;
pub mod kana;
pub mod ledger;
pub mod nonces;
pub mod person;
pub mod receipts;
mod sealing;
pub mod search;
pub mod store;

pub use disagreements::Disagreed;
pub use drafts::Draft;
pub use evidence::{
    ErasedEvidence, Eraser, EvidenceKind, Finding, IntakeError, Rejection, Spending,
};
pub use follow_ups::Followed;
pub use incidents::Incident;
pub use ledger::{Line, LineOf};
pub use person::{BoundCard, CheckInCard, Guardian, Person, PersonId, Sex};
pub use receipts::RowPlace;
pub use sealing::RegisterKey;
pub use store::{Register, RegisterError};
