//! What the engine is started with, and its translation into the engine's own configuration.

use crate::{
    peer::peer_id,
    signing::NodeKey,
    wire::{PART_BYTES_MAX, RESPONSE_BYTES_MAX, SMALL_BYTES_MAX},
};
use arc_malachitebft_app_channel::app::{
    config::{
        ChannelNames, ConsensusConfig, DiscoveryConfig, P2pConfig, ProtocolNames, PubSubProtocol,
        ValueSyncConfig,
    },
    net::Multiaddr,
};
use musubi_primitives::{BlockHash, VerifyingKey};
use std::{ops::Add, path::PathBuf, time::Duration};

/// Heights that one request of a lagging node may ask for.
pub(crate) const SYNC_HEIGHTS_MAX: usize = 4;
/// How often nodes tell each other how far they are.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);
/// How long a lagging node waits for an answer before it asks another peer.
const SYNC_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections from one address; several nodes of a demonstration, and members behind one gateway, share theirs.
const CONNECTIONS_PER_IP_MAX: usize = 64;
/// How long a peer that is not configured waits before it may connect again.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
/// Above this many validators gossip costs less than sending to everybody.
const BROADCAST_VALIDATORS_MAX: usize = 25;

/// How messages spread. Every node of a chain must use the same: nodes that differ do not hear each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dissemination {
    /// Everybody sends to everybody: half the work and an eighth of the memory, in a full mesh of few.
    Broadcast,
    /// Messages are relayed.
    Gossip,
}

impl Dissemination {
    /// What suits a chain designed for this many validators. Take the number from the chain's specification, not from today's set.
    pub fn for_validators(count: usize) -> Self {
        if count <= BROADCAST_VALIDATORS_MAX {
            Self::Broadcast
        } else {
            Self::Gossip
        }
    }
}

/// Another node of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it listens, without a peer id, such as `/ip4/10.0.0.2/tcp/26656`.
    pub address: Multiaddr,
    /// Its node key. Addresses without a peer id make nodes reject each other while they start.
    pub key: VerifyingKey,
}

impl Peer {
    /// The address with the peer id.
    pub(crate) fn full_address(&self) -> Result<Multiaddr, ConfigError> {
        let text = format!("{}/p2p/{}", self.address, peer_id(&self.key));
        text.parse().map_err(|_| ConfigError::BadPeer(text))
    }
}

/// What an engine is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The node's name in logs and metrics.
    pub name: String,
    /// The node's key. It votes when the validator set of a height has it, and otherwise follows.
    pub key: NodeKey,
    /// Where to listen, such as `/ip4/0.0.0.0/tcp/26656`.
    pub listen: Multiaddr,
    /// Peers to stay connected to: for a validator, all the others.
    pub peers: Vec<Peer>,
    /// Refuse everybody who is not among `peers`.
    pub peers_only: bool,
    /// Directory of the write-ahead log. Never copy it to another machine and never restore an old one: the node would vote twice.
    pub directory: PathBuf,
    /// How messages spread.
    pub dissemination: Dissemination,
}

/// A configuration that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An address to listen on that is neither TCP nor QUIC.
    #[error("listen address {0}: expected /ip4/…/tcp/PORT or /ip4/…/udp/PORT/quic-v1")]
    BadListen(Multiaddr),
    /// A peer's address that takes no peer id.
    #[error("peer address {0}: expected /ip4|ip6|dns/…/tcp/PORT without /p2p, and a node key")]
    BadPeer(String),
}

impl Config {
    /// The engine's network configuration on the chain with this genesis; nodes of other chains do not share a protocol with it.
    pub(crate) fn consensus(&self, genesis: &BlockHash) -> Result<ConsensusConfig, ConfigError> {
        Ok(ConsensusConfig {
            p2p: self.network(genesis)?,
            ..ConsensusConfig::default()
        })
    }

    /// The engine's catch-up configuration.
    pub(crate) fn sync() -> ValueSyncConfig {
        ValueSyncConfig {
            status_update_interval: STATUS_INTERVAL,
            request_timeout: SYNC_TIMEOUT,
            max_request_size: bytes(SMALL_BYTES_MAX),
            max_response_size: bytes(RESPONSE_BYTES_MAX),
            batch_size: SYNC_HEIGHTS_MAX,
            ..ValueSyncConfig::default()
        }
    }

    fn network(&self, genesis: &BlockHash) -> Result<P2pConfig, ConfigError> {
        Ok(P2pConfig {
            listen_addr: self.checked_listen()?,
            persistent_peers: self
                .peers
                .iter()
                .map(Peer::full_address)
                .collect::<Result<_, _>>()?,
            persistent_peers_only: self.peers_only,
            discovery: DiscoveryConfig {
                max_connections_per_ip: CONNECTIONS_PER_IP_MAX,
                ip_throttle_duration: RECONNECT_PAUSE,
                ..DiscoveryConfig::default()
            },
            protocol: match self.dissemination {
                Dissemination::Broadcast => PubSubProtocol::Broadcast,
                Dissemination::Gossip => PubSubProtocol::default(),
            },
            pubsub_max_size: bytes(2 * PART_BYTES_MAX),
            rpc_max_size: bytes(RESPONSE_BYTES_MAX),
            protocol_names: protocol_names(genesis),
            channel_names: channel_names(genesis),
            ..P2pConfig::default()
        })
    }

    fn checked_listen(&self) -> Result<Multiaddr, ConfigError> {
        let text = self.listen.to_string();
        let known = text.contains("/tcp/") || text.contains("/quic-v1");
        if known {
            Ok(self.listen.clone())
        } else {
            Err(ConfigError::BadListen(self.listen.clone()))
        }
    }
}

fn protocol_names(genesis: &BlockHash) -> ProtocolNames {
    let name = |purpose: &str| format!("/musubi/{}/{purpose}/1", short(genesis));
    ProtocolNames {
        consensus: name("consensus"),
        discovery_kad: name("kad"),
        discovery_regres: name("discovery"),
        sync: name("sync"),
        validator_proof: name("validator-proof"),
    }
}

fn channel_names(genesis: &BlockHash) -> ChannelNames {
    let name = |channel: &str| format!("/{}/{channel}", short(genesis));
    ChannelNames {
        consensus: name("consensus"),
        proposal_parts: name("parts"),
        sync: name("status"),
        liveness: name("liveness"),
    }
}

fn short(genesis: &BlockHash) -> String {
    genesis
        .0
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The configuration's type for sizes, which the engine does not export by name: nothing, and so many bytes more.
fn bytes<T: Default + Add<u64, Output = T>>(count: usize) -> T {
    T::default() + u64::try_from(count).unwrap_or(u64::MAX)
}
