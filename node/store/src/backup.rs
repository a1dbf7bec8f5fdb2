//! A consistent copy of the open database, made while blocks are written.

use crate::open::Store;
use musubi_node_core::ports::LocalFault;
use rocksdb::checkpoint::Checkpoint;
use std::path::Path;

impl Store {
    /// Writes a consistent copy into a directory that must not exist yet; opening that copy is the restore.
    ///
    /// # Errors
    /// When RocksDB cannot write it.
    pub fn back_up(&self, directory: &Path) -> Result<(), LocalFault> {
        let attempt = || format!("back the chain up to {}", directory.display());
        let checkpoint =
            Checkpoint::new(&self.db).map_err(|error| LocalFault::new(attempt(), error))?;
        checkpoint
            .create_checkpoint(directory)
            .map_err(|error| LocalFault::new(attempt(), error))
    }
}
