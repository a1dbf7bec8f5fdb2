//! The chain as consensus sees it: propose, check, commit; and as everybody else does: its head and what becomes final.
//!
//! Blocks execute on one thread of their own, always on the newest finalised state. What executing a block gave is kept by its hash until
//! its height is decided, so that no block executes twice. A block is on disk before consensus hears of it.

mod check;
mod commit;
mod host;
mod propose;
mod snapshot;

pub use snapshot::{AdoptError, Adoption, Lie, Snapshot};

use crate::{
    executor::{Executor, Genesis, Header, Outcome, Specs, Worker},
    pool::Pool,
    ports::{ChainStore, Clock, LocalFault, PoolJournal},
    verified::Verified,
};
use musubi_primitives::{
    BlockHash, Moment,
    mountain_range::{MountainRange, peak_positions},
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// Room for a block's header and inherent extrinsics beside the rest, in bytes.
const HEADER_ROOM: u32 = 4_096;
/// Executing a block may take this much processor time on cold caches (architecture section 2).
pub const EXECUTION_TIME_MAX: Duration = Duration::from_millis(60);
/// A fresh block's time may lie this far ahead of our clock, in milliseconds (architecture section 2).
pub const CLOCK_SKEW_MAX: Moment = 5_000;
/// A body that brought this node down this often gets a nil vote (architecture section 2).
pub const CRASHES_MAX: u32 = 2;
/// How many final blocks a slow listener may fall behind.
const FINALISED_MAX: usize = 256;

/// What a pipeline is made of.
pub struct PipelineParts {
    /// The chain's store.
    pub store: Arc<dyn ChainStore>,
    /// Where the pool survives a restart.
    pub journal: Arc<dyn PoolJournal>,
    /// The first block; written to an empty store.
    pub genesis: Genesis,
    /// The specifications that this program has.
    pub specs: Specs,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Memory for cached trie nodes and values, in bytes.
    pub cache_bytes: usize,
}

impl fmt::Debug for PipelineParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineParts").finish_non_exhaustive()
    }
}

/// A block that became final.
#[derive(Clone, Debug)]
pub struct Finalised {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// Its header.
    pub header: Header,
    /// Its time.
    pub time: Moment,
    /// Hashes of its extrinsics, in order.
    pub extrinsic_hashes: Vec<[u8; 32]>,
}

/// The newest finalised block.
#[derive(Clone, Debug)]
struct Head {
    height: u64,
    hash: BlockHash,
    header: Header,
    time: Moment,
    /// When this machine had it, by its monotonic clock; zero, the earliest there is, for one that was there at the start.
    since: Duration,
    /// Over the headers `0 ..= height`.
    range: MountainRange,
}

/// The block pipeline of one node. Cheap to share.
#[derive(Clone)]
pub struct Pipeline(Arc<Shared>);

struct Shared {
    store: Arc<dyn ChainStore>,
    executor: Arc<Executor>,
    clock: Arc<dyn Clock>,
    pool: Pool,
    genesis: BlockHash,
    head: Mutex<Head>,
    /// Outcomes of undecided blocks of the next height.
    outcomes: Mutex<BTreeMap<BlockHash, Arc<Outcome>>>,
    execution: Worker,
    reading: Worker,
    tip: watch::Sender<Header>,
    finalised: broadcast::Sender<Arc<Finalised>>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Starts the pipeline on a store; writes genesis to an empty one.
    ///
    /// # Errors
    /// When the store is another chain's, or cannot be read, or its state needs a specification that this program lacks.
    pub fn start(parts: PipelineParts) -> Result<Self, LocalFault> {
        let PipelineParts {
            store,
            journal,
            genesis,
            specs,
            clock,
            cache_bytes,
        } = parts;
        install_genesis(store.as_ref(), &genesis)?;
        let verified = Arc::new(Verified::default());
        let executor = Arc::new(Executor::new(
            Arc::clone(&store),
            specs,
            verified,
            cache_bytes,
        ));
        let head = load_head(store.as_ref(), &executor)?;
        executor.height_parameters(&head.header)?;
        let (tip, newest) = watch::channel(head.header.clone());
        let judging = Worker::start("musubi-pool")?;
        let pool = Pool::open(
            Arc::clone(&executor),
            journal,
            Arc::clone(&clock),
            judging,
            newest,
        )?;
        let (finalised, _) = broadcast::channel(FINALISED_MAX);
        Ok(Self(Arc::new(Shared {
            store,
            executor,
            clock,
            pool,
            genesis: genesis.hash(),
            head: Mutex::new(head),
            outcomes: Mutex::default(),
            execution: Worker::start("musubi-execution")?,
            reading: Worker::start("musubi-reading")?,
            tip,
            finalised,
        })))
    }

    /// The pool.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// Reads of states; calls into the runtime belong on [`Pipeline::reading`].
    pub fn executor(&self) -> &Arc<Executor> {
        &self.0.executor
    }

    /// The chain's store.
    pub fn store(&self) -> &Arc<dyn ChainStore> {
        &self.0.store
    }

    /// The thread for reads that call into the runtime: it has the stack they need and holds up no block.
    pub fn reading(&self) -> &Worker {
        &self.0.reading
    }

    /// Waits until what is under way has ended. Whoever then drops the last handle knows that nothing holds the store any more.
    ///
    /// # Errors
    /// When one of the pipeline's threads has ended.
    pub async fn settle(&self) -> Result<(), LocalFault> {
        self.0.execution.run(|| ()).await?;
        self.0.pool.finish_judging().await?;
        self.0.reading.run(|| ()).await
    }

    /// How long the newest finalised block has been the newest here, by a clock that nobody can set.
    pub fn held(&self) -> Duration {
        let head = self.0.head.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.clock.elapsed().saturating_sub(head.since)
    }

    /// The newest finalised header, now and as it changes.
    pub fn tip_header(&self) -> watch::Receiver<Header> {
        self.0.tip.subscribe()
    }

    /// Blocks as they become final. A listener that falls behind is told so and reads the rest from the store.
    pub fn finalised(&self) -> broadcast::Receiver<Arc<Finalised>> {
        self.0.finalised.subscribe()
    }

    fn head(&self) -> Head {
        self.0
            .head
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn outcomes(&self) -> MutexGuard<'_, BTreeMap<BlockHash, Arc<Outcome>>> {
        self.0
            .outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn install_genesis(store: &dyn ChainStore, genesis: &Genesis) -> Result<(), LocalFault> {
    if store.tip()?.is_none() {
        return store.commit(genesis.commit());
    }
    match store.hash_at(0)? {
        Some(found) if found != genesis.hash() => Err(LocalFault::new(
            "start the block pipeline",
            format!(
                "the store's genesis is {found}, the specification's is {}",
                genesis.hash()
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn load_head(store: &dyn ChainStore, executor: &Executor) -> Result<Head, LocalFault> {
    let missing = |what: &str| LocalFault::new("load the newest block", what);
    let (height, hash) = store.tip()?.ok_or_else(|| missing("the store is empty"))?;
    let header = executor
        .header(&hash)
        .map_err(|error| missing(&error.to_string()))?;
    let leaves = height.saturating_add(1);
    let mut peaks = Vec::new();
    for position in peak_positions(leaves) {
        peaks.extend(store.mountain_node(position)?);
    }
    let range = MountainRange::from_parts(leaves, peaks)
        .ok_or_else(|| missing("a peak of the mountain range is not there"))?;
    let time = executor.time_of(&header)?;
    Ok(Head {
        height,
        hash,
        header,
        time,
        since: Duration::ZERO,
        range,
    })
}
