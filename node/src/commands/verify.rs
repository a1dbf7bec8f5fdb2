//! `musubi verify`: check a bundle of proofs, or a consent receipt, against a chain specification. Opens no socket.

mod receipt;

use super::care::chain;
use crate::recovery;
use clap::Args;
use musubi_client_sdk::proofs::{Checkpoint, verify};
use musubi_primitives::VerifyingKey;
use std::path::{Path, PathBuf};

/// The most bytes of a bundle file.
const BUNDLE_BYTES_MAX: u64 = 256 << 20;

/// Which bundle, and what to trust.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Chain specification: its genesis names the chain and the first validators.
    #[arg(long)]
    spec: PathBuf,
    /// A newer checkpoint of the same chain that this reader kept (JSON).
    #[arg(long)]
    checkpoint: Option<PathBuf>,
    /// Verifier key of the municipality that signed a receipt (0x and 64 digits), where the specification does not have it.
    #[arg(long)]
    verifier_key: Option<VerifyingKey>,
    /// The bundle or receipt (JSON).
    bundle: PathBuf,
}

/// Verifies a bundle or a receipt; prints what it proves, one statement a line, and as of when.
///
/// # Errors
/// The first thing in the bundle that does not hold; then nothing in it is to be believed.
pub fn run(arguments: &VerifyArguments) -> Result<String, String> {
    let path = &arguments.bundle;
    let bytes = bounded(path)?;
    if receipt::is_receipt(&bytes) {
        return receipt::run(path, &bytes, &arguments.spec, arguments.verifier_key);
    }
    let genesis = genesis_checkpoint(&arguments.spec)?;
    let trusted = match &arguments.checkpoint {
        Some(path) => kept_checkpoint(path, &genesis)?,
        None => genesis,
    };
    let report = verify(&trusted, &bytes)
        .map_err(|error| format!("{}: {}", path.display(), chain(&error)))?;
    let mut lines: Vec<String> = report
        .statements
        .iter()
        .map(|statement| format!("proved: {statement}"))
        .collect();
    lines.push(format!(
        "as of block {} ({} ms since 1970), decided by more than two thirds of the validators",
        report.checkpoint.height, report.as_of
    ));
    Ok(lines.join("\n"))
}

/// What the specification alone makes trusted: block 0 and the validators of the first heights.
pub fn genesis_checkpoint(path: &Path) -> Result<Checkpoint, String> {
    let genesis = recovery::genesis_of_file(path)?;
    let validators = genesis.validators().clone();
    Ok(Checkpoint {
        genesis: genesis.hash(),
        height: 0,
        block: genesis.hash(),
        validators,
    })
}

/// A checkpoint that the reader kept, if it is of the specification's chain.
fn kept_checkpoint(path: &Path, genesis: &Checkpoint) -> Result<Checkpoint, String> {
    let fail = |cause: String| format!("checkpoint {}: {cause}", path.display());
    let kept: Checkpoint =
        serde_json::from_slice(&bounded(path)?).map_err(|error| fail(error.to_string()))?;
    if kept.genesis == genesis.genesis {
        return Ok(kept);
    }
    Err(fail(format!(
        "it is of the chain with genesis {}, the specification's is {}",
        kept.genesis, genesis.genesis
    )))
}

fn bounded(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len();
    if size > BUNDLE_BYTES_MAX {
        return Err(format!(
            "{}: {size} bytes, at most {BUNDLE_BYTES_MAX} are read",
            path.display()
        ));
    }
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
