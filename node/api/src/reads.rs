//! Reads off the async executor, a bounded number at a time; and what several methods read alike.

use crate::{
    error::RpcError,
    ports::{Head, Services},
};
use codec::Decode;
use musubi_primitives::BlockHash;
use sp_core::H256;
use sp_runtime::{OpaqueExtrinsic, generic, traits::BlakeTwo256};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A header as the runtime makes it.
pub(crate) type Header = generic::Header<u32, BlakeTwo256>;
/// A block with its extrinsics left as bytes.
pub(crate) type Block = generic::Block<Header, OpaqueExtrinsic>;

/// The node's readable side.
#[derive(Clone, Debug)]
pub(crate) struct Reads {
    services: Services,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Reads {
    /// At most `running` reads at once, and as many as four times that waiting for them.
    pub(crate) fn new(services: Services, running: usize) -> Self {
        let admitted = Arc::new(Semaphore::new(running.saturating_mul(5)));
        Self {
            services,
            running: Arc::new(Semaphore::new(running)),
            admitted,
        }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// The newest finalised head.
    pub(crate) fn head(&self) -> Head {
        *self.services.head.borrow()
    }

    /// The block a caller named, or the newest.
    pub(crate) fn at(&self, hash: Option<H256>) -> BlockHash {
        hash.map_or_else(|| self.head().hash, |hash| BlockHash(hash.0))
    }

    /// Runs a read on a thread that may wait for the disk.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Services) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let _admitted = self
            .admitted
            .clone()
            .try_acquire_owned()
            .map_err(|_| RpcError::Busy)?;
        let running = self
            .running
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| RpcError::Busy)?;
        let services = self.services.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _running = running;
            read(&services)
        });
        task.await
            .map_err(|cause| musubi_node_core::ports::LocalFault::new("finish a read", cause))?
    }
}

/// Whether what happened in a block is here. A node that joined by snapshot has only headers of the last blocks before it.
pub(crate) fn check_kept(services: &Services, height: u64) -> Result<(), RpcError> {
    let start = services.store.history_start()?;
    if height == 0 || height >= start {
        return Ok(());
    }
    Err(RpcError::Absent(format!(
        "of block {height} only the header is kept here: this node's history begins with block {start}"
    )))
}

/// SCALE bytes of a finalised block.
pub(crate) fn block_bytes(services: &Services, hash: &BlockHash) -> Result<Vec<u8>, RpcError> {
    let block = services.store.block(hash)?;
    block
        .map(|block| block.bytes)
        .ok_or_else(|| RpcError::Absent(format!("no finalised block has the hash {hash}")))
}

/// A finalised block's header; a block starts with it.
pub(crate) fn header(services: &Services, hash: &BlockHash) -> Result<Header, RpcError> {
    Header::decode(&mut block_bytes(services, hash)?.as_slice())
        .map_err(|_| RpcError::Undecodable("a stored header"))
}

/// Hash of the finalised block at a height that must be there.
pub(crate) fn hash_at(services: &Services, height: u64) -> Result<BlockHash, RpcError> {
    services.store.hash_at(height)?.ok_or_else(|| {
        RpcError::Absent(format!(
            "no finalised block at height {height} is kept here"
        ))
    })
}

/// Height of a finalised block that must be there.
pub(crate) fn height_of(services: &Services, hash: &BlockHash) -> Result<u64, RpcError> {
    services
        .store
        .height_of(hash)?
        .ok_or_else(|| RpcError::Absent(format!("no finalised block has the hash {hash}")))
}
