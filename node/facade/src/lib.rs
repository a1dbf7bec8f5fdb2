//! The FHIR R4 facade of one member (JP Core 1.2, SMART backend services): routes and shapes over [`ports`].
//!
//! It runs only where that member's keys are, beside the gateway on the same listener. A record that this member wrote is shown without
//! a permit; anybody else's is asked for on the chain each time, in the role and on the ground that the client was registered with, and
//! a denial is answered as an `OperationOutcome` with the chain's reason.
//!
//! * [`served`]: what there is, as one table; routes, scopes and the capability statement are made from it.
//! * [`smart`], [`systems`], [`assertion`], [`tokens`], [`scope`], [`client`]: who calls, and what for.
//! * [`router`]: the routes; [`record`], [`patient`], [`write`], [`transaction`]: what they do.
//! * [`search`], [`query`], [`instant`]: searching, by values that are read at the door.
//! * [`consent`], [`audit`], [`provenance`]: the chain in FHIR's shapes; [`recommendation`], [`summary`], [`health_card`], [`flags`],
//!   [`scores`]: what is made of records; [`openapi`]: the REST endpoints for programs.
//!
//! **Must never:** decide who may read (the runtime does); reach the chain or a vault but through the ports; log or repeat what was sent.
#![allow(clippy::disallowed_types, reason = "an edge crate: it speaks HTTP")]

pub mod assertion;
mod audit;
mod call;
mod capability;
mod checked;
pub mod client;
mod consent;
mod find;
mod flags;
pub mod health_card;
pub mod instant;
pub mod openapi;
pub mod openapi_sessions;
pub mod outcome;
mod parts;
pub mod patient;
pub mod ports;
mod provenance;
mod query;
mod recommendation;
mod record;
pub mod router;
pub mod scope;
mod scores;
mod search;
pub mod served;
mod shape;
pub mod smart;
mod summary;
pub mod systems;
pub mod tokens;
pub mod transaction;
mod write;

pub use client::{Client, ClientError};
pub use health_card::IssuerKey;
pub use parts::{Facade, Parts};
pub use ports::{
    Agent, Draft, Ground, Handbook, Instance, Ledger, NOT_IN_OFFICE, People, Person, Piece, Place,
    PortError, Shelf, Taken, Version,
};
pub use router::beside;
pub use systems::{NotOpened, Systems};
