//! The block pipeline over an in-memory store: execution, pool and what consensus may rely on.
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
