//! `musubi recover`: a new chain from the old one's state, after more than a third of the validators were lost for good.

use crate::{
    commands::spec,
    config::{self, Flags},
    key_file::{self, KeyKind},
    recovery::{self, order, snapshot::Snapshot},
    start,
};
use clap::Subcommand;
use codec::{DecodeAll, Encode};
use ed25519_dalek::SigningKey;
use musubi_chain_spec::{ChainSpec, continuation::Seat};
use std::path::{Path, PathBuf};

/// The three steps, in their order.
#[derive(Debug, Subcommand)]
pub enum RecoverCommand {
    /// Take the newest final state out of a node that is stopped.
    Snapshot {
        /// Its configuration file.
        #[arg(long, env = "MUSUBI_CONFIG")]
        config: PathBuf,
        /// File for the state; it must not exist.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write the specification of the chain that goes on.
    Plan {
        /// The former specification.
        #[arg(long)]
        spec: PathBuf,
        /// The file that musubi recover snapshot made.
        #[arg(long)]
        snapshot: PathBuf,
        /// A validator that goes on: its member's number, a colon, its public consensus key. Once for each.
        #[arg(long = "seat", required = true, value_parser = seat)]
        seats: Vec<Seat>,
        /// File for the specification, in the snapshot's folder; it must not exist.
        #[arg(long)]
        out: PathBuf,
    },
    /// Sign that specification as the operator of one of its validators.
    Sign {
        /// The specification; the signature is added to it.
        #[arg(long)]
        spec: PathBuf,
        /// The member's number.
        #[arg(long)]
        member: u32,
        /// The operator's key file.
        #[arg(long)]
        key: PathBuf,
        /// File whose first line decrypts the key.
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
}

/// Runs `musubi recover …`.
///
/// # Errors
/// A sentence that names the file and what is wrong.
pub fn run(command: &RecoverCommand) -> Result<String, String> {
    match command {
        RecoverCommand::Snapshot { config, out } => take_snapshot(config, out),
        RecoverCommand::Plan {
            spec,
            snapshot,
            seats,
            out,
        } => plan(spec, snapshot, seats, out),
        RecoverCommand::Sign {
            spec,
            member,
            key,
            passphrase_file,
        } => sign(spec, *member, key, passphrase_file.as_deref()),
    }
}

fn take_snapshot(config: &Path, out: &Path) -> Result<String, String> {
    let config =
        config::load(Some(config), &Flags::default()).map_err(|error| error.to_string())?;
    let (pipeline, taken) = recovery::on_worker(move || {
        let pipeline = start::stopped(&config)?;
        let taken = Snapshot::take(&pipeline);
        Ok((pipeline, taken))
    })?;
    recovery::close(pipeline)?;
    let snapshot = taken?;
    write_new(out, &snapshot.encode())?;
    Ok(format!(
        "height: {}\nblock: {}\nsha256: {}\nAll who are left compare these, and go on from the greatest height that any of them has.",
        snapshot.header.number,
        snapshot.block(),
        snapshot.sha256()
    ))
}

fn plan(spec: &Path, file: &Path, seats: &[Seat], out: &Path) -> Result<String, String> {
    let mut spec = spec::read(spec)?;
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let snapshot = Snapshot::decode_all(&mut bytes.as_slice())
        .map_err(|error| format!("{}: no snapshot: {error}", file.display()))?;
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| format!("{}: its name is not UTF-8", file.display()))?;
    spec.continues = Some(order::plan(&snapshot, name, seats.to_vec()));
    write_new(out, spec.to_text().as_bytes())?;
    Ok(format!(
        "{}: to be signed by the operator of each of its {} validators",
        out.display(),
        seats.len()
    ))
}

fn sign(path: &Path, member: u32, key: &Path, passphrase: Option<&Path>) -> Result<String, String> {
    let mut spec: ChainSpec = spec::read(path)?;
    let order = spec
        .continues
        .as_mut()
        .ok_or_else(|| format!("{}: it continues no other chain", path.display()))?;
    let passphrase = crate::commands::key::passphrase(passphrase)?;
    let secret = key_file::read(key, KeyKind::Ed25519, passphrase.as_deref())
        .map_err(|error| error.to_string())?;
    order::sign(order, member, &SigningKey::from_bytes(&secret));
    let (height, count) = (order.height, order.signatures.len());
    let new = path.with_extension("json.new");
    write_new(&new, spec.to_text().as_bytes())?;
    std::fs::rename(&new, path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(format!(
        "signed for member {member}: goes on from height {height}; {count} signatures"
    ))
}

fn seat(text: &str) -> Result<Seat, String> {
    let (member, key) = text.split_once(':').ok_or("expected NUMBER:KEY")?;
    let member = member
        .parse()
        .map_err(|_| "expected a member's number before the colon")?;
    Ok(Seat {
        member,
        key: key.to_owned(),
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write;
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = std::fs::File::create_new(path).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)
}
