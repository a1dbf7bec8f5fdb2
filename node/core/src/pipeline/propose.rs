//! Proposing: a block on the newest state, kept durably before consensus hears of it.

use super::{EXECUTION_TIME_MAX, HEADER_ROOM, Pipeline};
use crate::{
    executor::BuildLimits,
    ports::{BlockBytes, LocalFault, Undecided},
};
use musubi_primitives::{VerifyingKey, finality::BLOCK_BYTES_MAX};
use std::{sync::Arc, time::Duration};

impl Pipeline {
    /// The block for a height and round; the same one when asked again, also after a restart.
    pub(super) fn propose_now(
        &self,
        height: u64,
        round: u32,
        proposer: VerifyingKey,
        budget: Duration,
    ) -> Result<BlockBytes, LocalFault> {
        let head = self.head();
        if height != head.height.saturating_add(1) {
            let cause = format!("the newest block is {}", head.height);
            return Err(LocalFault::new(format!("propose block {height}"), cause));
        }
        if let Some(block) = self.proposed_before(height, round, proposer)? {
            return Ok(block);
        }
        let time = self.0.clock.now().max(head.time.saturating_add(1));
        let bytes_max =
            usize::try_from(BLOCK_BYTES_MAX.saturating_sub(HEADER_ROOM)).unwrap_or(usize::MAX);
        let limits = BuildLimits {
            bytes_max,
            time_max: budget,
            work_max: EXECUTION_TIME_MAX,
        };
        let candidates = self.0.pool.ready();
        let clock = self.0.clock.as_ref();
        let built = self
            .0
            .executor
            .build(&head.header, time, candidates, limits, clock)?;
        self.0.pool.note_refusals(&built.refused);
        let outcome = Arc::new(built.outcome);
        let block = outcome.block.clone();
        let place = Undecided {
            height,
            round,
            valid_round: None,
            proposer,
            hash: block.hash,
            valid: true,
        };
        self.0.store.keep_undecided(&place, &block)?;
        self.outcomes().insert(block.hash, outcome);
        Ok(block)
    }

    fn proposed_before(
        &self,
        height: u64,
        round: u32,
        proposer: VerifyingKey,
    ) -> Result<Option<BlockBytes>, LocalFault> {
        let kept = self.0.store.undecided(height, round)?;
        // A re-proposal of a locked value is not what this node would build.
        let own = kept
            .iter()
            .find(|place| place.proposer == proposer && place.valid_round.is_none());
        own.map_or(Ok(None), |place| self.0.store.undecided_block(&place.hash))
    }
}
