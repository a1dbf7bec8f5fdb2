//! A consortium as processes, tortured while clients use it. Afterwards: no conflicting block, nothing finalised lost, all nodes equal, and one
//! order of transactions that explains all that every client saw.
//!
//! A seed chooses victims and instants; `./dev test` plays each scenario with one, `./dev soak faults` with many.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails loudly where it stands, and tells what came of it"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start and kill processes, and time what clients see"
)]

mod client;
mod clocks;
mod copies;
mod council;
mod disks;
mod failing;
mod flood;
mod kills;
mod logs;
mod partitions;
mod scene;
mod seat;
mod traitor;
