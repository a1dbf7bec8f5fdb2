//! `backup.json`: what a backup is of.

pub use super::forms::Facts;
use super::{BackupError, forms::VERSION, io};
use musubi_primitives::BlockHash;
use std::path::Path;

/// Name of the file.
pub const FILE: &str = "backup.json";

impl Facts {
    /// Facts of a backup made now.
    pub fn now(node: &str, genesis: BlockHash, height: u64, hash: BlockHash) -> Self {
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            node: node.to_owned(),
            genesis,
            height,
            hash,
            made_at: crate::clock::now(),
        }
    }

    /// Reads the facts of a backup.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] when the file is of another form, or a fault of the disk.
    pub fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
        Self::parse(&text).map_err(|cause| BackupError::NotABackup { path, cause })
    }
}
