//! What consensus may rely on: time, durability before answers, restarts, and blocks that bring a node down.

use crate::{
    chain::{Node, certify, place, proposer, register_node},
    memory_store::MemoryStore,
};
use musubi_node_core::{
    pipeline::CLOCK_SKEW_MAX,
    ports::{ChainStore, Clock, ConsensusHost, Freshness, Undecided, Verdict},
};
use musubi_primitives::BlockHash;
use sp_runtime::transaction_validity::TransactionSource;
use std::{sync::Arc, time::Duration};

fn node() -> Node<MemoryStore> {
    Node::start(Arc::default())
}

#[tokio::test]
async fn asked_twice_for_a_round_the_same_block_is_proposed_also_after_a_restart() {
    let node = node();
    let first = node.propose().await;
    assert_eq!(node.propose().await, first);
    let store = node.store.clone();
    drop(node);
    let restarted = Node::start(store);
    assert_eq!(restarted.propose().await, first);
    let budget = Duration::from_secs(1);
    restarted.clock.advance(5_000);
    let other = restarted
        .pipeline
        .propose(1, 1, proposer(), budget)
        .await
        .expect("no fault");
    assert_ne!(other.hash, first.hash, "another round has its own block");
}

#[tokio::test]
async fn a_block_is_durable_before_consensus_hears_of_it() {
    let builder = node();
    let block = builder.propose().await;
    assert_eq!(
        builder.store.undecided_block(&block.hash).expect("memory"),
        Some(block.clone())
    );
    let follower = node();
    follower
        .check(&block, Freshness::Fresh)
        .await
        .expect("no fault");
    let kept = follower.pipeline.undecided(1, 0).await.expect("memory");
    assert_eq!(
        kept,
        [Undecided {
            valid: true,
            ..place(1, block.hash)
        }]
    );
}

#[tokio::test]
async fn a_decided_block_commits_after_a_restart_that_forgot_its_outcome() {
    let builder = node();
    let block = builder.propose().await;
    let store = Arc::new(MemoryStore::default());
    let follower = Node::start(store.clone());
    follower
        .check(&block, Freshness::Fresh)
        .await
        .expect("no fault");
    drop(follower);
    let restarted = Node::start(store);
    restarted.commit(&block).await;
    assert_eq!(restarted.pipeline.tip(), 1);
    restarted
        .pipeline
        .commit(certify(restarted.pipeline.genesis(), 1, block.hash))
        .await
        .expect("again is nothing new");
    let other = certify(restarted.pipeline.genesis(), 1, BlockHash([5; 32]));
    assert!(
        restarted.pipeline.commit(other).await.is_err(),
        "a second block of a height is never taken"
    );
}

#[tokio::test]
async fn a_certificate_without_quorum_or_of_another_chain_commits_nothing() {
    let node = node();
    let block = node.propose().await;
    let genesis = node.pipeline.genesis();
    let mut thin = certify(genesis, 1, block.hash);
    thin.signatures.pop();
    assert!(node.pipeline.commit(thin).await.is_err());
    assert!(
        node.pipeline
            .commit(certify(BlockHash([1; 32]), 1, block.hash))
            .await
            .is_err()
    );
    assert!(
        node.pipeline
            .commit(certify(genesis, 2, block.hash))
            .await
            .is_err()
    );
    assert_eq!(node.pipeline.tip(), 0);
}

#[tokio::test]
async fn a_fresh_block_from_the_future_is_refused_and_a_replayed_one_is_not() {
    let ahead = node();
    ahead.clock.advance(60_000);
    let block = ahead.propose().await;
    let follower = node();
    let verdict = follower
        .check(&block, Freshness::Fresh)
        .await
        .expect("no fault");
    assert!(
        matches!(verdict, Verdict::Invalid(ref why) if why.contains("ahead")),
        "{verdict:?}"
    );
    assert_eq!(
        follower
            .check(&block, Freshness::Replayed)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
    follower.clock.advance(60_200 - CLOCK_SKEW_MAX);
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
}

#[tokio::test]
async fn time_moves_on_even_when_the_clock_stands_still() {
    let node = node();
    node.advance().await;
    let budget = Duration::from_secs(1);
    let first = node
        .pipeline
        .executor()
        .header(&node.store.hash_at(1).expect("memory").expect("it is final"));
    let before = node
        .pipeline
        .executor()
        .time_of(&first.expect("it is final"))
        .expect("it has a time");
    let block = node
        .pipeline
        .propose(2, 0, proposer(), budget)
        .await
        .expect("no fault");
    node.commit(&block).await;
    let header = node
        .pipeline
        .executor()
        .header(&block.hash)
        .expect("it is final");
    let after = node
        .pipeline
        .executor()
        .time_of(&header)
        .expect("it has a time");
    assert!(after > before && after <= node.clock.now() + 1);
}

#[tokio::test]
async fn a_body_that_ended_the_process_twice_gets_a_nil_vote() {
    let builder = node();
    let block = builder.propose().await;
    let follower = node();
    follower.store.crash_in(block.hash);
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
    let second = node();
    second.store.crash_in(block.hash);
    second.store.crash_in(block.hash);
    let verdict = second
        .check(&block, Freshness::Fresh)
        .await
        .expect("no fault");
    assert!(
        matches!(verdict, Verdict::Invalid(ref why) if why.contains("ended")),
        "{verdict:?}"
    );
    second.commit(&block).await;
    assert_eq!(
        second.pipeline.tip(),
        1,
        "what the others decided is executed all the same"
    );
}

#[tokio::test]
async fn a_late_check_is_valid_exactly_for_the_final_block() {
    let node = node();
    let block = node.advance().await;
    let late = node
        .pipeline
        .check(place(1, block.hash), block.clone(), Freshness::Fresh)
        .await;
    assert_eq!(late.expect("no fault"), Verdict::Valid);
    let other = musubi_node_core::ports::BlockBytes {
        hash: BlockHash([7; 32]),
        ..block
    };
    let late = node
        .pipeline
        .check(place(1, other.hash), other, Freshness::Fresh)
        .await;
    assert!(matches!(late.expect("no fault"), Verdict::Invalid(_)));
}

#[tokio::test]
async fn a_lagging_node_catches_up_from_decided_blocks() {
    let leader = node();
    for nonce in 0..3 {
        let bytes = register_node(leader.pipeline.genesis(), 1, nonce, nonce);
        leader
            .pipeline
            .pool()
            .submit(TransactionSource::Local, bytes)
            .await
            .expect("it is valid");
        leader.advance().await;
    }
    let decided = leader.pipeline.decided(1..=9).await.expect("memory");
    assert_eq!(decided.len(), 3, "it stops at the first gap");
    let late = node();
    for (block, certificate) in decided {
        assert_eq!(
            late.check(&block, Freshness::Replayed)
                .await
                .expect("no fault"),
            Verdict::Valid
        );
        late.pipeline
            .commit(certificate)
            .await
            .expect("it is certified");
    }
    assert_eq!(
        late.store.tip().expect("memory"),
        leader.store.tip().expect("memory")
    );
}

#[tokio::test]
async fn listeners_hear_of_every_final_block_in_order() {
    let node = node();
    let mut finalised = node.pipeline.finalised();
    for height in 1..=3 {
        let block = node.advance().await;
        let heard = finalised.recv().await.expect("the pipeline lives");
        assert_eq!((heard.height, heard.hash), (height, block.hash));
    }
    assert_eq!(u64::from(node.pipeline.tip_header().borrow().number), 3);
}

#[tokio::test]
async fn height_parameters_name_the_four_validators() {
    let node = node();
    node.advance().await;
    for height in 1..=2 {
        let parameters = node
            .pipeline
            .height_parameters(height)
            .await
            .expect("both are known");
        assert_eq!(parameters.validators.validators().len(), 4);
        assert_eq!(parameters.block_time, Duration::from_millis(200));
    }
    assert!(node.pipeline.height_parameters(3).await.is_err());
}
