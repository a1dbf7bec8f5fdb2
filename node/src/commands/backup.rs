//! `musubi backup`: a backup of a running node, without stopping it.

use crate::{
    backup::{BackupError, copying, facts::Facts},
    client::ChainClient,
    config::{self, Flags},
};
use clap::Args;
use musubi_primitives::BlockHash;
use serde::Deserialize;
use std::path::PathBuf;

/// Which node, and where to.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// Configuration file of the node, which runs on this machine.
    #[arg(long, env = "MUSUBI_CONFIG")]
    config: PathBuf,
    /// Folder for the backup; it must not exist. Key files are not part of it.
    #[arg(long)]
    out: PathBuf,
}

/// What the node answers.
#[derive(Debug, Deserialize)]
struct Made {
    folder: PathBuf,
    height: u64,
    hash: BlockHash,
}

/// Runs `musubi backup`.
///
/// # Errors
/// A sentence that says what failed and on which file.
pub fn run(arguments: &BackupArguments) -> Result<String, String> {
    let out = &arguments.out;
    if out.exists() {
        return Err(BackupError::Exists(out.clone()).to_string());
    }
    let config = config::load(Some(&arguments.config), &Flags::default())
        .map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    let (made, genesis) = runtime.block_on(checkpoint(&config.rpc.listen.to_string()))?;
    let facts = Facts::now(&config.name, genesis, made.height, made.hash);
    let taken = copying::take_away(&made.folder, &facts, out);
    // It keeps old files alive on the node's disk; the next checkpoint would remove it too.
    let cleared = std::fs::remove_dir_all(&made.folder);
    let seal = taken.map_err(|error| error.to_string())?;
    cleared.map_err(|error| format!("remove {}: {error}", made.folder.display()))?;
    Ok(format!(
        "backup: {}\nheight: {}\nseal: {seal}\nKeep the seal elsewhere: restore --seal compares it. Key files are not in the backup.",
        out.display(),
        made.height
    ))
}

async fn checkpoint(rpc: &str) -> Result<(Made, BlockHash), String> {
    let client = ChainClient::connect(rpc, None)
        .await
        .map_err(|error| error.to_string())?;
    let made = client
        .request("musubi_checkpoint", &[])
        .await
        .map_err(|error| error.to_string())?;
    Ok((made, client.context().genesis))
}
