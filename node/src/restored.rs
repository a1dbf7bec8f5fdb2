//! What a node does after it was restored from a backup: it follows for a while before it votes again.
//!
//! The write-ahead log, in which a validator remembers what it voted for, is in no backup. Before the loss it may have voted at the height after
//! the newest final block, and if it voted there otherwise now, it would vote twice. So it follows under a throw-away key until the chain
//! has passed every height at which its old self can have voted, and only then takes up its own key. When the others cannot go on without it, only an operator can tell that
//! it is safe: by removing the mark, as the page on backups says.

use crate::config::NodeConfig;
use musubi_node_core::{pipeline::Pipeline, ports::ConsensusHost};
use musubi_node_network::{Network, PeerView};
use std::path::{Path, PathBuf};

/// The mark that `musubi restore` leaves in the data folder.
const MARK: &str = "restored";
/// Folder of the follower's write-ahead log, below the data folder.
pub const FOLLOWER: &str = "consensus-following";
/// How far above the others' newest head the old self can have voted, and one more because they may not all have heard of that head.
const HEIGHTS_PASSED: u64 = 2;

/// Leaves the mark in a data folder that is being restored.
///
/// # Errors
/// When the disk refuses.
pub fn mark(data: &Path) -> std::io::Result<()> {
    std::fs::write(data.join(MARK), "follows before it votes\n")
}

/// Whether this node must follow first.
pub fn must_follow(config: &NodeConfig) -> bool {
    path(config).exists()
}

/// Forgets the mark: the node may vote.
///
/// # Errors
/// A sentence that names the file.
pub fn forget(config: &NodeConfig) -> Result<(), String> {
    let follower = config.data.join(FOLLOWER);
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |error| format!("remove {path}: {error}")
    };
    if follower.exists() {
        std::fs::remove_dir_all(&follower).map_err(fail(&follower))?;
    }
    let mark = path(config);
    std::fs::remove_file(&mark).map_err(fail(&mark))
}

/// Waits until the chain has passed every height at which the old self can have voted.
pub async fn until_safe(config: NodeConfig, pipeline: Pipeline, network: Network) {
    let configured = config.network.peers.len();
    let heads = |peers: &[PeerView]| -> Vec<u64> {
        peers.iter().filter_map(|peer| Some(peer.head?.0)).collect()
    };
    let mut peers = network.follow_peers();
    // More than half of the others: among them is whoever knows the newest final block, or one that is behind it by one.
    let spoken = peers
        .wait_for(|peers| configured < 2 * heads(peers).len())
        .await;
    let newest = spoken.map_or(0, |peers| heads(&peers).into_iter().max().unwrap_or(0));
    let height = newest.max(pipeline.tip()).saturating_add(HEIGHTS_PASSED);
    tracing::info!(
        height,
        "restored from a backup: follows without a vote up to this height"
    );
    let mut tip = pipeline.tip_header();
    // The pipeline that ends takes the node with it.
    let _ = tip
        .wait_for(|header| height <= u64::from(header.number))
        .await;
}

fn path(config: &NodeConfig) -> PathBuf {
    config.data.join(MARK)
}
