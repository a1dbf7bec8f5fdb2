//! How a node that is new to a chain comes to where the others are: by snapshot, or block by block.
//!
//! Only a node at genesis joins, and only when some member's head is far ahead: a consortium that begins starts at once, and a node that was
//! merely away for a while is brought up by consensus. When no peer gives a snapshot the node goes on block by block; nothing but time is
//! lost. To be let in, the node must know the members at genesis: at least one of its peers has to be one of those.

use crate::{
    config::{Join, NodeConfig},
    gossip, restored,
};
use musubi_node_core::{pipeline::Pipeline, ports::ConsensusHost};
use musubi_node_network::{JoinError, Network, PeerView};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Blocks that a peer must be ahead for a snapshot to be worth while; fewer are replayed in a moment.
pub const BLOCKS_AHEAD_MIN: u64 = 32;
/// How long a node at genesis waits for a first member to say how far it is.
const FIRST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it then waits for the others.
const OTHER_HEADS_TIMEOUT: Duration = Duration::from_secs(2);

/// Takes a node at genesis to the others' newest state, if `store.join` says so and they are far ahead. Consensus does the rest.
///
/// # Errors
/// A fault of this machine; never that of a peer.
pub async fn catch_up(
    config: &NodeConfig,
    pipeline: &Pipeline,
    network: &Network,
) -> Result<(), String> {
    if pipeline.tip() > 0 {
        return Ok(());
    }
    let forgotten = pipeline.forget_unfinished_adoption().await;
    forgotten.map_err(|fault| fault.to_string())?;
    match config.store.join {
        Join::Replay => {
            tracing::info!("goes block by block from genesis, as store.join says");
            Ok(())
        }
        Join::Snapshot => by_snapshot(config, pipeline, network).await,
    }
}

async fn by_snapshot(
    config: &NodeConfig,
    pipeline: &Pipeline,
    network: &Network,
) -> Result<(), String> {
    // Others at genesis wait to hear of this node, as this one of them.
    gossip::announce_tip(pipeline, network).await;
    match furthest_head(network, config.network.peers.len()).await {
        None => tracing::info!("no member says how far it is: goes block by block from genesis"),
        Some(height) if height < BLOCKS_AHEAD_MIN => {
            tracing::info!(
                height,
                "the chain is short: goes block by block from genesis"
            );
        }
        Some(height) => return take_over(config, pipeline, network, height).await,
    }
    Ok(())
}

/// The greatest height that a peer names, as soon as one is far ahead or all that were configured have spoken.
async fn furthest_head(network: &Network, configured: usize) -> Option<u64> {
    if configured == 0 {
        return None;
    }
    let heights = |peers: &[PeerView]| -> Vec<u64> {
        peers.iter().filter_map(|peer| Some(peer.head?.0)).collect()
    };
    let mut peers = network.follow_peers();
    let first = peers.wait_for(|peers| !heights(peers).is_empty());
    timeout(FIRST_HEAD_TIMEOUT, first).await.ok()?.ok()?;
    let others = peers.wait_for(|peers| {
        let heights = heights(peers);
        heights.len() >= configured || heights.iter().any(|height| *height >= BLOCKS_AHEAD_MIN)
    });
    // Whoever has not spoken by then is away.
    let _ = timeout(OTHER_HEADS_TIMEOUT, others).await;
    let spoken = heights(&peers.borrow());
    spoken.into_iter().max()
}

async fn take_over(
    config: &NodeConfig,
    pipeline: &Pipeline,
    network: &Network,
    height: u64,
) -> Result<(), String> {
    tracing::info!(height, "the others are far ahead: joins by snapshot");
    let began = Instant::now();
    // A node without data may be a validator that lost them, and with them what it voted for.
    restored::mark(&config.data)
        .map_err(|error| format!("mark {}: {error}", config.data.display()))?;
    match musubi_node_network::join(network, pipeline, BLOCKS_AHEAD_MIN).await {
        Ok(joined) => {
            tracing::info!(height = joined.height, hash = %joined.hash, keys = joined.keys, took = ?began.elapsed(), "joined by snapshot");
            Ok(())
        }
        Err(error @ JoinError::NoPeer(_)) => {
            tracing::warn!(%error, "did not join by snapshot: goes block by block from genesis");
            Ok(())
        }
        Err(JoinError::Own(error)) => Err(format!("join by snapshot: {error}")),
    }
}
