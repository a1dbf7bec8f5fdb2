//! The members' own network: transactions, vault blobs and state snapshots between member nodes, in a libp2p swarm beside consensus.
//!
//! Consensus has a swarm of its own that takes no foreign protocols. This one speaks one bounded request-response protocol over TCP, Noise and
//! Yamux. [`Network`] is the handle, [`Event`] what comes back, and [`ports`] what the node must answer for it.
//!
//! **Invariants.** Nothing but a greeting is taken from, or sent to, a peer before it has proved by signature that its network key belongs to a
//! member that the chain knows now. Every message, queue, cache and number of connections has a bound. The crate judges no transaction and opens
//! no blob; it verifies whatever state it fetches against finality certificates before anybody sees it.
#![allow(
    clippy::disallowed_types,
    reason = "an edge crate: deadlines and bans are measured with Instant"
)]

mod codec;
mod handle;
mod identity;
mod message;
mod peers;
pub mod ports;
mod seen;
mod service;
mod snapshot;

pub use handle::{AskError, Event, Network, PeerView};
pub use identity::{PeerProof, network_key};
pub use libp2p::{Multiaddr, PeerId, identity::Keypair};
pub use message::{FinalBlock, Refusal, SnapshotChunk};
pub use ports::{Blobs, Membership, SnapshotSource};
pub use service::{Settings, StartError, start};
pub use snapshot::{FollowError, Follower, Snapshot, SnapshotError, fetch_snapshot};
