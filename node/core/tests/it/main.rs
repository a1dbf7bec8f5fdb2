//! The block pipeline over an in-memory store: execution, pool and what consensus may rely on.
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

mod chain;
mod execution;
mod memory_store;
mod pipeline;
mod pool;
mod upgrade;
