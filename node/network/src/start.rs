//! Starting the network: its settings, its transport, and the task that owns it.

use crate::{
    codec::{BoundedCodec, PROTOCOL},
    handle::{Event, Network},
    identity::{PeerProof, network_key},
    ports::{Blobs, Membership, SnapshotSource},
    task::{Channels, Task},
};
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, connection_limits, connection_limits::ConnectionLimits,
    identity::Keypair, multiaddr::Protocol, noise, ping, request_response as exchange,
    swarm::NetworkBehaviour, tcp, yamux,
};
use musubi_primitives::BlockHash;
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

/// Commands that may wait for the task.
const COMMANDS_MAX: usize = 4096;
/// Batches of transactions that may wait for the node; beyond them peers hear that we are busy.
const EVENTS_MAX: usize = 64;
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// What a network is started with.
#[derive(Clone)]
pub struct Settings {
    /// Ed25519 seed of the node key that the chain knows.
    pub node_seed: [u8; 32],
    /// Hash of block 0; nodes of another chain are strangers.
    pub genesis: BlockHash,
    /// Addresses to listen on.
    pub listen: Vec<Multiaddr>,
    /// Addresses to stay connected with; each ends in `/p2p/<peer id>`.
    pub dial: Vec<Multiaddr>,
    /// Connections at once, in both directions together.
    pub connections_max: u32,
    /// Who is a member.
    pub membership: Arc<dyn Membership>,
    /// What joining nodes are given.
    pub snapshots: Arc<dyn SnapshotSource>,
    /// The vault.
    pub blobs: Arc<dyn Blobs>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("dial", &self.dial)
            .finish_non_exhaustive()
    }
}

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// Which.
        address: Multiaddr,
        /// Why.
        source: libp2p::TransportError<io::Error>,
    },
    /// An address to dial names no peer.
    #[error("{0} does not end in /p2p/ and a peer id")]
    NoPeerId(Multiaddr),
    /// The node key signs nothing, or encryption cannot be set up from the network key.
    #[error("the node's key is of no use")]
    Key,
}

/// What the swarm does on each connection.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    pub(crate) exchange: exchange::Behaviour<BoundedCodec>,
    ping: ping::Behaviour,
}

/// Starts the network on the current tokio runtime.
///
/// # Errors
/// See [`StartError`].
pub fn start(settings: Settings) -> Result<(Network, mpsc::Receiver<Event>), StartError> {
    if let Some(address) = settings.dial.iter().find(|one| peer_of(one).is_none()) {
        return Err(StartError::NoPeerId(address.clone()));
    }
    let keys = network_key(&settings.node_seed);
    let local = keys.public().to_peer_id();
    let proof =
        PeerProof::sign(&settings.node_seed, &settings.genesis, &local).ok_or(StartError::Key)?;
    let swarm = swarm(keys, &settings)?;
    let (commands, commanded) = mpsc::channel(COMMANDS_MAX);
    let (events, heard) = mpsc::channel(EVENTS_MAX);
    let (peers, follow_peers) = watch::channel(Vec::new());
    let (listening, follow_addresses) = watch::channel(Vec::new());
    let channels = Channels {
        events,
        peers,
        listening,
    };
    tokio::spawn(Task::run(swarm, settings, proof, channels, commanded));
    let network = Network {
        commands,
        peers: follow_peers,
        listening: follow_addresses,
        local,
    };
    Ok((network, heard))
}

fn swarm(keys: Keypair, settings: &Settings) -> Result<Swarm<Behaviour>, StartError> {
    let mut swarm = SwarmBuilder::with_existing_identity(keys)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .map_err(|_| StartError::Key)?
        .with_behaviour(|_| behaviour(settings.connections_max))
        .map_err(|_| StartError::Key)?
        // Connections stay until a side closes them; pings find the dead ones.
        .with_swarm_config(|config| {
            config.with_idle_connection_timeout(Duration::from_secs(24 * 3600))
        })
        .build();
    for address in &settings.listen {
        let listen = swarm.listen_on(address.clone());
        listen.map_err(|source| StartError::Listen {
            address: address.clone(),
            source,
        })?;
    }
    Ok(swarm)
}

fn behaviour(connections_max: u32) -> Behaviour {
    let limits = ConnectionLimits::default()
        .with_max_established(Some(connections_max))
        .with_max_pending_incoming(Some(connections_max))
        .with_max_established_per_peer(Some(2));
    let config = exchange::Config::default().with_request_timeout(ANSWER_TIMEOUT);
    Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        exchange: exchange::Behaviour::new([(PROTOCOL, exchange::ProtocolSupport::Full)], config),
        ping: ping::Behaviour::default(),
    }
}

/// The peer that an address names at its end.
pub(crate) fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().find_map(|part| match part {
        Protocol::P2p(peer) => Some(peer),
        _ => None,
    })
}
