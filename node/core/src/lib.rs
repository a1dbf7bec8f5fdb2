//! The block pipeline of a Musubi node: execution, pool and the ports to store, consensus and clock. No IO of its own.
//!
//! [`ports`] says what this crate needs from the world and offers to consensus. [`executor`] runs the runtime natively over the trie in
//! the store, [`pool`] holds what is to go into blocks, and [`pipeline`] is the chain as consensus sees it: propose, check, commit.
//!
//! **Must never**: vote against a block because of a fault of this machine, answer consensus before a block is durable, read a clock other
//! than the injected one, or execute on a state whose specification it does not have.

pub mod executor;
pub mod pipeline;
pub mod pool;
pub mod ports;
pub mod verified;
