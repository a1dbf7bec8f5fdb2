//! Work that a node does beside the chain: asking the authority whether certificates were revoked.
//!
//! [`RevocationDesk`] is the node's [`musubi_consent::RevocationSource`]. It answers at once from what it has ([`cache`]); what it
//! lacks it notes down, says "not checked", and asks for in the background ([`RevocationDesk::run`]) by OCSP or by revocation list.
//! Whoever waits watches [`RevocationDesk::progress`] and judges again: so a signature made without a network is "valid, revocation
//! pending" until the network is back.
//!
//! **Never here:** an address that is not in the configuration, whatever a certificate says ([`settings`]); an answer that goes
//! anywhere but this node's own disk, where it lies sealed ([`sealing`]), since only the verifier that asked may use it (JPKI act, art. 52);
//! belief in a file or a responder: every answer is checked against the pinned roots, again after each start.
#![allow(
    clippy::disallowed_methods,
    reason = "a worker is an edge: sockets and files"
)]

pub mod cache;
mod desk;
mod fetch;
mod sealing;
pub mod settings;
mod waiting;

pub use cache::CacheError;
pub use desk::{Clock, DeskError, Progress, RevocationDesk};
pub use sealing::CacheKey;
pub use settings::{Address, ListAddress, ResponderAddress, RevocationSettings, SettingsError};
