//! `musubi spec`: check a chain specification and print the genesis hash that it leads to.

use crate::demo::consortium::{self, NodePlace, Ports};
use clap::Subcommand;
use musubi_chain_spec::ChainSpec;
use std::path::{Path, PathBuf};

/// What to do with a chain specification.
#[derive(Debug, Subcommand)]
pub enum SpecCommand {
    /// Check a specification file and print what it says.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Print the checkpoint that a reader begins from (JSON): block 0 and its validators, out of the file and no node.
    Genesis {
        /// The file.
        file: PathBuf,
    },
    /// Lay out the demonstration consortium: keys, specification and node configurations. Prints the nodes as JSON.
    Demo {
        /// An empty or new folder.
        folder: PathBuf,
        /// First of forty neighbouring ports on loopback (RPC, consensus, network, gateway, ten each); else the usual ones.
        #[arg(long)]
        ports: Option<u16>,
    },
}

/// Runs `musubi spec …`.
///
/// # Errors
/// A sentence that names the file and what is wrong in it.
pub fn run(command: &SpecCommand) -> Result<String, String> {
    match command {
        SpecCommand::Check { file } => {
            let spec = read(file)?;
            let pallets = spec
                .genesis
                .as_object()
                .map(|genesis| genesis.keys().cloned().collect::<Vec<_>>().join(", "))
                .unwrap_or_default();
            Ok(format!(
                "name: {}\nid: {}\nenvironment: {:?}\npallets: {pallets}",
                spec.name, spec.id, spec.environment
            ))
        }
        SpecCommand::Genesis { file } => {
            let checkpoint = super::verify::genesis_checkpoint(file)?;
            serde_json::to_string(&checkpoint).map_err(|error| error.to_string())
        }
        SpecCommand::Demo { folder, ports } => {
            let ports = ports.map_or_else(Ports::default, Ports::starting_at);
            let places = consortium::lay_out(folder, ports)?;
            Ok(serde_json::Value::from_iter(places.iter().map(NodePlace::to_json)).to_string())
        }
    }
}

/// Reads a specification file.
///
/// # Errors
/// A sentence that names the file.
pub fn read(file: &Path) -> Result<ChainSpec, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("chain specification {}: {error}", file.display()))?;
    ChainSpec::parse(&text)
        .map_err(|error| format!("chain specification {}: {error}", file.display()))
}
