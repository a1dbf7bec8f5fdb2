//! Damage: whatever byte is lost or changed, the store refuses to open, or each answer is a fault or true.

use crate::history::{History, open, options, random_history};
use musubi_node_core::ports::ChainStore;
use musubi_node_store::{Retention, Store};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files that RocksDB keeps for people or for its lock; nothing is read from them.
fn is_data(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    !(name.starts_with("LOG")
        || name.starts_with("OPTIONS")
        || name == "LOCK"
        || name == "IDENTITY")
}

fn data_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("readable");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .filter(|path| is_data(path))
        .collect();
    files.sort();
    files
}

/// A store whose data lie both in tables and in the log.
fn written() -> (tempfile::TempDir, History) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = random_history(3, 30);
    for end in [20, 31] {
        history.write_until(&open(directory.path(), Retention::Archive), end);
    }
    (directory, history)
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a temporary directory");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        fs::copy(
            &path,
            to.path().join(path.file_name().expect("a file has a name")),
        )
        .expect("copied");
    }
    to
}

/// Opens a damaged copy and asks it everything.
fn interrogate(directory: &Path, history: &History, damage: &str) -> &'static str {
    let Ok(store) = Store::open(options(directory, Retention::Archive)) else {
        return "refused";
    };
    let store = Arc::new(store);
    let Ok(tip) = store.tip() else { return "fault" };
    let mut outcome = "true";
    // A log that lost its end is an older store: all that it has must be true.
    for height in 0..=tip.map_or(0, |(height, _)| height) {
        match history.agrees(&store, height) {
            Ok(()) => (),
            Err(answer) if answer.starts_with("fault") => outcome = "fault",
            Err(answer) if tip.is_none() => assert!(answer.contains("at 0"), "{damage}: {answer}"),
            Err(answer) => panic!("{damage}: {answer}"),
        }
    }
    outcome
}

#[test]
fn a_changed_byte_is_refused_or_a_fault_or_harmless_and_never_a_wrong_answer() {
    let (directory, history) = written();
    let mut outcomes = Vec::new();
    for (number, file) in data_files(directory.path()).iter().enumerate() {
        let length = fs::metadata(file).expect("readable").len();
        for step in 0..2u64 {
            let at = (step * 7_919 + number as u64 * 104_729 + 31) % length.max(1);
            let damaged = copy(directory.path());
            let target = damaged
                .path()
                .join(file.file_name().expect("a file has a name"));
            let mut bytes = fs::read(&target).expect("readable");
            let Some(byte) = bytes.get_mut(at as usize) else {
                continue;
            };
            *byte ^= 0x41;
            fs::write(&target, bytes).expect("writable");
            let damage = format!("byte {at} of {}", target.display());
            outcomes.push(interrogate(damaged.path(), &history, &damage));
        }
    }
    for expected in ["refused", "fault"] {
        assert!(
            outcomes.contains(&expected),
            "no damage was {expected}: {outcomes:?}"
        );
    }
}

#[test]
fn a_truncated_or_lost_file_never_gives_a_wrong_answer() {
    let (directory, history) = written();
    for (number, file) in data_files(directory.path()).into_iter().enumerate() {
        let length = fs::metadata(&file).expect("readable").len();
        // Each kind of damage meets some files of each kind; all of them on all files would take minutes.
        let kinds = [
            None,
            Some(0),
            Some(length / 3),
            Some(length.saturating_sub(1)),
        ];
        for keep in kinds.into_iter().skip(number % 4).take(1) {
            let damaged = copy(directory.path());
            let target = damaged
                .path()
                .join(file.file_name().expect("a file has a name"));
            let damage = format!("{} cut to {keep:?}", target.display());
            match keep {
                None => fs::remove_file(&target).expect("removable"),
                Some(keep) => fs::File::options()
                    .write(true)
                    .open(&target)
                    .and_then(|file| file.set_len(keep))
                    .expect("writable"),
            }
            interrogate(damaged.path(), &history, &damage);
        }
    }
}
