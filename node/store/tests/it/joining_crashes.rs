//! Crash points of a join: a process that takes a state over is killed at any moment; what it leaves is genesis or the whole snapshot, and
//! from genesis the next join starts clean.
//!
//! The joining process is this test binary itself, started again with [`FOLDER`] set.

use crate::{
    chain::Node,
    joining::{begin, feed_history, feed_state, join, leader, snapshot_at},
    pipeline::open,
};
use musubi_node_core::ports::{ChainStore, ConsensusHost};
use musubi_node_store::Store;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

const FOLDER: &str = "MUSUBI_JOIN_TEST_FOLDER";

/// The child's part: takes over what the leader beside it has, and names each step once it is done.
#[tokio::test]
async fn a_joining_process_takes_over_what_its_leader_has() {
    let Ok(folder) = std::env::var(FOLDER) else {
        let folder = tempfile::tempdir().expect("temporary");
        leader(&folder.path().join("leader")).await.stop().await;
        take_over(folder.path()).await;
        let late = open(&folder.path().join("late"));
        let tip = late.tip().expect("readable");
        assert_eq!(tip.map(|(height, _)| height), Some(5));
        return;
    };
    take_over(Path::new(&folder)).await;
}

async fn take_over(folder: &Path) {
    let leader = Node::start(open(&folder.join("leader")));
    let late = Node::start(open(&folder.join("late")));
    let adoption = begin(&late, snapshot_at(&leader, leader.pipeline.tip())).await;
    say("begun");
    feed_history(&leader, &adoption).await;
    say("knows the history");
    while feed_state(&leader, &adoption, 1).await > 0 {
        say("took a piece of state");
    }
    adoption.finish().await.expect("all of it is proved");
    say("finished");
    late.stop().await;
    leader.stop().await;
}

fn say(what: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\nstep: {what}")
        .and_then(|()| out.flush())
        .expect("the parent reads");
}

/// Starts a joining process and kills it after so many steps; whether it had finished by then.
fn kill_after(folder: &Path, steps: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().expect("this test runs from a file"))
        .args([
            "--exact",
            "joining_crashes::a_joining_process_takes_over_what_its_leader_has",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can start itself");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let said = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("step: ").map(str::to_owned));
    let last = said.take(steps).last();
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    last.as_deref() == Some("finished")
}

#[tokio::test]
async fn a_join_that_was_killed_leaves_all_or_nothing_and_the_next_one_succeeds() {
    let folder = tempfile::tempdir().expect("temporary");
    let (first, late_folder) = (folder.path().join("leader"), folder.path().join("late"));
    leader(&first).await.stop().await;
    let mut steps = 1;
    loop {
        let has_finished = kill_after(folder.path(), steps);
        let leader = Node::start(open(&first));
        let late: Node<Store> = Node::start(open(&late_folder));
        match late.pipeline.tip() {
            0 if !has_finished => join(&late, &leader).await,
            // The kill may come after the step that follows the one it waited for.
            5 => {}
            tip => panic!("after {steps} steps the late node stands at {tip}"),
        }
        let tip = late.store.tip().expect("readable");
        assert_eq!(tip, leader.store.tip().expect("readable"));
        late.stop().await;
        leader.stop().await;
        if has_finished {
            break;
        }
        std::fs::remove_dir_all(&late_folder).expect("nobody holds it");
        steps += 1;
    }
    assert!(steps > 4, "the state comes in several pieces");
}
