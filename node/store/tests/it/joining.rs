//! Joining by snapshot on the real store.

use crate::{
    chain::{Node, register_node},
    pipeline::open,
};
use musubi_node_core::{
    pipeline::{AdoptError, Snapshot},
    ports::{ChainStore, ConsensusHost, Freshness, Verdict},
};
use musubi_node_store::Store;
use musubi_primitives::mountain_range::LeafProof;
use sp_runtime::transaction_validity::TransactionSource;

async fn leader(path: &std::path::Path) -> Node<Store> {
    let leader = Node::start(open(path));
    for nonce in 0..5 {
        let bytes = register_node(leader.pipeline.genesis(), 1, nonce, nonce);
        leader
            .pipeline
            .pool()
            .submit(TransactionSource::Local, bytes)
            .await
            .expect("it is valid");
        leader.advance().await;
    }
    leader
}

fn snapshot_of(leader: &Node<Store>) -> Snapshot {
    let (height, hash) = leader
        .store
        .tip()
        .expect("readable")
        .expect("it has blocks");
    let executor = leader.pipeline.executor();
    let keys = executor
        .keys_paged(&hash, &[], None, usize::MAX)
        .expect("the state is there");
    let value = |key: &Vec<u8>| {
        executor
            .storage(&hash, key)
            .expect("readable")
            .expect("the key is there")
    };
    let hash_at = |height| {
        leader
            .store
            .hash_at(height)
            .expect("readable")
            .expect("it is final")
    };
    Snapshot {
        header: executor.header(&hash).expect("it is final"),
        certificate: leader
            .store
            .certificate(height)
            .expect("readable")
            .expect("it is final"),
        validators: leader
            .store
            .validators(height)
            .expect("readable")
            .expect("it is final"),
        header_hashes: (0..=height).map(hash_at).collect(),
        pairs: keys
            .into_iter()
            .map(|key| (key.clone(), value(&key)))
            .collect(),
    }
}

#[tokio::test]
async fn a_late_node_takes_over_a_state_and_goes_on_with_the_others_also_after_a_restart() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    late.pipeline
        .adopt(snapshot_of(&leader))
        .await
        .expect("all of it is proved");
    let block = leader.propose().await;
    assert_eq!(
        late.check(&block, Freshness::Replayed)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
    leader.commit(&block).await;
    late.stop().await;
    let late = Node::start(open(second.path()));
    assert_eq!(late.pipeline.tip(), 5);
    late.commit(&block).await;
    assert_eq!(
        late.store.tip().expect("readable"),
        leader.store.tip().expect("readable")
    );
    assert_eq!(late.pipeline.history_start().await.expect("readable"), 6);
    assert_eq!(late.pipeline.decided(1..=6).await.expect("readable"), []);
    assert_eq!(
        late.pipeline.decided(6..=6).await.expect("readable").len(),
        1
    );
    let node = |position| late.store.mountain_node(position).expect("readable");
    assert!(
        LeafProof::build(7, 2, node).is_some(),
        "old headers stay provable"
    );
}

#[tokio::test]
async fn a_snapshot_with_anything_changed_is_refused_and_the_node_stays_at_genesis() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    let good = snapshot_of(&leader);
    let mut other_value = good.clone();
    other_value.pairs[3].1.push(0);
    let mut missing_key = good.clone();
    missing_key.pairs.pop();
    let mut other_history = good.clone();
    other_history.header_hashes[2].0[0] ^= 1;
    let mut other_header = good.clone();
    other_header.header.number += 1;
    let mut thin = good.clone();
    thin.certificate.signatures.pop();
    let adopt = |snapshot| late.pipeline.adopt(snapshot);
    assert!(matches!(
        adopt(other_value).await,
        Err(AdoptError::OtherState)
    ));
    assert!(matches!(
        adopt(missing_key).await,
        Err(AdoptError::OtherState)
    ));
    assert!(matches!(
        adopt(other_history).await,
        Err(AdoptError::OtherHistory)
    ));
    assert!(matches!(
        adopt(other_header).await,
        Err(AdoptError::OtherBlock)
    ));
    assert!(matches!(adopt(thin).await, Err(AdoptError::Certificate(_))));
    late.stop().await;
    let late = Node::start(open(second.path()));
    assert_eq!(late.pipeline.tip(), 0);
    late.pipeline
        .adopt(good.clone())
        .await
        .expect("what was refused left no harm");
    assert!(matches!(
        late.pipeline.adopt(good).await,
        Err(AdoptError::NotAtGenesis(5))
    ));
}
