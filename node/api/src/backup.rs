//! `musubi_checkpoint`: a consistent copy of the node's stores on its own disk, for `musubi backup` to take away.

use crate::{error::RpcError, reads::Reads};
use jsonrpsee::{core::async_trait, proc_macros::rpc};
use musubi_primitives::BlockHash;
use serde::Serialize;
use std::path::PathBuf;

/// Where the copy lies, and what is certainly in it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Made {
    folder: PathBuf,
    height: u64,
    hash: BlockHash,
}

#[rpc(server)]
pub(crate) trait BackupApi {
    #[method(name = "musubi_checkpoint")]
    async fn checkpoint(&self) -> Result<Made, RpcError>;
}

/// Passes the wish on to the node.
#[derive(Clone, Debug)]
pub(crate) struct Backup(pub(crate) Reads);

#[async_trait]
impl BackupApiServer for Backup {
    async fn checkpoint(&self) -> Result<Made, RpcError> {
        let made = self.0.services().checkpoints.make().await?;
        Ok(Made {
            folder: made.folder,
            height: made.height,
            hash: made.hash,
        })
    }
}
