//! A node without data that takes the newest state over from the chain's node, through two real swarms on loopback.

use super::chain::Chain;
use crate::{bench::people::VILLAGE, desk::custodian::VaultDoor, gossip, start};
use musubi_node_core::pipeline::Pipeline;
use musubi_node_network::{Event, Joined, Network};
use std::time::{Duration, Instant};
use tokio::{sync::mpsc, time::timeout};

/// The village whose node joins.
const JOINER: &str = "rankoshi";
/// Any free port.
const LISTEN: &str = "/ip4/127.0.0.1/tcp/0";
/// How long two swarms on one machine may take to find each other.
const MEET_TIMEOUT: Duration = Duration::from_secs(30);

/// The network of the node that gives the state.
#[derive(Debug)]
pub struct Source {
    network: Network,
    address: String,
    /// Nobody gossips here; the network wants to be heard.
    _events: mpsc::Receiver<Event>,
}

impl Source {
    /// Opens the chain's node to others.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn open(chain: &Chain) -> Result<Self, String> {
        let mut config = chain.config_of(VILLAGE)?;
        LISTEN.clone_into(&mut config.network.listen);
        config.network.peers.clear();
        let (network, events) = start::network(&config, &chain.pipeline, VaultDoor::default())?;
        let mut addresses = network.follow_addresses();
        let listens = addresses.wait_for(|all| !all.is_empty());
        let listens = timeout(MEET_TIMEOUT, listens).await;
        let addresses = listens.map_err(|_| "the network does not listen".to_owned())?;
        let addresses = addresses.map_err(|_| "the network ended".to_owned())?;
        let address = addresses.first().map(ToString::to_string);
        let address = address.ok_or("the network has no address")?;
        Ok(Self {
            network,
            address,
            _events: events,
        })
    }
}

/// A node that has joined.
#[derive(Debug)]
pub struct Joiner {
    /// Its pipeline.
    pub pipeline: Pipeline,
    /// What it took over.
    pub joined: Joined,
    /// How long that took, from the start of its network.
    pub took: Duration,
}

/// Starts a node without data, number `number`, and has it join.
///
/// # Errors
/// When it cannot, and why.
pub async fn join(chain: &Chain, source: &Source, number: usize) -> Result<Joiner, String> {
    let mut config = chain.config_of(JOINER)?;
    config.data.set_file_name(format!("data-{number}"));
    LISTEN.clone_into(&mut config.network.listen);
    config.network.peers = vec![source.address.clone()];
    let pipeline = chain.open(&config)?;
    gossip::announce_tip(&chain.pipeline, &source.network).await;
    let began = Instant::now();
    let (network, _events) = start::network(&config, &pipeline, VaultDoor::default())?;
    let mut peers = network.follow_peers();
    let met = peers.wait_for(|peers| peers.iter().any(|peer| peer.head.is_some()));
    let met = timeout(MEET_TIMEOUT, met).await;
    met.map_err(|_| "the two nodes do not find each other".to_owned())?
        .map_err(|_| "the network ended".to_owned())?;
    let joined = musubi_node_network::join(&network, &pipeline, 1).await;
    let joined = joined.map_err(|error| format!("join: {error}"))?;
    Ok(Joiner {
        took: began.elapsed(),
        pipeline,
        joined,
    })
}
