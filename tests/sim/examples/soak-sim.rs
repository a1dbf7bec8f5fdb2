//! Plays many seeds: `soak RUNS FIRST_SEED`. Prints each failing seed with what it violated, and a summary; ends with 1 when any failed.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a command line tool of the tests: it reads its arguments, uses every core and prints"
)]

use musubi_tests_sim::{Report, run};
use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = || {
        arguments
            .next()
            .map(|text| text.parse::<u64>().expect("soak RUNS FIRST_SEED"))
    };
    let runs = number().unwrap_or(1_000);
    let first = number().unwrap_or(0);
    // The core's panics become violations; their text on standard error would drown the summary.
    let reports = play_all(first..first + runs);
    for report in reports
        .iter()
        .filter(|report| runs == 1 || !report.violations.is_empty())
    {
        println!("seed {}: {report:?}", report.seed);
    }
    let failed = reports
        .iter()
        .filter(|report| !report.violations.is_empty())
        .count();
    summarise(&reports, failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn play_all(seeds: std::ops::Range<u64>) -> Vec<Report> {
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let take = || next.fetch_add(1, Ordering::Relaxed);
        std::iter::from_fn(|| Some(take()).filter(|seed| *seed < seeds.end))
            .map(run)
            .collect::<Vec<_>>()
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut reports: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a run's panic is caught"))
            .collect()
    });
    reports.sort_by_key(|report| report.seed);
    reports
}

fn summarise(reports: &[Report], failed: usize) {
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    println!("{} runs, {failed} failed", reports.len());
    println!("  heights decided      {}", sum(|report| report.height));
    println!(
        "  in later rounds      {} (decisions of single nodes)",
        sum(|report| report.exercised.later_rounds)
    );
    println!(
        "  latest round         {}",
        reports.iter().map(|report| report.round).max().unwrap_or(0)
    );
    println!(
        "  crashes              {}",
        sum(|report| report.exercised.crashes)
    );
    println!(
        "  logs replayed        {}",
        sum(|report| report.exercised.replays)
    );
    println!(
        "  damaged logs refused {}",
        sum(|report| report.exercised.refusals)
    );
    println!(
        "  set changes          {}",
        sum(|report| report.exercised.changes)
    );
    println!(
        "  traitors accused     {}",
        sum(|report| report.exercised.accusations)
    );
    println!("  events               {}", sum(|report| report.events));
}
