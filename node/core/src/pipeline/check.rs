//! Checking: a received block is executed in full before anybody votes on it.

use super::{CLOCK_SKEW_MAX, CRASHES_MAX, Head, Pipeline};
use crate::{
    executor::{CheckError, Outcome},
    ports::{BlockBytes, Freshness, LocalFault, Undecided, Verdict},
};
use musubi_primitives::finality::BLOCK_BYTES_MAX;
use std::sync::Arc;

impl Pipeline {
    /// Says whether a block holds, and keeps it with that verdict.
    pub(super) fn check_now(
        &self,
        place: Undecided,
        block: &BlockBytes,
        freshness: Freshness,
    ) -> Result<Verdict, LocalFault> {
        let head = self.head();
        if place.height <= head.height {
            return self.check_decided(place.height, block);
        }
        if place.height > head.height.saturating_add(1) {
            let cause = format!("the newest block is {}", head.height);
            return Err(LocalFault::new(
                format!("check a block of height {}", place.height),
                cause,
            ));
        }
        let verdict = self.judge(&head, &place, block, freshness)?;
        let place = Undecided {
            valid: verdict == Verdict::Valid,
            ..place
        };
        self.0.store.keep_undecided(&place, block)?;
        Ok(verdict)
    }

    fn check_decided(&self, height: u64, block: &BlockBytes) -> Result<Verdict, LocalFault> {
        if self.0.store.hash_at(height)? == Some(block.hash) {
            return Ok(Verdict::Valid);
        }
        Ok(Verdict::Invalid(format!(
            "height {height} is decided for another block"
        )))
    }

    fn judge(
        &self,
        head: &Head,
        place: &Undecided,
        block: &BlockBytes,
        freshness: Freshness,
    ) -> Result<Verdict, LocalFault> {
        if place.hash != block.hash {
            return Ok(Verdict::Invalid(format!(
                "it was announced as {}",
                place.hash
            )));
        }
        if u32::try_from(block.bytes.len()).map_or(true, |bytes| bytes > BLOCK_BYTES_MAX) {
            return Ok(Verdict::Invalid(format!(
                "it has {} bytes",
                block.bytes.len()
            )));
        }
        match self.execute(head, block) {
            Ok(outcome) => Ok(self.judge_time(&outcome, freshness)),
            Err(CheckError::Invalid(why)) => Ok(Verdict::Invalid(why)),
            Err(CheckError::Fault(fault)) => Err(fault),
        }
    }

    /// A proposer ahead of our clock would drag the chain's time along. The lower bound, later than the parent, is the runtime's.
    fn judge_time(&self, outcome: &Outcome, freshness: Freshness) -> Verdict {
        let latest = self.0.clock.now().saturating_add(CLOCK_SKEW_MAX);
        match freshness {
            Freshness::Fresh if outcome.time > latest => Verdict::Invalid(format!(
                "its time is {} ms ahead of our clock",
                outcome.time.saturating_sub(self.0.clock.now())
            )),
            Freshness::Fresh | Freshness::Replayed => Verdict::Valid,
        }
    }

    /// The outcome of a block of the next height: kept from before, or by executing it now.
    pub(super) fn execute(
        &self,
        head: &Head,
        block: &BlockBytes,
    ) -> Result<Arc<Outcome>, CheckError> {
        if let Some(outcome) = self.outcomes().get(&block.hash).cloned() {
            return if outcome.block == *block {
                Ok(outcome)
            } else {
                Err(CheckError::Invalid(
                    "its body is not the one that its header names".to_owned(),
                ))
            };
        }
        let crashes = self.0.store.note_attempt(&block.hash)?;
        if crashes >= CRASHES_MAX {
            tracing::error!(hash = %block.hash, crashes, "a block that ended this process before is not executed");
            return Err(CheckError::Invalid(format!(
                "executing it ended this node's process {crashes} times"
            )));
        }
        self.execute_new(head, block)
    }

    /// Executes without asking how often that failed before; for what the validators have decided.
    pub(super) fn execute_new(
        &self,
        head: &Head,
        block: &BlockBytes,
    ) -> Result<Arc<Outcome>, CheckError> {
        let checked = self.0.executor.check(&head.header, block);
        self.0.store.forget_attempts(&block.hash)?;
        let outcome = Arc::new(checked?);
        self.outcomes().insert(block.hash, Arc::clone(&outcome));
        Ok(outcome)
    }
}
