//! The store: what was committed is there, whole, after any end of the process; what is damaged is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::cast_possible_truncation,
    reason = "numbers in tests are small"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests break files and kill processes"
)]

#[path = "../../../core/tests/it/chain.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of node/core, which use all of it"
)]
mod chain;
mod corruption;
mod crashes;
mod history;
mod joining;
mod joining_crashes;
mod pipeline;
mod pruning;
mod reopening;
