//! What a node does after it was restored from a backup, or finds that its data folder was copied: it follows for a while before it votes again.
//!
//! The write-ahead log, in which a validator remembers what it voted for, is in no backup. Before the loss it may have voted at the height after
//! the newest final block, and if it voted there otherwise now, it would vote twice. So it follows under a throw-away key until the chain
//! has passed every height at which its old self can have voted, and only then takes up its own key. When the others cannot go on without it, only an operator can tell that
//! it is safe: by removing the mark, as the page on backups says.
//!
//! A copy tells itself from the folder that it is of by a file that notes its own birth: no program that copies files can give one the birth
//! of another. A whole disk that is set back to an earlier image cannot be told; the page on backups forbids it.

use crate::config::NodeConfig;
use musubi_node_core::{pipeline::Pipeline, ports::ConsensusHost};
use musubi_node_network::{Network, PeerView};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// The mark that `musubi restore` leaves in the data folder.
const MARK: &str = "restored";
/// The file in a data folder that notes its own birth.
const BIRTH: &str = "birth";
/// Folder of the follower's write-ahead log, below the data folder.
pub const FOLLOWER: &str = "consensus-following";
/// How far above the others' newest head the old self can have voted, and one more because they may not all have heard of that head.
const HEIGHTS_PASSED: u64 = 2;

/// Leaves the mark in a data folder that is being restored.
///
/// # Errors
/// When the disk refuses.
pub fn mark(data: &Path) -> io::Result<()> {
    fs::write(data.join(MARK), "follows before it votes\n")
}

/// Makes a data folder, or leaves the mark in one that was copied here from elsewhere.
///
/// # Errors
/// A sentence that names the folder.
pub fn mark_if_copied(data: &Path) -> Result<(), String> {
    let fail = |error: io::Error| format!("data {}: {error}", data.display());
    fs::create_dir_all(data).map_err(fail)?;
    let path = data.join(BIRTH);
    let noted = fs::read_to_string(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(fail(error)),
    })?;
    if !noted.is_empty() && noted == birth(&path).map_err(fail)? {
        return Ok(());
    }
    if !noted.is_empty() {
        mark(data).map_err(fail)?;
        tracing::warn!(
            data = %data.display(),
            "this data folder was copied here: its validator may have voted elsewhere since, and follows first"
        );
        fs::remove_file(&path).map_err(fail)?;
    }
    fs::write(&path, "").map_err(fail)?;
    fs::write(&path, birth(&path).map_err(fail)?).map_err(fail)
}

/// When a file was made, where the file system knows, and its number there.
fn birth(path: &Path) -> io::Result<String> {
    let about = fs::metadata(path)?;
    let made = about.created().ok();
    let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    let made = made.map_or(0, |made| made.as_nanos());
    Ok(format!("made {made}, inode {}\n", about.ino()))
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
        fs::remove_dir_all(&follower).map_err(fail(&follower))?;
    }
    let mark = path(config);
    fs::remove_file(&mark).map_err(fail(&mark))
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
        "restored or copied: follows without a vote up to this height"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_knows_itself_and_a_copy_knows_that_it_is_one() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (data, copy) = (place.path().join("data"), place.path().join("copy"));
        for _ in 0..2 {
            mark_if_copied(&data).expect("it is made");
            assert!(!data.join(MARK).exists());
        }
        fs::create_dir(&copy).expect("a folder");
        fs::copy(data.join(BIRTH), copy.join(BIRTH)).expect("it is copied");
        mark_if_copied(&copy).expect("it is looked at");
        assert!(copy.join(MARK).exists());
        // It is marked once.
        fs::remove_file(copy.join(MARK)).expect("it is there");
        mark_if_copied(&copy).expect("it is looked at");
        assert!(!copy.join(MARK).exists());
        // A folder that was moved is the same.
        let moved = place.path().join("moved");
        fs::rename(&data, &moved).expect("it is moved");
        mark_if_copied(&moved).expect("it is looked at");
        assert!(!moved.join(MARK).exists());
    }
}
