//! The block pipeline over an in-memory store: execution, pool and what consensus may rely on.

mod chain;
mod execution;
mod memory_store;
mod pipeline;
mod pool;
