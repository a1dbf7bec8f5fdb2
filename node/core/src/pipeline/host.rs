//! The port that consensus drives: each call goes to the thread that fits it.

use super::Pipeline;
use crate::executor::Block;
use crate::ports::{
    BlockBytes, ConsensusHost, Freshness, HeightParameters, LocalFault, Undecided, Verdict,
};
use async_trait::async_trait;
use musubi_primitives::{BlockHash, VerifyingKey, finality::CommitCertificate};
use std::{ops::RangeInclusive, time::Duration};

/// The most bytes of blocks that one answer to a lagging peer holds; the engine's own bound is 10 MiB.
const DECIDED_BYTES_MAX: usize = 8 << 20;

#[async_trait]
impl ConsensusHost for Pipeline {
    fn genesis(&self) -> BlockHash {
        self.0.genesis
    }

    fn tip(&self) -> u64 {
        self.head().height
    }

    fn block_hash(&self, bytes: &[u8]) -> Option<BlockHash> {
        Block::parse(bytes).ok().map(|block| block.hash())
    }

    async fn height_parameters(&self, height: u64) -> Result<HeightParameters, LocalFault> {
        let pipeline = self.clone();
        self.0
            .reading
            .run(move || pipeline.parameters_of(height))
            .await?
    }

    async fn propose(
        &self,
        height: u64,
        round: u32,
        proposer: VerifyingKey,
        budget: Duration,
    ) -> Result<BlockBytes, LocalFault> {
        let pipeline = self.clone();
        let job = move || pipeline.propose_now(height, round, proposer, budget);
        self.0.execution.run(job).await?
    }

    async fn check(
        &self,
        place: Undecided,
        block: BlockBytes,
        freshness: Freshness,
    ) -> Result<Verdict, LocalFault> {
        let pipeline = self.clone();
        let job = move || pipeline.check_now(place, &block, freshness);
        self.0.execution.run(job).await?
    }

    async fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault> {
        let store = self.0.store.clone();
        self.0
            .reading
            .run(move || store.undecided(height, round))
            .await?
    }

    async fn block(&self, hash: BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let store = self.0.store.clone();
        let job = move || match store.undecided_block(&hash)? {
            Some(block) => Ok(Some(block)),
            None => store.block(&hash),
        };
        self.0.reading.run(job).await?
    }

    async fn commit(&self, certificate: CommitCertificate) -> Result<(), LocalFault> {
        let pipeline = self.clone();
        self.0
            .execution
            .run(move || pipeline.commit_now(certificate))
            .await?
    }

    async fn decided(
        &self,
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<(BlockBytes, CommitCertificate)>, LocalFault> {
        let pipeline = self.clone();
        self.0
            .reading
            .run(move || pipeline.decided_now(heights))
            .await?
    }

    async fn history_start(&self) -> Result<u64, LocalFault> {
        let store = self.0.store.clone();
        self.0.reading.run(move || store.history_start()).await?
    }

    async fn wait_for_work(&self) {
        self.0.pool.wait_until_ready().await;
    }
}

impl Pipeline {
    fn parameters_of(&self, height: u64) -> Result<HeightParameters, LocalFault> {
        let attempt = || format!("read the parameters of height {height}");
        let head = self.head();
        let parent = if height == head.height.saturating_add(1) {
            head.header
        } else {
            let below = height
                .checked_sub(1)
                .ok_or_else(|| LocalFault::new(attempt(), "nobody decides genesis"))?;
            let hash = self.0.store.hash_at(below)?.ok_or_else(|| {
                LocalFault::new(attempt(), format!("the newest block is {}", head.height))
            })?;
            self.0
                .executor
                .header(&hash)
                .map_err(|error| LocalFault::new(attempt(), error))?
        };
        let read = self.0.executor.height_parameters(&parent)?;
        let time = |milliseconds: u32| Duration::from_millis(milliseconds.into());
        Ok(HeightParameters {
            validators: read.validators,
            propose_timeout: time(read.parameters.propose_timeout),
            vote_timeout: time(read.parameters.vote_timeout),
            timeout_delta: time(read.parameters.timeout_delta),
            block_time: time(read.parameters.block_time),
            idle_beat: time(read.parameters.idle_beat),
        })
    }

    fn decided_now(
        &self,
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<(BlockBytes, CommitCertificate)>, LocalFault> {
        let store = &self.0.store;
        if *heights.start() < store.history_start()? {
            return Ok(Vec::new());
        }
        let mut decided = Vec::new();
        let mut bytes = 0usize;
        for height in heights {
            let Some(hash) = store.hash_at(height)? else {
                break;
            };
            let (Some(block), Some(certificate)) =
                (store.block(&hash)?, store.certificate(height)?)
            else {
                break;
            };
            bytes = bytes.saturating_add(block.bytes.len());
            if bytes > DECIDED_BYTES_MAX && !decided.is_empty() {
                break;
            }
            decided.push((block, certificate));
        }
        Ok(decided)
    }
}
