//! Real swarms on loopback: who is let in, what spreads, what is refused, and what survives a broken connection.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests open sockets and watch the clock for deadlines"
)]

mod blobs;
#[path = "../../../core/tests/it/chain.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of node/core, which use all of it"
)]
mod chain;
mod garbage;
mod gossip;
mod rubbish;
mod snapshots;
mod villages;
