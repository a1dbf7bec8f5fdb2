//! Pruning: within the window every state is whole, beyond it nothing is left over.

use crate::history::{open, random_history};
use musubi_node_core::ports::ChainStore;
use musubi_node_store::{Retention, keys::Column};
use proptest::prelude::*;
use std::{collections::BTreeSet, path::Path};

fn stored_nodes(path: &Path) -> BTreeSet<Vec<u8>> {
    let columns = Column::ALL.map(Column::name);
    let db =
        rocksdb::DB::open_cf(&rocksdb::Options::default(), path, columns).expect("it is closed");
    let nodes = db
        .cf_handle(Column::TrieNodes.name())
        .expect("it was just opened");
    db.iterator_cf(nodes, rocksdb::IteratorMode::Start)
        .map(|entry| entry.expect("readable").0.into_vec())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Nodes go and come back at random; pruning runs at random times. Every state in the window equals its model, and the nodes in the
    /// store are exactly those that some state in the window refers to.
    #[test]
    fn the_window_is_whole_and_nothing_else_is_left(
        seed in any::<u64>(),
        blocks in 1usize..30,
        window in 1u64..12,
        pause in 1usize..7,
    ) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let history = random_history(seed, blocks);
        let store = open(directory.path(), Retention::Heights(window));
        for (at, commit) in history.commits.iter().enumerate() {
            store.commit(commit.clone()).expect("the disk is sound");
            if at % pause == 0 {
                store.prune().expect("the disk is sound");
            }
        }
        store.prune().expect("the disk is sound");
        let tip = history.commits.len() as u64 - 1;
        let first = (tip + 1).saturating_sub(window);
        prop_assert_eq!(store.state_start().expect("readable"), first);
        for height in 0..=tip {
            prop_assert_eq!(history.agrees(&store, height), Ok(()));
        }
        drop(store);
        let expected: BTreeSet<_> =
            (first..=tip).flat_map(|height| history.node_keys[height as usize].clone()).collect();
        prop_assert_eq!(stored_nodes(directory.path()), expected);
    }
}

#[test]
fn an_archive_keeps_every_state() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let history = random_history(7, 30);
    let store = open(directory.path(), Retention::Archive);
    history.write(&store);
    store.prune().expect("the disk is sound");
    for height in 0..history.commits.len() as u64 {
        assert_eq!(history.agrees(&store, height), Ok(()));
    }
}
