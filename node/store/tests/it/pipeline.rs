//! The block pipeline on the real store: a chain that survives restarts, and what a block costs.

use crate::chain::{self, Node, register_node, withdraw_unknown_node};
use musubi_node_core::ports::{ChainStore, ConsensusHost, Freshness, Verdict};
use musubi_node_store::{Retention, Store, StoreOptions};
use sp_runtime::transaction_validity::TransactionSource;
use std::{path::Path, sync::Arc, time::Instant};

pub(crate) fn open(path: &Path) -> Arc<Store> {
    let options = StoreOptions {
        path: path.to_owned(),
        chain: "test".to_owned(),
        genesis: chain::genesis().hash(),
        retention: Retention::Heights(4),
        cache_bytes: 8 << 20,
    };
    Arc::new(Store::open(options).expect("the store is sound"))
}

#[tokio::test]
async fn a_chain_goes_on_after_restarts_where_it_stood() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut nonce = 0;
    for round in 1..=4u64 {
        let node = Node::start(open(directory.path()));
        assert_eq!(node.pipeline.tip(), (round - 1) * 3);
        for _ in 0..3 {
            let bytes = register_node(node.pipeline.genesis(), 1, nonce, nonce);
            node.pipeline
                .pool()
                .submit(TransactionSource::Local, bytes)
                .await
                .expect("it is valid");
            nonce += 1;
            node.advance().await;
        }
        let block = node
            .store
            .hash_at(round)
            .expect("readable")
            .expect("it is final");
        assert!(node.store.block(&block).expect("readable").is_some());
        node.stop().await;
    }
}

#[tokio::test]
async fn what_waits_in_the_pool_survives_a_restart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let node = Node::start(open(directory.path()));
    let bytes = register_node(node.pipeline.genesis(), 1, 0, 0);
    node.pipeline
        .pool()
        .submit(TransactionSource::Local, bytes.clone())
        .await
        .expect("it is valid");
    let block = node.propose().await;
    node.stop().await;
    let node = Node::start(open(directory.path()));
    assert_eq!(
        node.propose().await,
        block,
        "the kept proposal, with the transaction in it"
    );
    node.pipeline.wait_for_work().await;
    assert_eq!(*node.pipeline.pool().ready()[0].bytes, bytes);
    node.commit(&block).await;
    assert_eq!(node.pipeline.pool().size().count, 0);
}

/// Prints what one block costs on this machine, phase by phase; the figures are for people, nothing is asserted about them.
#[tokio::test]
async fn a_follower_accepts_and_commits_a_block_of_two_hundred_transactions() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let builder = Node::start(open(first.path()));
    let follower = Node::start(open(second.path()));
    let genesis = builder.pipeline.genesis();
    let start = Instant::now();
    for sender in 1u8..=4 {
        for nonce in 0..50 {
            let bytes = withdraw_unknown_node(genesis, sender, nonce);
            builder
                .pipeline
                .pool()
                .submit(TransactionSource::Local, bytes)
                .await
                .expect("it is valid");
        }
    }
    let admitted = start.elapsed();
    let block = builder.propose().await;
    let built = start.elapsed();
    assert_eq!(
        follower
            .check(&block, Freshness::Replayed)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
    let checked = start.elapsed();
    follower.commit(&block).await;
    let committed = start.elapsed();
    let count = follower
        .store
        .block(&block.hash)
        .expect("readable")
        .map(|block| block.bytes.len());
    println!(
        "block of {count:?} bytes: admit {admitted:?}, build {:?}, check {:?}, commit {:?}",
        built - admitted,
        checked - built,
        committed - checked
    );
    assert_eq!(follower.pipeline.tip(), 1);
}
