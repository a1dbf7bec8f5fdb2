//! The chain's store: RocksDB behind the ports of `musubi-node-core`.
//!
//! One block is one write batch, fsynced before [`ChainStore::commit`](musubi_node_core::ports::ChainStore::commit) returns: block,
//! certificate, trie nodes, events and indexes are all there or none is. [`keys`] names every column and key; [`open`] decides whether a
//! directory may be served at all; [`pruning`] forgets old states.
//!
//! **Must never**: interpret a block, repair what it does not understand, or answer with data whose checksum does not hold.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this crate is the node's edge to the disk"
)]
#![allow(
    clippy::result_large_err,
    reason = "what OpenError says is read by a person once, before anything runs"
)]

mod backup;
mod chain;
pub mod keys;
mod migration;
mod open;
mod pool_journal;
mod pruning;
mod state_import;
mod value;

pub use open::{OpenError, Retention, Store, StoreOptions};
