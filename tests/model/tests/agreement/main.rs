//! The runtime and the reference model agree: on any sequence of commands they accept the same ones, decide alike, and leave the same
//! states, live tickets and trail counts.
//!
//! How: every command is one block of the real runtime, with its hooks, natively in memory; the model steps beside it; after each block
//! everything that clients can ask is compared. What once failed is kept in `regressions.txt` and runs first.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod generator;
mod stage;

use musubi_tests_model::{
    Model,
    cast::{self, NOBODY},
    command::{Command, prologue},
};
use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use stage::Stage;

/// Runs one block on both sides and compares them.
fn step(stage: &mut Stage, model: &mut Model, command: &Command) -> Result<(), TestCaseError> {
    let now = stage.tick(command);
    let done = stage.block(now, command);
    let accepted = model.block(now, command);
    prop_assert_eq!(done.is_ok(), accepted, "{:?} gave {:?}", command, done);
    compare(stage, model)
}

fn compare(stage: &Stage, model: &Model) -> Result<(), TestCaseError> {
    for (id, consent) in &model.consents {
        prop_assert_eq!(
            stage.consent_state(*id),
            Some(model.state(consent)),
            "consent {}",
            id
        );
    }
    for id in 0..generator::RECORDS {
        let expected = model.records.get(&id).map(|record| record.state);
        prop_assert_eq!(stage.record_state(id), expected, "record {}", id);
    }
    for id in 0..generator::REQUESTS {
        let expected = model.requests.get(&id).map(|request| request.decision);
        prop_assert_eq!(stage.decision(id), expected, "request {}", id);
        prop_assert_eq!(
            stage.is_ticket_live(id),
            model.is_ticket_live(id),
            "ticket {}",
            id
        );
        for (record, vault) in generator::release_attempts() {
            let expected = model.is_releasable(id, record, vault);
            prop_assert_eq!(
                stage.is_releasable(id, record, vault),
                expected,
                "record {} to {}",
                record,
                id
            );
        }
    }
    for subject in 0..=NOBODY {
        let expected = model.rows.get(&subject).copied().unwrap_or_default();
        prop_assert_eq!(stage.trail_count(subject), expected, "trail of {}", subject);
    }
    Ok(())
}

fn play(commands: &[Command]) -> Result<(), TestCaseError> {
    let mut stage = Stage::new();
    let mut model = Model {
        now: cast::START,
        ..Model::default()
    };
    for command in prologue().iter().chain(commands) {
        step(&mut stage, &mut model, command)?;
    }
    Ok(())
}

fn config() -> Config {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/regressions.txt");
    let failure_persistence = Some(Box::new(FileFailurePersistence::Direct(file)) as Box<_>);
    Config {
        cases: 256,
        failure_persistence,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_runtime_agrees_with_the_model_on_any_story(
        commands in generator::story(14),
    ) {
        play(&commands)?;
    }
}

#[test]
fn the_prologue_is_accepted_by_both() {
    let mut stage = Stage::new();
    let mut model = Model {
        now: cast::START,
        ..Model::default()
    };
    for command in prologue() {
        let now = stage.tick(&command);
        assert_eq!(stage.block(now, &command), Ok(()), "{command:?}");
        assert!(model.block(now, &command), "{command:?}");
    }
}

/// A model that refuses everything, or commands that never succeed, would agree as well: random stories must reach every decision.
#[test]
fn random_stories_reach_permits_denials_endings_and_releases() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = stage::Seen::default();
    for _ in 0..400 {
        let story = generator::story(40).new_tree(&mut runner);
        let mut model = Model {
            now: cast::START,
            ..Model::default()
        };
        let mut now = cast::START;
        for command in prologue()
            .into_iter()
            .chain(story.expect("the generator rejects nothing").current())
        {
            now += stage::pause(&command);
            let accepted = model.block(now, &command);
            seen.note(&model, &command, accepted);
        }
    }
    seen.check();
}
