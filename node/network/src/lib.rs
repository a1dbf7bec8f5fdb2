//! The members' own network: transactions, vault blobs and state snapshots between member nodes, in a libp2p swarm beside consensus.
//!
//! Consensus has a swarm of its own that takes no foreign protocols. This one speaks one bounded request-response protocol over TCP, Noise and
//! Yamux. [`Network`] is the handle, [`Event`] what comes back, and [`ports`] what the node must answer for it.
//!
//! **Invariants.** Nothing but a greeting is taken from, or sent to, a peer before it has proved by signature that its network key belongs to a
//! member that the chain knows now. Every message, queue, cache and number of connections has a bound. The crate judges no transaction and opens
//! no blob; a state that it fetches is followed from genesis by certificates and proved piece by piece before it becomes this node's.
//! The task that owns the swarm never waits for the disk.
#![allow(
    clippy::disallowed_types,
    reason = "an edge crate: deadlines and bans are measured with Instant"
)]

mod codec;
mod gossip;
mod greeting;
mod handle;
mod identity;
pub mod join;
mod message;
mod peers;
pub mod ports;
mod questions;
mod seen;
mod serve;
mod start;
mod task;
mod upkeep;

pub use crate::codec::reads;
pub use handle::{AskError, Event, Network, PeerView};
pub use identity::{PeerProof, network_key};
pub use join::{FailureCause, JoinError, Joined, PeerFailure, join};
pub use libp2p::{Multiaddr, PeerId, identity::Keypair};
pub use message::{FinalBlock, Refusal};
pub use ports::{Blobs, Membership, SnapshotSource};
pub use start::{Settings, StartError, start};
