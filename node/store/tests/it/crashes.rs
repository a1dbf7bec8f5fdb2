//! Crash points: a process that writes blocks is killed at any moment; what it had acknowledged is there, whole, and nothing is half there.
//!
//! The writer is this test binary itself, started again with [`DIRECTORY`] set.

use crate::history::{open, random_history};
use musubi_node_core::ports::{ChainStore, PoolJournal};
use musubi_node_store::Retention;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

const DIRECTORY: &str = "MUSUBI_STORE_TEST_DIRECTORY";
const BLOCKS: usize = 300;

/// The child's part: continues the history from where the store stands and names each height once it is durable.
#[test]
fn a_writer_continues_where_its_store_stands() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        let directory = tempfile::tempdir().expect("a temporary directory");
        write_blocks(directory.path(), 3);
        write_blocks(directory.path(), 5);
        assert_eq!(
            open(directory.path(), Retention::Heights(5))
                .tip()
                .expect("readable")
                .map(|tip| tip.0),
            Some(5)
        );
        return;
    };
    write_blocks(Path::new(&directory), BLOCKS as u64);
}

fn write_blocks(directory: &Path, last: u64) {
    let history = random_history(11, BLOCKS);
    let store = open(directory, Retention::Heights(5));
    let next = store
        .tip()
        .expect("readable")
        .map_or(0, |(height, _)| height + 1);
    for commit in history
        .commits
        .iter()
        .skip(next as usize)
        .take_while(|commit| commit.height <= last)
    {
        store
            .journal_extrinsics(
                &[(commit.height, vec![1])],
                &[commit.height.saturating_sub(3)],
            )
            .expect("sound");
        store.commit(commit.clone()).expect("the disk is sound");
        let mut out = std::io::stdout();
        writeln!(out, "\ncommitted {}", commit.height)
            .and_then(|()| out.flush())
            .expect("the parent reads");
        store.prune().expect("the disk is sound");
    }
}

/// Starts a writer, kills it after it acknowledged `count` blocks and some time, and says which height was acknowledged last.
fn kill_after(directory: &Path, count: usize) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().expect("this test runs from a file"))
        .args([
            "--exact",
            "crashes::a_writer_continues_where_its_store_stands",
            "--nocapture",
        ])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test can start itself");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let heights = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
    let last = heights.take(count).last();
    child.kill().expect("it can be killed");
    child.wait().expect("it has ended");
    last
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_nothing_is_half_written() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = random_history(11, BLOCKS);
    for round in 0..8 {
        let acknowledged = kill_after(directory.path(), 1 + round * 2 % 17);
        let store = open(directory.path(), Retention::Heights(5));
        let (tip, _) = store
            .tip()
            .expect("readable")
            .expect("at least genesis was acknowledged");
        assert!(
            acknowledged.is_some_and(|height| height <= tip),
            "round {round}: lost {acknowledged:?}, tip {tip}"
        );
        for height in 0..=tip {
            assert_eq!(history.agrees(&store, height), Ok(()), "round {round}");
        }
        assert_eq!(store.hash_at(tip + 1).expect("readable"), None);
    }
}
