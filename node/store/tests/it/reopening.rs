//! Opening: what was written is there again; another chain's, a newer or a busy store is refused with the reason.

use crate::history::{History, open, options, random_history};
use codec::Encode;
use musubi_node_core::ports::{ChainStore, PoolJournal, Undecided};
use musubi_node_store::{
    OpenError, Retention, Store,
    keys::{self, Column},
};
use musubi_primitives::{BlockHash, VerifyingKey};
use std::path::Path;

fn written(path: &Path) -> History {
    let history = random_history(1, 10);
    history.write(&open(path, Retention::Archive));
    history
}

fn change_meta(path: &Path, key: &[u8], value: Option<Vec<u8>>) {
    let columns = Column::ALL.map(Column::name);
    let db =
        rocksdb::DB::open_cf(&rocksdb::Options::default(), path, columns).expect("it is closed");
    let meta = db
        .cf_handle(Column::Meta.name())
        .expect("it was just opened");
    match value {
        Some(value) => db.put_cf(meta, key, value),
        None => db.delete_cf(meta, key),
    }
    .expect("the disk is sound");
}

#[test]
fn everything_is_there_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = written(directory.path());
    let store = open(directory.path(), Retention::Archive);
    for height in 0..history.commits.len() as u64 {
        assert_eq!(history.agrees(&store, height), Ok(()));
    }
    assert_eq!(store.hash_at(99).expect("readable"), None);
    assert_eq!(store.block(&BlockHash([9; 32])).expect("readable"), None);
}

#[test]
fn heights_follow_one_another() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = written(directory.path());
    let store = open(directory.path(), Retention::Archive);
    for height in [0, 5, 10] {
        let again = store.commit(history.commits[height].clone());
        assert!(again.is_err_and(|fault| fault.to_string().contains("the next height is 11")));
    }
}

#[test]
fn another_chain_is_refused_by_name() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    written(directory.path());
    let mut other = options(directory.path(), Retention::Archive);
    other.genesis = BlockHash([1; 32]);
    let refusal = Store::open(other)
        .expect_err("the genesis differs")
        .to_string();
    assert!(
        refusal.contains("made-up") && refusal.contains("0101"),
        "{refusal}"
    );
    let mut other = options(directory.path(), Retention::Archive);
    other.chain = "elsewhere".to_owned();
    assert!(matches!(
        Store::open(other),
        Err(OpenError::OtherChain { .. })
    ));
}

#[test]
fn a_newer_layout_is_refused_and_an_older_one_is_migrated() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = written(directory.path());
    change_meta(directory.path(), keys::SCHEMA, Some(9u32.encode()));
    let refusal = Store::open(options(directory.path(), Retention::Archive));
    assert!(matches!(
        refusal,
        Err(OpenError::NewerSchema { found: 9, .. })
    ));
    change_meta(directory.path(), keys::SCHEMA, Some(1u32.encode()));
    change_meta(directory.path(), keys::STATE_START, None);
    let store = open(directory.path(), Retention::Heights(3));
    assert_eq!(store.state_start().expect("readable"), 0);
    store.prune().expect("the disk is sound");
    assert_eq!(store.state_start().expect("readable"), 8);
    assert_eq!(history.agrees(&store, 9), Ok(()));
}

#[test]
fn a_busy_store_is_refused_as_busy() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let _first = open(directory.path(), Retention::Archive);
    let second = Store::open(options(directory.path(), Retention::Archive));
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
}

#[test]
fn undecided_blocks_attempts_and_the_pool_survive_and_end_with_their_height() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut history = written(directory.path());
    let next = history.extend(&[]);
    let place = Undecided {
        height: 11,
        round: 2,
        valid_round: Some(1),
        proposer: VerifyingKey([3; 32]),
        hash: next.block.hash,
        valid: true,
    };
    let store = open(directory.path(), Retention::Archive);
    store
        .keep_undecided(&place, &next.block)
        .expect("the disk is sound");
    assert_eq!(store.note_attempt(&next.block.hash).expect("readable"), 0);
    store
        .journal_extrinsics(&[(1, vec![1]), (256, vec![2]), (3, vec![3])], &[])
        .expect("the disk is sound");
    store
        .journal_extrinsics(&[], &[3])
        .expect("the disk is sound");
    drop(store);
    let store = open(directory.path(), Retention::Archive);
    assert_eq!(store.undecided(11, 2).expect("readable"), [place]);
    assert_eq!(store.undecided(11, 1).expect("readable"), []);
    assert_eq!(
        store.undecided_block(&next.block.hash).expect("readable"),
        Some(next.block.clone())
    );
    assert_eq!(store.note_attempt(&next.block.hash).expect("readable"), 1);
    assert_eq!(
        store.kept_extrinsics().expect("readable"),
        [(1, vec![1]), (256, vec![2])]
    );
    store.commit(next.clone()).expect("the disk is sound");
    assert_eq!(store.undecided(11, 2).expect("readable"), []);
    assert_eq!(
        store.undecided_block(&next.block.hash).expect("readable"),
        None
    );
    assert_eq!(store.note_attempt(&next.block.hash).expect("readable"), 0);
}
