//! `backup.json`: what a backup is of.

use super::{BackupError, io};
use musubi_primitives::{BlockHash, Moment};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The form of backups that this program writes and reads.
const VERSION: u32 = 1;
/// Name of the file.
pub const FILE: &str = "backup.json";

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Facts {
    /// Form of the backup.
    pub version: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Name of the node in its logs.
    pub node: String,
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// The newest block that is certainly in it.
    pub height: u64,
    /// That block's hash.
    pub hash: BlockHash,
    /// When it was begun, in milliseconds since 1970.
    pub made_at: Moment,
}

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

    /// The file's text.
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("numbers and strings serialize");
        format!("{text}\n")
    }

    /// Reads the facts of a backup.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] when the file is of another form, or a fault of the disk.
    pub fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
        let facts: Self = serde_json::from_str(&text).map_err(|error| BackupError::NotABackup {
            path: path.clone(),
            cause: error.to_string(),
        })?;
        if facts.version == VERSION {
            return Ok(facts);
        }
        let cause = format!(
            "backup of form {}, this program reads form {VERSION}: use the program that made it",
            facts.version
        );
        Err(BackupError::NotABackup { path, cause })
    }
}
