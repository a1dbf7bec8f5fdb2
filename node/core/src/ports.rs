//! Ports: what the block pipeline needs from the world, and what consensus needs from the pipeline.
//!
//! `node/store` implements [`ChainStore`], `node/core` itself implements [`ConsensusHost`] and `node/consensus` drives it. A fault of this machine is
//! a [`LocalFault`] and never a verdict on somebody's block.

use async_trait::async_trait;
use musubi_primitives::{
    BlockHash, Moment,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{NodeHash, Position},
};
use std::{ops::RangeInclusive, time::Duration};

/// A fault of this node's own machine: a missing trie node, a RocksDB error, a full disk. The node abstains or halts; it never votes against.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}: {cause}")]
pub struct LocalFault {
    /// What was attempted, on what.
    pub attempt: String,
    /// What went wrong.
    pub cause: String,
}

impl LocalFault {
    /// A fault while attempting something.
    pub fn new(attempt: impl Into<String>, cause: impl ToString) -> Self {
        Self {
            attempt: attempt.into(),
            cause: cause.to_string(),
        }
    }
}

/// A block on its way through consensus: SCALE-encoded header and body, known by the header's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockBytes {
    /// BLAKE2-256 of the encoded header; the value that validators vote on.
    pub hash: BlockHash,
    /// SCALE encoding of `musubi_runtime::Block`.
    pub bytes: Vec<u8>,
}

/// An undecided block together with where consensus met it; kept durably so that a restart after a crash can answer for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Height.
    pub height: u64,
    /// Round it was proposed in.
    pub round: u32,
    /// Round of the lock that a re-proposal carries, if any.
    pub valid_round: Option<u32>,
    /// Proposer's consensus key.
    pub proposer: musubi_primitives::VerifyingKey,
    /// Hash of the block.
    pub hash: BlockHash,
    /// What checking it said.
    pub valid: bool,
}

/// Everything that one finalised block changes on disk; written in one atomic, fsynced batch.
#[derive(Clone, Debug)]
pub struct BlockCommit {
    /// The block.
    pub block: BlockBytes,
    /// Its height.
    pub height: u64,
    /// State root after it.
    pub state_root: [u8; 32],
    /// Why it is final; none for genesis only.
    pub certificate: Option<CommitCertificate>,
    /// SCALE-encoded `ValidatorSet` that decided this height.
    pub validators: ValidatorSet,
    /// Trie nodes that the new state refers to (prefixed key, node).
    pub nodes_added: Vec<(Vec<u8>, Vec<u8>)>,
    /// Trie nodes that the new state no longer refers to; deleted when the height leaves the pruning window.
    pub nodes_dropped: Vec<Vec<u8>>,
    /// New nodes of the mountain range of headers.
    pub mountain_nodes: Vec<(Position, NodeHash)>,
    /// SCALE-encoded events (`Vec<EventRecord>`).
    pub events: Vec<u8>,
    /// SCALE-encoded `TrailRow`s of the block, in order.
    pub trail_rows: Vec<musubi_primitives::trail::TrailRow>,
    /// Hashes (BLAKE2-256) of the extrinsics, in order, for look-up.
    pub extrinsic_hashes: Vec<[u8; 32]>,
}

/// A block whose state and history were imported, to become the newest one. Bodies, events and trail rows are not among it: history begins
/// after it.
#[derive(Clone, Debug)]
pub struct SnapshotCommit {
    /// Its header, as a block without extrinsics.
    pub block: BlockBytes,
    /// Its height.
    pub height: u64,
    /// State root after it.
    pub state_root: [u8; 32],
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// The validators that decided it.
    pub validators: ValidatorSet,
    /// The headers before it, newest first and without genesis, as blocks without extrinsics.
    pub parents: Vec<BlockBytes>,
    /// The nodes that its own header adds to the imported mountain range.
    pub mountain_nodes: Vec<(Position, NodeHash)>,
}

/// The chain's store. Every call is synchronous; callers keep it off async executors.
pub trait ChainStore: Send + Sync + 'static {
    /// Height and hash of the newest finalised block; `None` on an empty store.
    fn tip(&self) -> Result<Option<(u64, BlockHash)>, LocalFault>;
    /// Hash of the finalised block at a height.
    fn hash_at(&self, height: u64) -> Result<Option<BlockHash>, LocalFault>;
    /// A finalised block's SCALE bytes.
    fn block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault>;
    /// Height of a finalised block.
    fn height_of(&self, hash: &BlockHash) -> Result<Option<u64>, LocalFault>;
    /// Certificate of a finalised block.
    fn certificate(&self, height: u64) -> Result<Option<CommitCertificate>, LocalFault>;
    /// Validator set that decided a height.
    fn validators(&self, height: u64) -> Result<Option<ValidatorSet>, LocalFault>;
    /// SCALE-encoded events of a finalised block.
    fn events(&self, height: u64) -> Result<Option<Vec<u8>>, LocalFault>;
    /// Where an extrinsic was finalised: height and index.
    fn extrinsic(&self, hash: &[u8; 32]) -> Result<Option<(u64, u32)>, LocalFault>;
    /// Rows of one subject's trail, from row `first`, at most `limit`, each with the height of its block and its place among the block's rows.
    fn trail(
        &self,
        subject: &musubi_primitives::Pseudonym,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(musubi_primitives::trail::TrailRow, u64, u32)>, LocalFault>;
    /// All trail rows of one block, in order.
    fn trail_of_block(
        &self,
        height: u64,
    ) -> Result<Vec<musubi_primitives::trail::TrailRow>, LocalFault>;
    /// A node of the mountain range of headers.
    fn mountain_node(&self, position: Position) -> Result<Option<NodeHash>, LocalFault>;
    /// A trie node by its prefixed key.
    fn trie_node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LocalFault>;
    /// Writes a finalised block: one batch, fsynced before it returns. Heights must be contiguous.
    fn commit(&self, commit: BlockCommit) -> Result<(), LocalFault>;
    /// Keeps an undecided block durably (fsynced before it returns).
    fn keep_undecided(&self, undecided: &Undecided, block: &BlockBytes) -> Result<(), LocalFault>;
    /// Undecided blocks of a height and round.
    fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault>;
    /// The bytes of an undecided block.
    fn undecided_block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault>;
    /// Notes that a block is about to be executed and returns how often that was noted before without [`ChainStore::forget_attempts`].
    /// Survives the end of this process, so that a body which brings the node down is not tried for ever.
    fn note_attempt(&self, hash: &BlockHash) -> Result<u32, LocalFault>;
    /// The execution of a block ended, however it ended.
    fn forget_attempts(&self, hash: &BlockHash) -> Result<(), LocalFault>;
    /// Lowest height whose block and certificate are here (1 unless the node joined by snapshot or pruned blocks).
    fn history_start(&self) -> Result<u64, LocalFault>;
    /// Lowest height whose state is here.
    fn state_start(&self) -> Result<u64, LocalFault>;
    /// Forgets states that are older than the store was told to keep. Called after commits, off the path to the next block.
    fn prune(&self) -> Result<(), LocalFault>;
    /// Writes trie nodes (prefixed key, node) of a state that is being fetched and drops intermediate ones; durable with
    /// [`ChainStore::install_snapshot`].
    fn import_state_nodes(
        &self,
        height: u64,
        added: &[(Vec<u8>, Vec<u8>)],
        dropped: &[Vec<u8>],
    ) -> Result<(), LocalFault>;
    /// Writes nodes of the mountain range of a history that is being fetched; durable with [`ChainStore::install_snapshot`].
    fn import_mountain_nodes(&self, nodes: &[(Position, NodeHash)]) -> Result<(), LocalFault>;
    /// Forgets what an import left that was never installed. Does nothing to a store with blocks after genesis.
    fn discard_import(&self) -> Result<(), LocalFault>;
    /// Makes a block with an imported state the tip of a store that has genesis only, in one batch, fsynced before it returns.
    fn install_snapshot(&self, snapshot: SnapshotCommit) -> Result<(), LocalFault>;
}

/// Keeps the pool's extrinsics over a restart. Survives the end of the process; a power cut may lose the newest.
pub trait PoolJournal: Send + Sync + 'static {
    /// Every kept extrinsic with the number it was kept under, in the order of the numbers.
    fn kept_extrinsics(&self) -> Result<Vec<(u64, Vec<u8>)>, LocalFault>;
    /// Keeps and drops extrinsics in one write.
    fn journal_extrinsics(
        &self,
        kept: &[(u64, Vec<u8>)],
        dropped: &[u64],
    ) -> Result<(), LocalFault>;
}

/// What consensus must know before it starts a height; a pure function of committed state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeightParameters {
    /// Who votes.
    pub validators: ValidatorSet,
    /// How long to wait for a proposal in round 0.
    pub propose_timeout: Duration,
    /// How long to wait for votes in round 0.
    pub vote_timeout: Duration,
    /// How much longer each further round waits.
    pub timeout_delta: Duration,
    /// Least time between two blocks.
    pub block_time: Duration,
    /// Longest pause between two blocks when there is nothing to put in them.
    pub idle_beat: Duration,
}

/// Whether the sender's clock matters when a block is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A first proposal: its time must lie within 5 s after our clock.
    Fresh,
    /// A re-proposed locked value, a synced or a replayed block: no upper bound.
    Replayed,
}

/// What checking a block by full re-execution said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Executes to its own header.
    Valid,
    /// Does not, and why.
    Invalid(String),
}

/// The chain as consensus sees it. Calls that execute blocks run on the pipeline's own thread, so that none of them holds up the engine.
#[async_trait]
pub trait ConsensusHost: Send + Sync + 'static {
    /// Genesis hash, bound into every vote.
    fn genesis(&self) -> BlockHash;
    /// Height of the newest finalised block.
    fn tip(&self) -> u64;
    /// The hash by which validators vote on these SCALE bytes of a block (BLAKE2-256 of the decoded header, re-encoded); `None` when they do not
    /// decode to a block. Says nothing about validity and must be cheap: consensus calls it on its own task.
    fn block_hash(&self, bytes: &[u8]) -> Option<BlockHash>;
    /// Parameters of `height`, which must be at most `tip + 1`.
    async fn height_parameters(&self, height: u64) -> Result<HeightParameters, LocalFault>;
    /// Builds a block of at most `BLOCK_BYTES_MAX` bytes for `tip + 1` within `budget`, keeps it durably and returns it; asked twice for the same round it returns the same block.
    async fn propose(
        &self,
        height: u64,
        round: u32,
        proposer: musubi_primitives::VerifyingKey,
        budget: Duration,
    ) -> Result<BlockBytes, LocalFault>;
    /// Re-executes a received block, keeps it durably with its verdict, and says whether it holds.
    ///
    /// `place.valid` is not yet known and ignored. A height that became final while the question waited is no fault: the block is valid exactly
    /// if it is the final one. A fault here halts consensus, so that it never becomes a vote against the block.
    async fn check(
        &self,
        place: Undecided,
        block: BlockBytes,
        freshness: Freshness,
    ) -> Result<Verdict, LocalFault>;
    /// Undecided blocks kept for a round, after a restart.
    async fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault>;
    /// The bytes of a kept block, decided or not.
    async fn block(&self, hash: BlockHash) -> Result<Option<BlockBytes>, LocalFault>;
    /// Writes a decided block durably; executes it first if that has not happened (sync).
    async fn commit(&self, certificate: CommitCertificate) -> Result<(), LocalFault>;
    /// Decided blocks with certificates, for peers that lag; stops at the first gap.
    async fn decided(
        &self,
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<(BlockBytes, CommitCertificate)>, LocalFault>;
    /// Lowest height this node can serve.
    async fn history_start(&self) -> Result<u64, LocalFault>;
    /// Returns when there is something to put into a block (a ready transaction, a due action); may return early.
    async fn wait_for_work(&self);
}

/// A clock, so that tests can turn it.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Moment;
    /// Time since some fixed start; never goes back. For budgets, never for block times.
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now())
    }
    /// Processor time that the calling thread has used: work is bounded by it, however many others want the processor. Where a machine
    /// does not tell, time passes instead.
    fn worked(&self) -> Duration {
        self.elapsed()
    }
}
