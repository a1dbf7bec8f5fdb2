//! Whether this node has caught up since its start. Before that its state is older than what callers were told elsewhere, and a person
//! enrolled a moment ago would seem unknown: the gateway answers nobody until then.

use super::chain::{Chain, unavailable};
use musubi_node_gateway::DeskError;
use musubi_node_network::{Network, PeerView};
use std::time::Duration;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::timeout,
};

/// How long a node that hears of nobody waits: it may be the first one, or alone.
const ALONE_MAX: Duration = Duration::from_secs(10);
/// How long after the first peer's head others are heard: one peer may lag itself.
const OTHERS_MAX: Duration = Duration::from_secs(1);
/// Peers whose heads suffice.
const HEADS: usize = 3;
/// How long a caller is kept waiting.
const CALLER_MAX: Duration = Duration::from_secs(20);
/// The longest a node waits for what peers said is there: one that lies about its head holds nobody up for good.
const WAIT_MAX: Duration = Duration::from_secs(120);

/// True from the moment at which this node has what its peers had at its start.
pub fn watch(chain: &Chain, network: &Network) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let (chain, network) = (chain.clone(), network.clone());
    tokio::spawn(async move {
        let target = heard_of(&network).await;
        if timeout(WAIT_MAX, reach(&chain, target)).await.is_err() {
            tracing::warn!(target, "peers spoke of blocks that do not come");
        }
        sender.send_replace(true);
    });
    receiver
}

/// Keeps a caller waiting while the node catches up.
///
/// # Errors
/// [`DeskError::Unavailable`] when that takes longer than a caller should wait.
pub async fn wait(caught_up: &watch::Receiver<bool>) -> Result<(), DeskError> {
    let mut caught_up = caught_up.clone();
    match timeout(CALLER_MAX, caught_up.wait_for(|caught_up| *caught_up)).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(unavailable("this node is catching up")),
    }
}

/// The newest height that peers tell of; 0 when nobody does.
async fn heard_of(network: &Network) -> u64 {
    let mut peers = network.follow_peers();
    for (heads, limit) in [(1, ALONE_MAX), (HEADS, OTHERS_MAX)] {
        // Fewer than hoped for are enough.
        let _ = timeout(
            limit,
            peers.wait_for(|peers| heads <= heads_of(peers).count()),
        )
        .await;
    }
    let newest = heads_of(&peers.borrow()).max();
    newest.unwrap_or_default()
}

fn heads_of(peers: &[PeerView]) -> impl Iterator<Item = u64> + '_ {
    peers
        .iter()
        .filter_map(|peer| peer.head)
        .map(|(height, _)| height)
}

async fn reach(chain: &Chain, target: u64) {
    let mut finalised = chain.pipeline().finalised();
    // A store that cannot be read is found out by everybody else, too.
    while chain.tip().is_ok_and(|tip| tip.height < target) {
        if matches!(finalised.recv().await, Err(RecvError::Closed)) {
            return;
        }
    }
}
