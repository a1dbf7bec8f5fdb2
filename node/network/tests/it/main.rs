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
mod garbage;
mod gossip;
mod snapshots;
mod villages;
