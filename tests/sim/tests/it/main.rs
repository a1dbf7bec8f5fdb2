//! Seeds of the simulation in CI, and tests of the simulation itself: it must replay exactly, and it must find bugs that were planted.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails loudly where it stands"
)]

use musubi_tests_sim::{Flaw, Report, Scenario, Violation, play, run};

/// How many seeds `./dev test` plays; `./dev soak sim` plays as many as it is told.
const SEEDS: u64 = 60;
/// How many seeds a planted bug may take to be found.
const SEEDS_TO_FIND: u64 = 2_000;

#[test]
fn no_seed_violates_anything() {
    let reports: Vec<_> = (0..SEEDS).map(run).collect();
    let bad: Vec<_> = reports
        .iter()
        .filter(|report| !report.violations.is_empty())
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    // A run in which nothing goes wrong proves nothing.
    let sum = |count: fn(&Report) -> u64| reports.iter().map(count).sum::<u64>();
    assert!(sum(|report| report.exercised.crashes) > 0);
    assert!(sum(|report| report.exercised.replays) > 0);
    assert!(sum(|report| report.exercised.changes) > 0);
    assert!(sum(|report| report.exercised.accusations) > 0);
    assert!(sum(|report| report.exercised.refusals) > 0);
    assert!(sum(|report| report.exercised.later_rounds) > 0);
}

#[test]
fn a_seed_plays_the_same_run_every_time() {
    for seed in [1, 7, 32] {
        assert_eq!(run(seed), run(seed));
    }
    assert_ne!(run(1).trace, run(2).trace);
}

#[test]
fn a_node_that_votes_without_writing_it_down_is_found() {
    found(Flaw::VotesWithoutLog, |violation| {
        matches!(violation, Violation::SignedTwice(_))
    });
}

#[test]
fn a_quorum_that_is_one_vote_short_is_found_by_a_conflict() {
    found(Flaw::QuorumOffByOne, |violation| {
        matches!(violation, Violation::Conflict(_))
    });
}

fn found(flaw: Flaw, what: fn(&Violation) -> bool) {
    let finds = |seed: &u64| {
        play(&Scenario::draw(*seed).with(flaw))
            .violations
            .iter()
            .any(what)
    };
    let first = (0..SEEDS_TO_FIND).find(finds);
    assert!(
        first.is_some(),
        "{flaw:?} is not found by {SEEDS_TO_FIND} seeds"
    );
}
