//! The pool: extrinsics on their way into a block.
//!
//! [`queue`] holds the rules and is pure. Around it the pool gathers what arrives at one time, has the runtime judge it on the newest
//! state with signatures verified together, journals what stays and tells watchers. An extrinsic is answered for only after its judgement:
//! an accepted one is valid on the newest state and journalled.

mod judging;
pub mod queue;
pub mod status;

pub use queue::{PoolTx, quota};
pub use status::{PoolError, TxStatus};

use crate::{
    executor::{
        Candidate, Executor, Header, Origin, Refusal, Submission, Worker, origin_of_opaque,
    },
    ports::{Clock, LocalFault, PoolJournal},
};
use musubi_primitives::{AccountId, BlockHash};
use queue::{Changes, Queue};
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidityError,
};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

/// The most bytes of one extrinsic; the largest call of the runtime needs a tenth.
pub const EXTRINSIC_BYTES_MAX: usize = 64 << 10;
/// The most extrinsics that wait to be judged; beyond it the pool is full.
const INBOX_MAX: usize = 8_192;
/// How many are judged together.
const BATCH_MAX: usize = 256;
/// The most extrinsics offered for one block: more than its weight lets it take of the cheapest call.
const OFFERED_MAX: usize = 2_048;
/// How many extrinsics are judged again after each block, in turn.
const REJUDGED_MAX: usize = 128;
/// How many statuses a slow watcher may fall behind before it is let go.
const STATUSES_MAX: usize = 64;
/// How many accepted extrinsics a slow gossip may fall behind.
const ACCEPTED_MAX: usize = 4_096;

type Answer = Result<[u8; 32], PoolError>;

struct Arrival {
    submission: Submission,
    source: TransactionSource,
    answer: Option<oneshot::Sender<Answer>>,
    watcher: Option<mpsc::Sender<TxStatus>>,
}

/// What the pool's lock guards.
#[derive(Default)]
struct Inner {
    queue: Queue,
    watchers: BTreeMap<[u8; 32], Vec<mpsc::Sender<TxStatus>>>,
    inbox: VecDeque<Arrival>,
}

/// The pool of one node. Cheap to share.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    inner: Mutex<Inner>,
    executor: Arc<Executor>,
    journal: Arc<dyn PoolJournal>,
    clock: Arc<dyn Clock>,
    worker: Worker,
    tip: watch::Receiver<Header>,
    ready: Notify,
    accepted: broadcast::Sender<Arc<PoolTx>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

/// How full the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    /// Number of extrinsics.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Pool {
    /// A pool over the state of `tip`, with what the journal kept judged anew.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn open(
        executor: Arc<Executor>,
        journal: Arc<dyn PoolJournal>,
        clock: Arc<dyn Clock>,
        worker: Worker,
        tip: watch::Receiver<Header>,
    ) -> Result<Self, LocalFault> {
        let kept = journal.kept_extrinsics()?;
        let mut inner = Inner::default();
        if let Some((last, _)) = kept.last() {
            inner.queue.continue_after(*last);
        }
        let (accepted, _) = broadcast::channel(ACCEPTED_MAX);
        let pool = Self(Arc::new(Shared {
            inner: Mutex::new(inner),
            executor,
            journal,
            clock,
            worker,
            tip,
            ready: Notify::new(),
            accepted,
        }));
        pool.restore(kept);
        Ok(pool)
    }

    /// Offers an extrinsic and waits for the judgement.
    ///
    /// # Errors
    /// See [`PoolError`].
    pub async fn submit(&self, source: TransactionSource, bytes: Vec<u8>) -> Answer {
        let submission = self.parse(bytes)?;
        self.arrive(source, submission, None)?
            .await
            .map_err(|_| lost())?
    }

    /// Offers an extrinsic and follows it. Statuses begin only after a good judgement and end with a last one.
    ///
    /// # Errors
    /// See [`PoolError`].
    pub async fn submit_and_watch(
        &self,
        source: TransactionSource,
        bytes: Vec<u8>,
    ) -> Result<([u8; 32], mpsc::Receiver<TxStatus>), PoolError> {
        let submission = self.parse(bytes)?;
        let (watcher, statuses) = mpsc::channel(STATUSES_MAX);
        let hash = self
            .arrive(source, submission, Some(watcher))?
            .await
            .map_err(|_| lost())??;
        Ok((hash, statuses))
    }

    /// Every extrinsic that the pool accepts from now on; how gossip hears of them.
    pub fn accepted(&self) -> broadcast::Receiver<Arc<PoolTx>> {
        self.0.accepted.subscribe()
    }

    /// An extrinsic that waits.
    pub fn get(&self, hash: &[u8; 32]) -> Option<Arc<PoolTx>> {
        self.lock().queue.get(hash).cloned()
    }

    /// Whether the pool has or bans an extrinsic, so that gossip need not fetch it.
    pub fn knows(&self, hash: &[u8; 32]) -> bool {
        self.lock()
            .queue
            .preadmit(hash, self.0.clock.now())
            .is_err()
    }

    /// What could go into the next block, in order.
    pub fn ready(&self) -> Vec<Candidate> {
        self.lock().queue.best(OFFERED_MAX)
    }

    /// How full the pool is.
    pub fn size(&self) -> PoolSize {
        let inner = self.lock();
        PoolSize {
            count: inner.queue.len(),
            bytes: inner.queue.bytes(),
        }
    }

    /// The nonce for an account's next extrinsic, given the one on chain.
    pub fn next_nonce(&self, account: &AccountId, on_chain: u32) -> u32 {
        self.lock().queue.next_nonce(account, on_chain)
    }

    /// Gossip sent an extrinsic to these peers.
    pub fn note_broadcast(&self, hash: [u8; 32], peers: Vec<String>) {
        let statuses = vec![(hash, TxStatus::Broadcast(peers))];
        self.lock().tell(statuses);
    }

    /// Returns when a block could take something.
    pub async fn wait_until_ready(&self) {
        loop {
            let notified = self.0.ready.notified();
            if self.lock().queue.has_ready() {
                return;
            }
            notified.await;
        }
    }

    /// Waits until what has arrived is judged.
    pub(crate) async fn finish_judging(&self) -> Result<(), LocalFault> {
        self.0.worker.run(|| ()).await
    }

    /// The builder met these refusals. Too early or too late a nonce says nothing against the extrinsic's honesty.
    pub(crate) fn note_refusals(&self, refusals: &[Refusal]) {
        let now = self.0.clock.now();
        let mut inner = self.lock();
        let mut changes = Changes::default();
        for Refusal { hash, reason } in refusals {
            changes.extend(match reason {
                TransactionValidityError::Invalid(InvalidTransaction::Future) => continue,
                TransactionValidityError::Invalid(InvalidTransaction::Stale)
                | TransactionValidityError::Unknown(_) => inner.queue.invalidate(hash),
                TransactionValidityError::Invalid(_) => inner.queue.refuse(hash, now),
            });
        }
        self.apply(inner, changes);
    }

    /// A block became final, with these extrinsics and their hashes.
    pub(crate) fn finalise(
        &self,
        height: u64,
        block: BlockHash,
        included: &[[u8; 32]],
        extrinsics: &[Vec<u8>],
    ) {
        let origins = self.origins(included, extrinsics);
        let mut inner = self.lock();
        let changes = inner.queue.finalise(height, block, included, &origins);
        self.apply(inner, changes);
        // A nonce used elsewhere may have closed a gap here.
        self.0.ready.notify_waiters();
        let pool = self.clone();
        self.0.worker.enqueue(move || pool.judge_again());
    }

    /// Who sent them: known for what waits here, read from the rest.
    fn origins(&self, included: &[[u8; 32]], extrinsics: &[Vec<u8>]) -> Vec<Origin> {
        let known: Vec<_> = {
            let inner = self.lock();
            let origin = |hash| inner.queue.get(hash).map(|tx| tx.origin);
            included.iter().map(origin).collect()
        };
        known
            .into_iter()
            .zip(extrinsics)
            .filter_map(|(origin, bytes)| origin.or_else(|| origin_of_opaque(bytes)))
            .collect()
    }

    fn parse(&self, bytes: Vec<u8>) -> Result<Submission, PoolError> {
        if bytes.len() > EXTRINSIC_BYTES_MAX {
            return Err(PoolError::TooLarge {
                bytes: bytes.len(),
                max: EXTRINSIC_BYTES_MAX,
            });
        }
        let hash = sp_io::hashing::blake2_256(&bytes);
        self.lock().queue.preadmit(&hash, self.0.clock.now())?;
        Ok(Submission::parse(bytes)?)
    }

    fn arrive(
        &self,
        source: TransactionSource,
        submission: Submission,
        watcher: Option<mpsc::Sender<TxStatus>>,
    ) -> Result<oneshot::Receiver<Answer>, PoolError> {
        let (answer, judged) = oneshot::channel();
        let mut inner = self.lock();
        if inner.inbox.len() >= INBOX_MAX {
            return Err(PoolError::PoolFull);
        }
        inner.inbox.push_back(Arrival {
            submission,
            source,
            answer: Some(answer),
            watcher,
        });
        self.call_judge(&inner);
        Ok(judged)
    }

    fn restore(&self, kept: Vec<(u64, Vec<u8>)>) {
        let numbers: Vec<_> = kept.iter().map(|(number, _)| *number).collect();
        let mut inner = self.lock();
        let submissions = kept
            .into_iter()
            .filter_map(|(_, bytes)| Submission::parse(bytes).ok());
        inner.inbox.extend(submissions.map(|submission| Arrival {
            submission,
            source: TransactionSource::Local,
            answer: None,
            watcher: None,
        }));
        drop(inner);
        let pool = self.clone();
        self.0.worker.enqueue(move || {
            pool.judge_inbox();
            // What is still valid has been journalled anew under another number.
            pool.journal(&[], &numbers);
        });
    }

    /// One job serves all that arrived before it runs; only the first arrival calls it.
    fn call_judge(&self, inner: &Inner) {
        if inner.inbox.len() == 1 {
            let pool = self.clone();
            self.0.worker.enqueue(move || pool.judge_inbox());
        }
    }

    /// Tells watchers, and journals once nobody waits for the lock behind the disk. An extrinsic that is struck before its entry was
    /// written leaves one that the next start finds stale.
    fn apply(&self, mut inner: MutexGuard<'_, Inner>, changes: Changes) {
        inner.tell(changes.statuses);
        drop(inner);
        self.journal(&changes.kept, &changes.dropped);
    }

    /// A journal that fails costs a restart its pool, nothing else.
    fn journal(&self, kept: &[(u64, Vec<u8>)], dropped: &[u64]) {
        if kept.is_empty() && dropped.is_empty() {
            return;
        }
        if let Err(fault) = self.0.journal.journal_extrinsics(kept, dropped) {
            tracing::warn!(%fault, "the pool was not journalled");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn tell(&mut self, statuses: Vec<([u8; 32], TxStatus)>) {
        for (hash, status) in statuses {
            let is_last = status.is_last();
            if let Some(watchers) = self.watchers.get_mut(&hash) {
                watchers.retain(|watcher| watcher.try_send(status.clone()).is_ok());
            }
            if is_last || self.watchers.get(&hash).is_some_and(Vec::is_empty) {
                self.watchers.remove(&hash);
            }
        }
    }
}

fn lost() -> PoolError {
    LocalFault::new("judge an extrinsic", "the node is stopping").into()
}
