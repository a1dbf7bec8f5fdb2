//! Judging: what has arrived, and from time to time what waits, is put before the runtime on the newest state, many at a time.

use super::{
    Arrival, BATCH_MAX, Pool, PoolError, PoolTx, REJUDGED_MAX,
    queue::{Changes, Queue},
};
use crate::{
    executor::{Header, Judgement, Submission},
    ports::LocalFault,
};
use sp_runtime::transaction_validity::{TransactionSource, TransactionValidityError};
use std::sync::Arc;

impl Pool {
    pub(super) fn judge_inbox(&self) {
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
            if arrivals.is_empty() {
                continue;
            }
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
        let news: Vec<_> = answers
            .iter()
            .filter_map(|(_, answer)| inner.queue.get(answer.as_ref().ok()?).cloned())
            .collect();
        self.apply(inner, changes);
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
    pub(super) fn judge_again(&self) {
        let parent = self.0.tip.borrow().clone();
        let height = u64::from(parent.number);
        let stale = self.lock().queue.take_stale(height, REJUDGED_MAX);
        // What the queue holds was read before, and is read the same again.
        let share: Vec<_> = stale
            .iter()
            .filter_map(|tx| Submission::parse(tx.bytes.to_vec()).ok())
            .collect();
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
        let mut changes = Changes::default();
        for (submission, judgement) in share.iter().zip(judgements) {
            if let Err(TransactionValidityError::Invalid(reason)) = judgement.validity {
                tracing::debug!(?reason, "a waiting extrinsic became invalid");
                changes.extend(inner.queue.invalidate(&submission.hash));
            }
        }
        self.apply(inner, changes);
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
