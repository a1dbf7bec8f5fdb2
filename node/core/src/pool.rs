//! The pool: extrinsics on their way into a block.
//!
//! [`queue`] holds the rules and is pure. Around it this file gathers what arrives at one time, has the runtime judge it on the newest
//! state with signatures verified together, journals what stays and tells watchers. An extrinsic is answered for only after its judgement:
//! an accepted one is valid on the newest state and journalled.

pub mod queue;
pub mod status;

pub use queue::{PoolTx, quota};
pub use status::{PoolError, TxStatus};

use crate::{
    executor::{Candidate, Executor, Header, Judgement, Origin, Refusal, Submission, Worker},
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
/// How many extrinsics are judged again after each block, oldest judgement first.
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
    /// Round robin of hashes for judging again.
    rejudged: Option<[u8; 32]>,
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

    /// Everything that could go into the next block, in order.
    pub fn ready(&self) -> Vec<Candidate> {
        self.lock().queue.best()
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
        for Refusal { hash, reason } in refusals {
            let changes = match reason {
                TransactionValidityError::Invalid(InvalidTransaction::Future) => continue,
                TransactionValidityError::Invalid(InvalidTransaction::Stale)
                | TransactionValidityError::Unknown(_) => inner.queue.invalidate(hash),
                TransactionValidityError::Invalid(_) => inner.queue.refuse(hash, now),
            };
            self.apply(&mut inner, changes);
        }
    }

    /// A block became final.
    pub(crate) fn finalise(
        &self,
        height: u64,
        block: BlockHash,
        included: &[[u8; 32]],
        origins: &[Origin],
    ) {
        let mut inner = self.lock();
        let changes = inner.queue.finalise(height, block, included, origins);
        self.apply(&mut inner, changes);
        drop(inner);
        // A nonce used elsewhere may have closed a gap here.
        self.0.ready.notify_waiters();
        let pool = self.clone();
        self.0.worker.enqueue(move || pool.judge_again());
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

    fn judge_inbox(&self) {
        loop {
            let batch: Vec<_> = {
                let mut inner = self.lock();
                let count = inner.inbox.len().min(BATCH_MAX);
                inner.inbox.drain(..count).collect()
            };
            if batch.is_empty() {
                return;
            }
            self.judge_batch(batch);
        }
    }

    fn judge_batch(&self, batch: Vec<Arrival>) {
        let parent = self.0.tip.borrow().clone();
        let (local, external): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|arrival| arrival.source == TransactionSource::Local);
        for (source, arrivals) in [
            (TransactionSource::Local, local),
            (TransactionSource::External, external),
        ] {
            let submissions: Vec<_> = arrivals
                .iter()
                .map(|arrival| arrival.submission.clone())
                .collect();
            match self.0.executor.judge(&parent, source, &submissions) {
                Ok(judgements) => self.settle(&parent, arrivals, judgements),
                Err(fault) => answer_fault(arrivals, &fault),
            }
        }
    }

    fn settle(&self, parent: &Header, arrivals: Vec<Arrival>, judgements: Vec<Judgement>) {
        let mut inner = self.lock();
        let mut answers = Vec::with_capacity(arrivals.len());
        let mut changes = Changes::default();
        for (arrival, judgement) in arrivals.into_iter().zip(judgements) {
            let hash = arrival.submission.hash;
            let watcher = arrival.watcher;
            let admitted = self.admit(&mut inner.queue, parent, arrival.submission, judgement);
            let answer = admitted.map(|made| {
                if let Some(watcher) = watcher {
                    inner.watchers.entry(hash).or_default().push(watcher);
                }
                changes.extend(made);
                hash
            });
            answers.push((arrival.answer, answer));
        }
        self.apply(&mut inner, changes);
        let news: Vec<_> = answers
            .iter()
            .filter_map(|(_, answer)| inner.queue.get(answer.as_ref().ok()?).cloned())
            .collect();
        drop(inner);
        self.announce(news);
        for (waiting, answer) in answers {
            // Whoever asked may have gone.
            let _ = waiting.map(|waiting| waiting.send(answer));
        }
    }

    fn announce(&self, news: Vec<Arc<PoolTx>>) {
        for tx in news.into_iter().filter(|tx| tx.propagate) {
            // Without a gossip nobody listens.
            let _ = self.0.accepted.send(tx);
        }
        self.0.ready.notify_waiters();
    }

    fn admit(
        &self,
        queue: &mut Queue,
        parent: &Header,
        submission: Submission,
        judgement: Judgement,
    ) -> Result<Changes, PoolError> {
        queue.preadmit(&submission.hash, self.0.clock.now())?;
        let valid = match judgement.validity {
            Ok(valid) => valid,
            Err(TransactionValidityError::Invalid(reason)) => {
                return Err(PoolError::Invalid(reason));
            }
            Err(TransactionValidityError::Unknown(reason)) => {
                return Err(PoolError::Unknown(reason));
            }
        };
        let tx = PoolTx {
            hash: submission.hash,
            bytes: submission.bytes,
            origin: submission.origin,
            role: judgement.role,
            priority: valid.priority,
            valid_until: u64::from(parent.number).saturating_add(valid.longevity),
            propagate: valid.propagate,
        };
        queue.admit(tx, judgement.account_nonce)
    }

    /// Judges a share of the waiting extrinsics on the new state: keys expire, members are suspended, specifications change.
    fn judge_again(&self) {
        let parent = self.0.tip.borrow().clone();
        let share = self.lock().next_share();
        if share.is_empty() {
            return;
        }
        match self
            .0
            .executor
            .judge(&parent, TransactionSource::External, &share)
        {
            Ok(judgements) => self.drop_invalid(&share, &judgements),
            Err(fault) => tracing::warn!(%fault, "waiting extrinsics were not judged again"),
        }
    }

    fn drop_invalid(&self, share: &[Submission], judgements: &[Judgement]) {
        let mut inner = self.lock();
        for (submission, judgement) in share.iter().zip(judgements) {
            if let Err(TransactionValidityError::Invalid(reason)) = judgement.validity {
                tracing::debug!(?reason, "a waiting extrinsic became invalid");
                let changes = inner.queue.invalidate(&submission.hash);
                self.apply(&mut inner, changes);
            }
        }
    }

    fn apply(&self, inner: &mut Inner, changes: Changes) {
        self.journal(&changes.kept, &changes.dropped);
        inner.tell(changes.statuses);
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

    /// The next extrinsics to judge again, in the order of their hashes.
    fn next_share(&mut self) -> Vec<Submission> {
        let after = self.rejudged.take();
        let share: Vec<_> = self
            .queue
            .all()
            .filter(|tx| after.is_none_or(|after| tx.hash > after))
            .take(REJUDGED_MAX)
            .filter_map(|tx| Submission::parse(tx.bytes.to_vec()).ok())
            .collect();
        self.rejudged = share.last().map(|submission| submission.hash);
        share
    }
}

fn answer_fault(arrivals: Vec<Arrival>, fault: &LocalFault) {
    for arrival in arrivals {
        let fault = LocalFault::new(fault.attempt.clone(), &fault.cause);
        let _ = arrival
            .answer
            .map(|waiting| waiting.send(Err(fault.into())));
    }
}

fn lost() -> PoolError {
    LocalFault::new("judge an extrinsic", "the node is stopping").into()
}
