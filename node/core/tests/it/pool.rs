//! The pool as clients and validators meet it: judgement, statuses, restart.

use crate::{
    chain::{Node, register_node, sign},
    memory_store::MemoryStore,
};
use musubi_node_core::{
    executor::Block,
    pool::{EXTRINSIC_BYTES_MAX, PoolError, TxStatus},
    ports::{ConsensusHost, PoolJournal},
};
use musubi_primitives::{AccountId, BlockHash};
use musubi_runtime::RuntimeCall;
use sp_runtime::transaction_validity::TransactionSource::{External, Local};
use std::sync::Arc;

fn node() -> Node<MemoryStore> {
    Node::start(Arc::default())
}

#[tokio::test]
async fn a_watched_extrinsic_is_ready_then_in_a_block_then_final() {
    let node = node();
    let bytes = register_node(node.pipeline.genesis(), 1, 0, 0);
    let (hash, mut statuses) = node
        .pipeline
        .pool()
        .submit_and_watch(Local, bytes)
        .await
        .expect("it is valid");
    assert_eq!(statuses.recv().await, Some(TxStatus::Ready));
    node.pipeline
        .pool()
        .note_broadcast(hash, vec!["peer".to_owned()]);
    assert!(matches!(
        statuses.recv().await,
        Some(TxStatus::Broadcast(_))
    ));
    let block = node.advance().await;
    assert_eq!(statuses.recv().await, Some(TxStatus::InBlock(block.hash)));
    assert_eq!(statuses.recv().await, Some(TxStatus::Finalized(block.hash)));
    assert_eq!(statuses.recv().await, None);
    assert_eq!(node.pipeline.pool().size().count, 0);
}

#[tokio::test]
async fn bad_extrinsics_are_refused_with_substrates_codes_and_leave_nothing() {
    let node = node();
    let genesis = node.pipeline.genesis();
    let good = register_node(genesis, 1, 0, 0);
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let other_chain = register_node(BlockHash([9; 32]), 1, 0, 0);
    let stranger = register_node(genesis, 99, 0, 0);
    let remark = sign(
        genesis,
        1,
        0,
        RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }),
    );
    let cases = [
        (vec![0xff; 10], 1001),
        (vec![], 1001),
        (vec![0; EXTRINSIC_BYTES_MAX + 1], 1010),
        (forged, 1010),
        (other_chain, 1010),
        (stranger, 1010),
        (remark, 1010),
    ];
    for (bytes, code) in cases {
        let refused = node
            .pipeline
            .pool()
            .submit(External, bytes)
            .await
            .expect_err("it is bad");
        assert_eq!(refused.code(), code, "{refused}");
    }
    node.pipeline
        .pool()
        .submit(Local, good.clone())
        .await
        .expect("it is valid");
    let again = node
        .pipeline
        .pool()
        .submit(External, good)
        .await
        .expect_err("it is here");
    assert_eq!(again.code(), 1013);
    let rival = node
        .pipeline
        .pool()
        .submit(Local, register_node(genesis, 1, 0, 7))
        .await;
    assert_eq!(rival.expect_err("the first of a nonce stays").code(), 1014);
    assert_eq!(node.store.kept_extrinsics().expect("memory").len(), 1);
}

#[tokio::test]
async fn a_replayed_extrinsic_is_stale() {
    let node = node();
    let bytes = register_node(node.pipeline.genesis(), 1, 0, 0);
    node.pipeline
        .pool()
        .submit(Local, bytes.clone())
        .await
        .expect("it is valid");
    node.advance().await;
    let replayed = node
        .pipeline
        .pool()
        .submit(External, bytes)
        .await
        .expect_err("its nonce is used");
    assert!(matches!(replayed, PoolError::Invalid(_)), "{replayed}");
}

#[tokio::test]
async fn a_later_nonce_waits_for_the_earlier_and_then_both_go() {
    let node = node();
    let genesis = node.pipeline.genesis();
    let pool = node.pipeline.pool();
    let (_, mut later) = pool
        .submit_and_watch(Local, register_node(genesis, 1, 1, 1))
        .await
        .expect("it may wait");
    assert_eq!(later.recv().await, Some(TxStatus::Future));
    let account = AccountId(sp_core::Pair::public(&crate::chain::account(1)).0);
    assert_eq!(pool.next_nonce(&account, 0), 0);
    pool.submit(Local, register_node(genesis, 1, 0, 0))
        .await
        .expect("it is valid");
    assert_eq!(later.recv().await, Some(TxStatus::Ready));
    assert_eq!(pool.next_nonce(&account, 0), 2);
    let block = node.advance().await;
    assert_eq!(
        Block::parse(&block.bytes)
            .expect("a block")
            .extrinsics
            .len(),
        3
    );
}

#[tokio::test]
async fn a_restart_keeps_what_waits_and_forgets_what_is_final() {
    let node = node();
    let genesis = node.pipeline.genesis();
    for nonce in 0..3 {
        let bytes = register_node(genesis, 1, nonce, nonce);
        node.pipeline
            .pool()
            .submit(Local, bytes)
            .await
            .expect("it is valid");
    }
    let waiting = register_node(genesis, 2, 0, 0);
    node.advance().await;
    node.pipeline
        .pool()
        .submit(Local, waiting.clone())
        .await
        .expect("it is valid");
    let store = node.store.clone();
    node.stop().await;
    let restarted = Node::start(store.clone());
    restarted.pipeline.wait_for_work().await;
    let ready = restarted.pipeline.pool().ready();
    assert_eq!(ready.len(), 1);
    assert_eq!(*ready[0].bytes, waiting);
    restarted.advance().await;
    assert!(store.kept_extrinsics().expect("memory").is_empty());
}

#[tokio::test]
async fn many_at_once_are_judged_together_and_all_answered() {
    let node = node();
    let genesis = node.pipeline.genesis();
    let submissions = (1u8..=4).flat_map(|sender| (0..60).map(move |nonce| (sender, nonce)));
    let answers = submissions.map(|(sender, nonce)| {
        let bytes = register_node(genesis, sender, nonce, nonce);
        let pool = node.pipeline.pool().clone();
        async move { pool.submit(External, bytes).await }
    });
    let answers = futures::future::join_all(answers).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(node.pipeline.pool().ready().len(), 240);
    let quota = node
        .pipeline
        .pool()
        .submit(Local, register_node(genesis, 1, 64, 64))
        .await;
    assert!(quota.is_ok(), "an operator may have 64 waiting");
}

#[tokio::test]
async fn gossip_hears_of_what_is_accepted_and_of_nothing_else() {
    let node = node();
    let mut accepted = node.pipeline.pool().accepted();
    let genesis = node.pipeline.genesis();
    assert!(
        node.pipeline
            .pool()
            .submit(External, register_node(genesis, 99, 0, 0))
            .await
            .is_err()
    );
    let hash = node
        .pipeline
        .pool()
        .submit(External, register_node(genesis, 1, 0, 0))
        .await
        .expect("it is valid");
    assert_eq!(accepted.recv().await.expect("the pool lives").hash, hash);
    assert!(node.pipeline.pool().knows(&hash));
    assert!(accepted.try_recv().is_err(), "nothing else was accepted");
}
