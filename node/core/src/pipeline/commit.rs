//! Committing: a decided block becomes the newest state, in one durable batch.

use super::{Finalised, Head, Pipeline};
use crate::{
    executor::{Block, CheckError, Outcome},
    ports::{BlockCommit, LocalFault},
};
use musubi_primitives::{
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::leaf_hash,
};
use std::sync::{Arc, PoisonError};

impl Pipeline {
    /// Writes a decided block. Committing the newest block again changes nothing.
    pub(super) fn commit_now(&self, certificate: CommitCertificate) -> Result<(), LocalFault> {
        let head = self.head();
        let attempt = format!(
            "commit block {} at height {}",
            certificate.block, certificate.height
        );
        if certificate.height <= head.height {
            return self.confirm_committed(&attempt, &certificate);
        }
        if certificate.height != head.height.saturating_add(1) {
            let cause = format!("the newest block is {}", head.height);
            return Err(LocalFault::new(attempt, cause));
        }
        let validators = self.0.executor.height_parameters(&head.header)?.validators;
        certificate
            .verify(&self.0.genesis, &validators)
            .map_err(|error| LocalFault::new(attempt.clone(), error))?;
        let outcome = self.decided_outcome(&attempt, &head, &certificate)?;
        // No other block of this height counts any more, and this one is ours alone.
        self.outcomes().clear();
        let outcome = Arc::unwrap_or_clone(outcome);
        self.write(&head, outcome, certificate, validators)
    }

    fn confirm_committed(
        &self,
        attempt: &str,
        certificate: &CommitCertificate,
    ) -> Result<(), LocalFault> {
        match self.0.store.hash_at(certificate.height)? {
            Some(hash) if hash == certificate.block => Ok(()),
            found => Err(LocalFault::new(
                attempt,
                format!("another block is final there: {found:?}"),
            )),
        }
    }

    fn decided_outcome(
        &self,
        attempt: &str,
        head: &Head,
        certificate: &CommitCertificate,
    ) -> Result<Arc<Outcome>, LocalFault> {
        if let Some(outcome) = self.outcomes().get(&certificate.block).cloned() {
            return Ok(outcome);
        }
        let block = self
            .0
            .store
            .undecided_block(&certificate.block)?
            .ok_or_else(|| LocalFault::new(attempt, "its body is not here"))?;
        self.execute_new(head, &block).map_err(|error| match error {
            CheckError::Fault(fault) => fault,
            CheckError::Invalid(why) => LocalFault::new(
                attempt,
                format!("validators decided it, yet it does not execute here: {why}"),
            ),
        })
    }

    fn write(
        &self,
        head: &Head,
        outcome: Outcome,
        certificate: CommitCertificate,
        validators: ValidatorSet,
    ) -> Result<(), LocalFault> {
        let mut range = head.range.clone();
        let mut mountain_nodes = Vec::new();
        range.append(leaf_hash(&outcome.block.hash.0), |position, node| {
            mountain_nodes.push((position, node));
        });
        let new_head = Head {
            height: certificate.height,
            hash: outcome.block.hash,
            header: outcome.header,
            time: outcome.time,
            since: self.0.clock.elapsed(),
            range,
        };
        let block = Block::parse(&outcome.block.bytes);
        let state_root = new_head.header.state_root.0;
        self.0.store.commit(BlockCommit {
            block: outcome.block,
            height: certificate.height,
            state_root,
            certificate: Some(certificate),
            validators,
            nodes_added: outcome.nodes_added,
            nodes_dropped: outcome.nodes_dropped,
            mountain_nodes,
            events: outcome.events,
            trail_rows: outcome.trail_rows,
            extrinsic_hashes: outcome.extrinsic_hashes.clone(),
        })?;
        let extrinsics = block.map(|block| block.extrinsics).unwrap_or_default();
        self.advance(new_head, outcome.extrinsic_hashes, &extrinsics);
        Ok(())
    }

    /// Everybody hears of the new head, in the order in which they can use it: readers, the pool, listeners.
    fn advance(&self, head: Head, extrinsic_hashes: Vec<[u8; 32]>, extrinsics: &[Vec<u8>]) {
        *self.0.head.lock().unwrap_or_else(PoisonError::into_inner) = head.clone();
        self.0.tip.send_replace(head.header.clone());
        self.0
            .pool
            .finalise(head.height, head.hash, &extrinsic_hashes, extrinsics);
        // Without listeners there is nobody to tell.
        let _ = self.0.finalised.send(Arc::new(Finalised {
            height: head.height,
            hash: head.hash,
            header: head.header,
            time: head.time,
            extrinsic_hashes,
        }));
        let store = Arc::clone(&self.0.store);
        self.0.reading.enqueue(move || {
            if let Err(fault) = store.prune() {
                tracing::warn!(%fault, "old states were not pruned");
            }
        });
    }
}
