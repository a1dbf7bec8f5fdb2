//! `musubi bench alone`: one validator's path, without a network between blocks, at one size of state after the other; and what joining costs there.
//!
//! [`crowd`] signs, [`chain`] makes blocks on a real store as fast as one machine can, with the certificates of all validators, until the
//! state holds as many records as wanted. Then a second node takes that state over through real swarms on loopback ([`joining`]), and walks
//! through blocks of the mix that were made meanwhile ([`path`]): it takes each transaction into its pool, executes each block in full and
//! commits it, fsync on. What that costs at each size is what grows, or does not.

pub mod chain;
pub mod crowd;
pub mod joining;
pub mod path;
pub mod report;

use super::{mix::Mix, people::Scale};
use chain::Chain;
use crowd::{BATCH, Crowd};
use report::{Mark, Report};
use std::{path::PathBuf, time::Instant};

/// Records that are signed for one birth: their blocks stay far below the life of a transaction, also where a block takes few.
const RECORDS_AT_ONCE: u64 = 20_000;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// An empty or new folder on the disk that is measured.
    pub folder: PathBuf,
    /// Sizes of state, in records; each at least the one before.
    pub records: Vec<u64>,
    /// Transactions of the mix that the second node walks through at each size.
    pub transactions: u64,
    /// How many people and staff are prepared.
    pub scale: Scale,
}

/// Prepares, and measures at each size.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn run(plan: &Plan) -> Result<Report, String> {
    let chain = Chain::lay_out(&plan.folder).await?;
    let (mut crowd, people) = Crowd::prepare(&chain, &plan.folder, plan.scale).await?;
    let source = joining::Source::open(&chain).await?;
    let mut mix = Mix::new(people);
    let mut marks = Vec::new();
    for wanted in &plan.records {
        let began = Instant::now();
        while crowd.records < *wanted {
            let some = wanted.saturating_sub(crowd.records).min(RECORDS_AT_ONCE);
            crowd.commit_records(&chain, some).await?;
        }
        let filled = began.elapsed();
        let joiner = joining::join(&chain, &source, marks.len()).await?;
        let blocks = crowd
            .play(&chain, plan.transactions, BATCH, |now| mix.next(now))
            .await?;
        let walked = path::walk(&joiner.pipeline, &blocks).await?;
        marks.push(Mark::new(crowd.records, filled, &joiner, walked));
        let settled = joiner.pipeline.settle().await;
        settled.map_err(|fault| fault.to_string())?;
    }
    Ok(Report::new(marks))
}
