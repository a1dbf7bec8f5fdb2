//! Consensus over real sockets with a chain in memory, and its parts under hostile input.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod chain;
mod consortium;
mod deaf;
mod signing;
mod streaming;
mod wire;
