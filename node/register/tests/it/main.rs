//! The register judged from outside: found by name, sealed on disk, restored from its backup.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests read the register's files to see that no name lies in them"
)]

mod ledger;
mod receipts;
mod register;
mod vault;
