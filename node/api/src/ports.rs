//! What the API needs of the node beside its store: state at a block, the pool, the peers and the newest head.
//!
//! `node/core` and `node/network` have the substance; the binary wires them to these traits. Reads are synchronous and may touch the disk;
//! the API calls them off the async executor, a bounded number at a time.

use async_trait::async_trait;
use musubi_node_core::ports::{ChainStore, Clock, LocalFault};
use musubi_primitives::{AccountId, BlockHash, Moment};
use std::{fmt, path::PathBuf, sync::Arc};
use tokio::sync::{mpsc, watch};

/// The newest finalised block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// Its time; 0 for genesis.
    pub at: Moment,
}

/// Why a read of state gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No finalised block has this hash.
    #[error("no finalised block has the hash {0}")]
    UnknownBlock(BlockHash),
    /// The block is known, its state was pruned.
    #[error("the state of block {0} is no longer kept here")]
    Pruned(BlockHash),
    /// The runtime has no such function.
    #[error("the runtime has no function {0}")]
    UnknownFunction(String),
    /// The function refused its arguments or gave up.
    #[error("the runtime function {function} failed: {cause}")]
    Trapped {
        /// Which.
        function: String,
        /// What it said.
        cause: String,
    },
    /// This machine failed.
    #[error(transparent)]
    Fault(#[from] LocalFault),
}

/// State after a finalised block.
pub trait StateView: Send + Sync + 'static {
    /// Runs a runtime function on the state, without effect on it; SCALE in, SCALE out.
    fn call(&self, at: &BlockHash, function: &str, arguments: &[u8])
    -> Result<Vec<u8>, StateError>;
    /// One value.
    fn storage(&self, at: &BlockHash, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;
    /// Keys under `prefix` and strictly after `after`, in order, at most `limit`.
    fn keys(
        &self,
        at: &BlockHash,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StateError>;
    /// Trie nodes that prove the values (or absence) of `keys` against the block's state root.
    fn prove(&self, at: &BlockHash, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StateError>;
}

/// Why the pool does not take a transaction.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not the bytes of an extrinsic.
    #[error("{0}")]
    Malformed(String),
    /// The runtime refuses it now and will go on refusing it; names the rule.
    #[error("{0}")]
    Invalid(String),
    /// The runtime cannot tell yet.
    #[error("{0}")]
    Unknowable(String),
    /// Already in the pool, or finalised a moment ago.
    #[error("transaction 0x{} is already known", hex::encode(.0))]
    AlreadyKnown([u8; 32]),
    /// Another transaction of the same account and nonce is in the pool.
    #[error("{0}")]
    Replaced(String),
    /// The pool, or the sender's quota in it, is full.
    #[error("{0}")]
    Full(String),
    /// This machine failed.
    #[error(transparent)]
    Fault(#[from] LocalFault),
}

/// Where a watched transaction stands. The last three and [`Self::Finalised`] end the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Waits for an earlier nonce.
    Future,
    /// May go into the next block.
    Ready,
    /// Given to other members.
    Broadcast,
    /// In a finalised block.
    Finalised {
        /// Which block.
        block: BlockHash,
        /// At which place among its extrinsics.
        index: u32,
    },
    /// Replaced by another transaction of the same account and nonce.
    Usurped([u8; 32]),
    /// Pushed out by limits.
    Dropped,
    /// No longer valid.
    Invalid,
}

/// The pool of transactions that wait for a block.
#[async_trait]
pub trait PoolView: Send + Sync + 'static {
    /// Checks and keeps one extrinsic; its BLAKE2-256 hash.
    async fn submit(&self, extrinsic: Vec<u8>) -> Result<[u8; 32], Refusal>;
    /// The same, and follows it until it is final or gone. The channel is closed after the last status.
    async fn submit_and_watch(
        &self,
        extrinsic: Vec<u8>,
    ) -> Result<mpsc::Receiver<TransactionStatus>, Refusal>;
    /// At most `limit` waiting extrinsics, the ready ones first.
    fn pending(&self, limit: usize) -> Vec<Vec<u8>>;
    /// How many wait.
    fn count(&self) -> usize;
    /// The account's next nonce when those that wait are counted, given the nonce in state.
    fn next_nonce(&self, account: &AccountId, in_state: u32) -> u32;
}

/// One connected member node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// libp2p peer id.
    pub id: String,
    /// Its newest head, as it said.
    pub head: Option<(u64, BlockHash)>,
}

/// The network as an operator asks about it.
pub trait NetworkView: Send + Sync + 'static {
    /// This node's libp2p peer id.
    fn local_peer_id(&self) -> String;
    /// Connected members.
    fn peers(&self) -> Vec<Peer>;
    /// Whether the node knows to be behind the others.
    fn is_syncing(&self) -> bool;
}

/// A consistent copy of the node's stores, on the node's own disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its folder.
    pub folder: PathBuf,
    /// The newest block that is certainly in it; later ones may be.
    pub height: u64,
    /// That block's hash.
    pub hash: BlockHash,
}

/// Copies of the node's stores while it runs.
#[async_trait]
pub trait Checkpoints: Send + Sync + 'static {
    /// Makes a copy in place of the last one.
    async fn make(&self) -> Result<Checkpoint, LocalFault>;
}

/// What the node says about itself.
#[derive(Clone, Debug)]
pub struct About {
    /// Name of the software.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Name of the chain, from its specification.
    pub chain: String,
    /// `Development`, `Local` or `Live`.
    pub chain_type: String,
    /// Prefix of account addresses (SS58).
    pub ss58_prefix: u16,
    /// Whether this node votes.
    pub validates: bool,
}

/// Everything that the API serves from.
#[derive(Clone)]
pub struct Services {
    /// Finalised blocks, certificates, trails.
    pub store: Arc<dyn ChainStore>,
    /// State.
    pub state: Arc<dyn StateView>,
    /// Waiting transactions.
    pub pool: Arc<dyn PoolView>,
    /// Peers.
    pub network: Arc<dyn NetworkView>,
    /// Time, for readiness.
    pub clock: Arc<dyn Clock>,
    /// The newest finalised head; sent after its block is on disk.
    pub head: watch::Receiver<Head>,
    /// Copies of the stores.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// About the node.
    pub about: About,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("head", &*self.head.borrow())
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}
