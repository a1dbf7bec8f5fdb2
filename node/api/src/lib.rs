//! The operators' face of a node: Substrate JSON-RPC over HTTP and WebSocket, proofs for light clients, health and metrics, on one port.
//!
//! [`build`] makes one router out of [`Services`]; tests call it without a socket, the binary gives it a listener by [`serve`].
//! The crate reads a chain and hands transactions to a pool; it executes nothing, decides nothing and keeps nothing.
//!
//! **Invariants.** Who may call what is one table ([`access`]), and what is not in it is not served. Raw state and block bodies are for
//! operators: a caller on this machine that is no browser page, or one with the bearer token. `rpc_methods` lists what the caller may call and
//! nothing else. Bodies, batches, responses, subscriptions, connections and concurrent reads are all bounded by [`Limits`],
//! and so is the time that heads and bodies may take to arrive. Every block
//! here is final, so best head, finalised head and every head are one.
#![allow(
    clippy::disallowed_types,
    reason = "an edge crate: measures its own latency with Instant"
)]

pub mod access;
mod author;
mod backup;
mod bodies;
pub mod caller;
mod chain;
mod error;
mod finality;
mod heads;
mod health;
pub mod metrics;
pub mod ports;
mod reads;
mod router;
mod serve;
mod state;
mod system;

pub use caller::{Caller, Token};
pub use finality::prove_row;
pub use metrics::Metrics;
pub use ports::{
    About, Checkpoint, Checkpoints, Head, NetworkView, PoolView, Refusal, Services, StateError,
    StateView, TransactionStatus,
};
pub use router::{Api, Limits, build, for_operators};
pub use serve::serve;
