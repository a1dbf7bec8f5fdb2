//! Real consortia for tests: the `musubi` binary as processes on loopback, and a small JSON-RPC client to ask them.
//!
//! Nothing here is a mock. A consortium lies in a temporary folder, its processes die with the test, and waiting is always for an event
//! with a generous deadline, never for a time.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test support starts processes, reads files, watches the clock for deadlines and fails loudly"
)]

pub mod authority;
pub mod chance;
pub mod consortium;
pub mod disk;
pub mod gateway;
pub mod history;
pub mod process;
pub mod rpc;
pub mod shim;
pub mod statement;
pub mod story;
pub mod told;
pub mod traces;
pub mod wires;

pub use consortium::Consortium;
pub use rpc::Rpc;
pub use traces::Collector;
