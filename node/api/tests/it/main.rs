//! The API against a small chain in memory: what clients ask, what guests may not, and what hostile input gets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests open sockets"
)]

mod guests;
mod health;
mod hostile;
mod methods;
mod proofs;
mod sockets;
mod subscriptions;
mod village;
