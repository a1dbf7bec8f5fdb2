//! `musubi key`: make key files and show what the world may know of them.

use crate::key_file::{self, KeyKind};
use clap::{Subcommand, ValueEnum};
use libp2p::{PeerId, identity::Keypair};
use std::path::{Path, PathBuf};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new key file (mode 600); never replaces a file.
    Generate {
        /// What the key is for.
        #[arg(long, value_enum)]
        kind: CliKeyKind,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
        /// File whose first line encrypts the key (PBES2 with scrypt).
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
    /// Print the public part of a key file.
    Show {
        /// What the key is for.
        #[arg(long, value_enum)]
        kind: CliKeyKind,
        /// The key file.
        file: PathBuf,
        /// File whose first line decrypts the key.
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
}

/// The curves, as flags name them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CliKeyKind {
    /// Signs: accounts, votes, network identities, receipts.
    Ed25519,
    /// Opens what is sealed to it.
    X25519,
    /// Signs health cards (ES256).
    P256,
}

impl From<CliKeyKind> for KeyKind {
    fn from(kind: CliKeyKind) -> Self {
        match kind {
            CliKeyKind::Ed25519 => Self::Ed25519,
            CliKeyKind::X25519 => Self::X25519,
            CliKeyKind::P256 => Self::P256,
        }
    }
}

/// Runs `musubi key …`; prints one `name: value` line for each public fact.
///
/// # Errors
/// A sentence that names the file.
pub fn run(command: &KeyCommand) -> Result<String, String> {
    match command {
        KeyCommand::Generate {
            kind,
            out,
            passphrase_file,
        } => {
            let secret = key_file::new_secret()
                .map_err(|error| format!("the system gives no randomness: {error}"))?;
            let passphrase = passphrase(passphrase_file.as_deref())?;
            key_file::write(out, (*kind).into(), &secret, passphrase.as_deref())
                .map_err(|error| error.to_string())?;
            Ok(public_facts((*kind).into(), &secret))
        }
        KeyCommand::Show {
            kind,
            file,
            passphrase_file,
        } => {
            let passphrase = passphrase(passphrase_file.as_deref())?;
            let secret = key_file::read(file, (*kind).into(), passphrase.as_deref())
                .map_err(|error| error.to_string())?;
            Ok(public_facts((*kind).into(), &secret))
        }
    }
}

/// The passphrase: the file's first line, else `MUSUBI_KEY_PASSPHRASE`, else none.
pub fn passphrase(file: Option<&Path>) -> Result<Option<String>, String> {
    let Some(path) = file else {
        return Ok(std::env::var("MUSUBI_KEY_PASSPHRASE").ok());
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("passphrase file {}: {error}", path.display()))?;
    let line = text.lines().next().filter(|line| !line.is_empty());
    line.map(|line| Some(line.to_owned())).ok_or_else(|| {
        format!(
            "passphrase file {}: its first line is empty",
            path.display()
        )
    })
}

fn public_facts(kind: KeyKind, secret: &[u8; 32]) -> String {
    match kind {
        KeyKind::Ed25519 => {
            let public = ed25519_dalek::SigningKey::from_bytes(secret).verifying_key();
            format!(
                "public: 0x{}\npeer id: {}",
                hex::encode(public.as_bytes()),
                peer_id(secret)
            )
        }
        KeyKind::X25519 => {
            let public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*secret));
            format!("public: 0x{}", hex::encode(public.as_bytes()))
        }
        KeyKind::P256 => musubi_node_facade::IssuerKey::from_secret(secret).map_or_else(
            || "no key of P-256: generate another one".to_owned(),
            |key| format!("kid: {}", key.kid()),
        ),
    }
}

/// The libp2p peer id of an Ed25519 secret.
pub fn peer_id(secret: &[u8; 32]) -> PeerId {
    let keypair = Keypair::ed25519_from_bytes(*secret).expect("any 32 bytes are an Ed25519 secret");
    PeerId::from(keypair.public())
}
