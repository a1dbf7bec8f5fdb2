//! What every validator does with every transaction, and nothing else: take it into the pool, execute its block in full, commit it.

use super::chain::{Made, submit};
use crate::{bench::usage, proc};
use musubi_node_core::{
    pipeline::Pipeline,
    ports::{ConsensusHost, Freshness, Undecided, Verdict},
};
use musubi_primitives::VerifyingKey;
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

/// This process, which does nothing else meanwhile.
const SELF: &str = "/proc/self";

/// What the walk took.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// Signed transactions.
    pub transactions: u64,
    /// Blocks.
    pub blocks: u64,
    /// By the clock.
    pub took: Duration,
    /// Processor time, in microseconds.
    pub cpu_us: u64,
    /// The same by name of thread.
    pub cpu_us_by_thread: BTreeMap<String, u64>,
}

/// Walks through blocks that follow the node's newest. While a block is executed, the next one's transactions are judged, as in a
/// consortium under load.
///
/// # Errors
/// When a block or a transaction is refused: then this is no validator's path.
pub async fn walk(pipeline: &Pipeline, blocks: &[Made]) -> Result<Walked, String> {
    let threads = usage::by_thread(Path::new(SELF));
    let cpu = proc::cpu_us(Path::new(SELF));
    let began = Instant::now();
    let first = blocks.first().ok_or("there are no blocks")?;
    submit(pipeline, &first.extrinsics).await?;
    for (place, made) in blocks.iter().enumerate() {
        let next = blocks.get(place.saturating_add(1));
        let extrinsics = next.map_or(&[][..], |next| &next.extrinsics);
        let (taken, judged) = tokio::join!(take(pipeline, made), submit(pipeline, extrinsics));
        taken?;
        judged?;
    }
    let took = began.elapsed();
    let by_thread = usage::by_thread(Path::new(SELF)).into_iter();
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    Ok(Walked {
        transactions: blocks.iter().map(|made| count(made.extrinsics.len())).sum(),
        blocks: count(blocks.len()),
        took,
        cpu_us: proc::cpu_us(Path::new(SELF)).saturating_sub(cpu),
        cpu_us_by_thread: by_thread
            .map(|(name, time)| {
                let before = threads.get(&name).copied().unwrap_or(0);
                (name, time.saturating_sub(before))
            })
            .filter(|(_, time)| *time > 0)
            .collect(),
    })
}

/// Checks a block as one that a peer proposed, and commits it as consensus does when it was decided.
async fn take(pipeline: &Pipeline, made: &Made) -> Result<(), String> {
    let Made {
        block, certificate, ..
    } = made;
    let proposer = certificate.signatures.first();
    let place = Undecided {
        height: certificate.height,
        round: certificate.round,
        valid_round: None,
        proposer: proposer.map_or(VerifyingKey([0; 32]), |one| one.validator),
        hash: block.hash,
        valid: false,
    };
    let checked = pipeline.check(place, block.clone(), Freshness::Replayed);
    match checked.await.map_err(|fault| fault.to_string())? {
        Verdict::Valid => {}
        Verdict::Invalid(why) => return Err(format!("block {}: {why}", certificate.height)),
    }
    let committed = pipeline.commit(certificate.clone()).await;
    committed.map_err(|fault| fault.to_string())
}
