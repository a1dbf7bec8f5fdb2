//! Consensus of a Musubi node: the one adapter around Malachite (Tendermint BFT), and nothing else.
//!
//! [`start`] takes a [`Config`] and the chain as a [`ConsensusHost`](musubi_node_core::ports::ConsensusHost), and gives an [`Engine`] whose
//! [`run`](Engine::run) decides one block after the other. Validators vote on block hashes; block bytes travel in parts.
//!
//! What this crate must never do: judge a block (the chain does), keep anything on disk but the engine's write-ahead log and its own votes, hold
//! up the engine while the chain builds or executes a block, or turn a fault of this machine into a vote. It stays small and changes rarely: the
//! engine's generics take minutes to compile, and they are compiled here.
//!
//! Reading order: [`context`] (the engine's words in our types), [`signing`], [`wire`], [`streaming`], `bodies`, `engine`, `handle`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "consensus is an edge: it opens sockets, keeps a write-ahead log and reads the clock for its status"
)]

mod actors;
mod ballots;
mod bodies;
mod bridge;
pub mod certificate;
pub mod config;
pub mod context;
mod engine;
mod handle;
pub mod height;
mod listeners;
mod opening;
pub mod part;
pub mod peer;
mod peers;
pub mod proposal;
pub mod signing;
mod start;
pub mod status;
pub mod streaming;
pub mod timeouts;
pub mod validator;
pub mod value;
pub mod vote;
pub mod wire;

pub use arc_malachitebft_app_channel::app::net::Multiaddr;
pub use config::{Config, ConfigError, Dissemination, Peer};
pub use engine::{Engine, EngineError};
pub use peers::{Peers, PeersError};
pub use signing::NodeKey;
pub use start::{StartError, start};
pub use status::{Snapshot, Status};

/// All metrics of the engine as Prometheus text; the label `moniker` is the node's name.
pub fn export_metrics() -> String {
    let mut text = String::new();
    arc_malachitebft_app_channel::app::metrics::export(&mut text);
    text
}
