//! `musubi restore`: a node's data from a backup, checked to the last byte before the node may use it.

use crate::{
    backup::{BackupError, CHAIN, copying, facts::Facts},
    commands::{spec, verify},
    config::{self, Flags, NodeConfig},
    restored,
};
use clap::Args;
use musubi_node_core::ports::ChainStore;
use musubi_node_store::{Retention, Store, StoreOptions};
use musubi_primitives::BlockHash;
use std::path::{Path, PathBuf};

/// Memory while the chain is looked at, in bytes.
const CACHE_BYTES: usize = 8 << 20;

/// Which node, and from where.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// Configuration file of the node, which must not run and must have no data.
    #[arg(long, env = "MUSUBI_CONFIG")]
    config: PathBuf,
    /// The backup's folder.
    #[arg(long)]
    from: PathBuf,
    /// The seal that musubi backup printed; tells a changed backup from the one that was made.
    #[arg(long)]
    seal: Option<String>,
    /// Check the backup and restore nothing.
    #[arg(long)]
    check: bool,
}

/// Runs `musubi restore`.
///
/// # Errors
/// A sentence that names the file that is damaged or in the way.
pub fn run(arguments: &RestoreArguments) -> Result<String, String> {
    let config = config::load(Some(&arguments.config), &Flags::default())
        .map_err(|error| error.to_string())?;
    let (facts, height) = restore(arguments, &config)?;
    let hours = crate::clock::now().saturating_sub(facts.made_at) / 3_600_000;
    let done = if arguments.check {
        "the backup is whole"
    } else {
        "restored: the node follows for a few blocks before it votes again"
    };
    Ok(format!(
        "{done}\nbackup of: {}, {hours} h old\nheight: {height}",
        facts.node
    ))
}

fn restore(arguments: &RestoreArguments, config: &NodeConfig) -> Result<(Facts, u64), String> {
    let words = |error: BackupError| error.to_string();
    let backup = &arguments.from;
    let facts = Facts::read(backup).map_err(words)?;
    let (sums, seal) = copying::check(backup).map_err(words)?;
    check_seal(arguments.seal.as_deref(), seal).map_err(words)?;
    let spec = spec::read(&config.spec)?;
    let genesis = verify::genesis_checkpoint(&config.spec)?.genesis;
    if facts.genesis != genesis {
        let (found, expected) = (facts.genesis.to_string(), genesis.to_string());
        return Err(words(BackupError::OtherChain { found, expected }));
    }
    if arguments.check {
        return Ok((facts.clone(), facts.height));
    }
    let beside = copying::bring_back(backup, &sums, &config.data).map_err(words)?;
    let height = open_chain(&beside.path.join(CHAIN), &spec.id, genesis)?;
    restored::mark(&beside.path)
        .map_err(|error| format!("mark {}: {error}", beside.path.display()))?;
    beside.finish().map_err(words)?;
    Ok((facts, height))
}

fn check_seal(expected: Option<&str>, found: String) -> Result<(), BackupError> {
    match expected {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(BackupError::OtherSeal {
            found,
            expected: expected.to_owned(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Opens the chain as the node will, which checks that its newest block, certificate and state fit together; its height.
fn open_chain(path: &Path, chain: &str, genesis: BlockHash) -> Result<u64, String> {
    let options = StoreOptions {
        path: path.to_path_buf(),
        chain: chain.to_owned(),
        genesis,
        retention: Retention::Archive,
        cache_bytes: CACHE_BYTES,
    };
    let store = Store::open(options).map_err(|error| error.to_string())?;
    let tip = store.tip().map_err(|fault| fault.to_string())?;
    tip.map(|(height, _)| height)
        .ok_or_else(|| format!("{}: the chain in the backup is empty", path.display()))
}
