//! Backups of a node: taken while it runs, checked byte by byte before anything of them is used again.
//!
//! A backup is a folder: `backup.json` says what it is of, `chain/`, `register/` and `vault/` are the stores, and `SHA256SUMS` has the hash of
//! every file, in the form that `sha256sum --check` reads. The stores are as encrypted as on the node. Two things are left out on purpose: key
//! files, which are kept apart, and the consensus write-ahead log, since a validator that goes on from an old one votes twice; see
//! [`crate::restored`] for what a restored validator does instead.

pub mod checkpoint;
pub mod copying;
pub mod facts;
mod forms;
pub mod sums;

use std::path::{Path, PathBuf};

/// The stores of a node below its data folder and below a backup.
pub const STORES: [&str; 3] = [CHAIN, REGISTER, VAULT];
/// The chain.
pub const CHAIN: &str = "chain";
/// The municipality's register.
pub const REGISTER: &str = "register";
/// The vault.
pub const VAULT: &str = "vault";

/// Why a backup was not made or not used. Names the file.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk, or the operating system.
    #[error("{attempt} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        attempt: &'static str,
        /// On which file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Something is there already.
    #[error("{} is there already: a backup never replaces anything; name a new folder", .0.display())]
    Exists(PathBuf),
    /// The node has data.
    #[error("{} holds a node's data already: move it away first, nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// Not a backup of this form.
    #[error("{}: {cause}", path.display())]
    NotABackup {
        /// The file that says so.
        path: PathBuf,
        /// What is wrong in it.
        cause: String,
    },
    /// A file is not what it was when the backup was made.
    #[error("{} is damaged: {cause}; use another backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What differs.
        cause: &'static str,
    },
    /// A backup of another chain.
    #[error("the backup is of chain {found}, this node's specification is of chain {expected}")]
    OtherChain {
        /// Genesis hash in the backup.
        found: String,
        /// Genesis hash of the specification.
        expected: String,
    },
    /// The backup as a whole is not the one that was asked for.
    #[error(
        "the backup has the seal {found}, not {expected}: somebody changed it, or it is another one"
    )]
    OtherSeal {
        /// Its seal.
        found: String,
        /// The one that was noted when it was made.
        expected: String,
    },
}

pub(crate) fn io(attempt: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_path_buf();
    move |source| BackupError::Io {
        attempt,
        path,
        source,
    }
}
