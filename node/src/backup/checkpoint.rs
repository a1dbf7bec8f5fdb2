//! The node's side of a backup: one consistent copy of its stores below its data folder, made while blocks go on.
//!
//! RocksDB makes a copy by hard links, so it costs neither time nor space until files are rewritten. The chain comes first: a vault or a register
//! that is a moment ahead of its chain is brought level by the blocks that follow, whereas one that is behind would lack what it vouched for.

use super::{CHAIN, REGISTER, VAULT};
use crate::desk::Office;
use async_trait::async_trait;
use musubi_node_api::{Checkpoint, Checkpoints};
use musubi_node_core::ports::{ChainStore, LocalFault};
use musubi_node_store::Store;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Mutex;

/// Folder of the copy, below the node's data.
pub const FOLDER: &str = "checkpoint";

/// Copies of one node's stores.
pub struct NodeCheckpoints {
    store: Arc<Store>,
    office: Arc<Office>,
    folder: PathBuf,
    one_at_a_time: Mutex<()>,
    made_at: Arc<AtomicU64>,
}

impl NodeCheckpoints {
    /// Copies below the node's data folder; `made_at` is told the time of each (milliseconds since 1970).
    pub fn new(
        store: Arc<Store>,
        office: Arc<Office>,
        data: &Path,
        made_at: Arc<AtomicU64>,
    ) -> Self {
        Self {
            store,
            office,
            folder: data.join(FOLDER),
            one_at_a_time: Mutex::default(),
            made_at,
        }
    }

    async fn copy_chain(&self) -> Result<(u64, musubi_primitives::BlockHash), LocalFault> {
        let (store, folder) = (Arc::clone(&self.store), self.folder.clone());
        let copying = tokio::task::spawn_blocking(move || {
            begin_anew(&folder)?;
            let tip = store.tip()?;
            store.back_up(&folder.join(CHAIN))?;
            tip.ok_or_else(|| LocalFault::new("make a checkpoint", "the store is empty"))
        });
        copying
            .await
            .map_err(|error| LocalFault::new("make a checkpoint of the chain", error))?
    }
}

#[async_trait]
impl Checkpoints for NodeCheckpoints {
    async fn make(&self) -> Result<Checkpoint, LocalFault> {
        let busy = || LocalFault::new("make a checkpoint", "another one is being made");
        let _only_one = self.one_at_a_time.try_lock().map_err(|_| busy())?;
        let (height, hash) = self.copy_chain().await?;
        self.office
            .back_up(&self.folder.join(REGISTER), &self.folder.join(VAULT))
            .await
            .map_err(|error| LocalFault::new("make a checkpoint of register and vault", error))?;
        self.made_at.store(crate::clock::now(), Ordering::Relaxed);
        tracing::info!(height, "checkpoint made");
        Ok(Checkpoint {
            folder: self.folder.clone(),
            height,
            hash,
        })
    }
}

/// An empty folder where the last copy was.
fn begin_anew(folder: &Path) -> Result<(), LocalFault> {
    let fault = |error| LocalFault::new(format!("clear {}", folder.display()), error);
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(fault)?;
    }
    std::fs::create_dir_all(folder).map_err(fault)
}
