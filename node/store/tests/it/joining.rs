//! Joining by snapshot on the real store: what is taken over, what is refused, and what an interrupted join leaves.

use crate::{
    chain::{Node, register_node},
    pipeline::open,
};
use musubi_node_core::{
    executor::Header,
    pipeline::{AdoptError, Adoption, Lie, Snapshot},
    ports::{ChainStore, ConsensusHost, Freshness, Verdict},
};
use musubi_node_store::Store;
use musubi_primitives::mountain_range::{LeafProof, NodeHash, Position};
use sp_runtime::transaction_validity::TransactionSource;
use std::path::Path;

/// Small, so that the tests' state comes in several pieces.
const PIECE_BYTES: usize = 1_024;

/// A node with five blocks.
pub(crate) async fn leader(path: &Path) -> Node<Store> {
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

fn header_at(leader: &Node<Store>, height: u64) -> Header {
    let hash = leader.store.hash_at(height).expect("readable");
    let hash = hash.expect("it is final");
    let header = leader.pipeline.executor().header(&hash);
    header.expect("it is final")
}

/// The leader's block at a height as a snapshot.
pub(crate) fn snapshot_at(leader: &Node<Store>, height: u64) -> Snapshot {
    let certificate = leader.store.certificate(height).expect("readable");
    let validators = leader.store.validators(height).expect("readable");
    let parents = (1..height).rev().take(2);
    Snapshot {
        header: header_at(leader, height),
        certificate: certificate.expect("it is final"),
        validators: validators.expect("it is final"),
        parents: parents.map(|below| header_at(leader, below)).collect(),
    }
}

fn leaves(leader: &Node<Store>, first: u64, count: u64) -> Vec<NodeHash> {
    let leaf = |index| {
        let node = leader.store.mountain_node(Position { height: 0, index });
        node.expect("readable").expect("it is final")
    };
    (first..first + count).map(leaf).collect()
}

/// The piece of the leader's state that the adoption wants next.
fn piece(leader: &Node<Store>, adoption: &Adoption) -> Vec<Vec<u8>> {
    let after = adoption.state_wanted().expect("it is not complete");
    let executor = leader.pipeline.executor();
    let piece = executor.state_piece(&adoption.hash(), after.as_deref(), PIECE_BYTES);
    piece.expect("the state is there")
}

/// Feeds all of the history.
pub(crate) async fn feed_history(leader: &Node<Store>, adoption: &Adoption) {
    while let Some((first, count)) = adoption.history_wanted() {
        let leaves = leaves(leader, first, count.min(2));
        adoption.take_history(leaves).await.expect("they are true");
    }
}

/// Feeds at most `most` pieces of state; how many were wanted.
pub(crate) async fn feed_state(leader: &Node<Store>, adoption: &Adoption, most: usize) -> usize {
    let mut count = 0;
    while count < most && adoption.state_wanted().is_some() {
        let piece = piece(leader, adoption);
        adoption.take_state(piece).await.expect("it is true");
        count += 1;
    }
    count
}

/// Begins to take over a snapshot.
pub(crate) async fn begin(late: &Node<Store>, snapshot: Snapshot) -> Adoption {
    let begun = late.pipeline.begin_adoption(snapshot).await;
    begun.expect("its certificate holds")
}

/// Takes over the leader's newest state from the first piece to the last.
pub(crate) async fn join(late: &Node<Store>, leader: &Node<Store>) {
    let adoption = begin(late, snapshot_at(leader, leader.pipeline.tip())).await;
    feed_history(leader, &adoption).await;
    assert!(feed_state(leader, &adoption, usize::MAX).await > 2);
    adoption.finish().await.expect("all of it is proved");
}

#[tokio::test]
async fn a_late_node_takes_over_a_state_and_goes_on_with_the_others_also_after_a_restart() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    join(&late, &leader).await;
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
}

#[tokio::test]
async fn old_headers_and_the_validators_of_the_next_blocks_stay_provable() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    join(&late, &leader).await;
    let node = |position| late.store.mountain_node(position).expect("readable");
    for height in 0..5 {
        let proof = LeafProof::build(5, height, node).expect("all nodes are here");
        assert_eq!(
            Some(proof),
            LeafProof::build(5, height, |position| {
                leader.store.mountain_node(position).expect("readable")
            })
        );
    }
    for height in [3, 4, 5] {
        assert_eq!(header_at(&late, height), header_at(&leader, height));
    }
    assert_eq!(late.store.hash_at(2).expect("readable"), None);
    let tip = late
        .store
        .hash_at(5)
        .expect("readable")
        .expect("it is here");
    for key in [&b":code"[..], b"nothing"] {
        assert_eq!(
            late.pipeline
                .executor()
                .storage(&tip, key)
                .expect("readable"),
            leader
                .pipeline
                .executor()
                .storage(&tip, key)
                .expect("readable")
        );
    }
}

#[tokio::test]
async fn a_decision_with_anything_changed_is_refused() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    let good = snapshot_at(&leader, 5);
    let refused = async |change: fn(&mut Snapshot)| {
        let mut bad = good.clone();
        change(&mut bad);
        match late.pipeline.begin_adoption(bad).await {
            Err(AdoptError::Lie(lie)) => lie,
            other => panic!("it was not seen through: {other:?}"),
        }
    };
    let other_root = |bad: &mut Snapshot| bad.header.state_root.0[0] ^= 1;
    assert_eq!(refused(other_root).await, Lie::OtherBlock);
    let too_few = |bad: &mut Snapshot| bad.certificate.signatures.truncate(2);
    assert!(matches!(refused(too_few).await, Lie::Certificate(_)));
    let forged = |bad: &mut Snapshot| bad.certificate.signatures[0].signature[0] ^= 1;
    assert!(matches!(refused(forged).await, Lie::Certificate(_)));
    let other_parent = |bad: &mut Snapshot| bad.parents[1].number += 1;
    assert_eq!(refused(other_parent).await, Lie::OtherParents);
    let fewer_parents = |bad: &mut Snapshot| bad.parents.truncate(1);
    assert_eq!(refused(fewer_parents).await, Lie::OtherParents);
    let coup = |bad: &mut Snapshot| {
        let usurper = bad.validators.validators()[..1].to_vec();
        bad.validators = musubi_primitives::finality::ValidatorSet::new(usurper).unwrap();
    };
    assert_eq!(refused(coup).await, Lie::OtherValidators);
    join(&late, &leader).await;
    let again = late.pipeline.begin_adoption(good).await;
    assert!(matches!(again, Err(AdoptError::NotAtGenesis(5))));
}

#[tokio::test]
async fn false_pieces_are_refused_and_true_ones_go_on_from_there() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    let adoption = begin(&late, snapshot_at(&leader, 5)).await;
    let lie = |error: AdoptError| match error {
        AdoptError::Lie(lie) => lie,
        other => panic!("{other}"),
    };
    let mut forged = leaves(&leader, 0, 5);
    forged[3][0] ^= 1;
    let refused = adoption.take_history(forged).await.unwrap_err();
    assert_eq!(lie(refused), Lie::OtherHistory);
    let too_many = vec![leaves(&leader, 0, 1)[0]; 6];
    let refused = adoption.take_history(too_many).await.unwrap_err();
    assert_eq!(lie(refused), Lie::OtherHistory);
    assert_eq!(adoption.history_wanted(), Some((0, 5)));
    feed_history(&leader, &adoption).await;

    assert_eq!(feed_state(&leader, &adoption, 1).await, 1);
    let wanted = adoption.state_wanted();
    let first_again = leader
        .pipeline
        .executor()
        .state_piece(&adoption.hash(), None, 256)
        .unwrap();
    let mut altered = piece(&leader, &adoption);
    altered.last_mut().unwrap()[5] ^= 1;
    let older = leader.store.hash_at(3).unwrap().unwrap();
    let of_older_state = leader
        .pipeline
        .executor()
        .state_piece(&older, wanted.clone().unwrap().as_deref(), PIECE_BYTES)
        .unwrap();
    for false_piece in [vec![], first_again, of_older_state] {
        let refused = adoption.take_state(false_piece).await.unwrap_err();
        assert_eq!(lie(refused), Lie::UnprovedState);
        assert_eq!(adoption.state_wanted(), wanted);
    }
    // What is left of an altered piece may prove a shorter run, or none; a false value it never proves.
    drop(adoption.take_state(altered).await);
    feed_state(&leader, &adoption, usize::MAX).await;
    adoption.finish().await.expect("all of it is proved");
    assert_eq!(late.pipeline.tip(), 5);
}

#[tokio::test]
async fn an_interrupted_join_leaves_genesis_and_the_next_one_starts_clean() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    let adoption = begin(&late, snapshot_at(&leader, 5)).await;
    feed_history(&leader, &adoption).await;
    feed_state(&leader, &adoption, 2).await;
    let early = adoption.finish().await;
    assert!(matches!(early, Err(AdoptError::Incomplete)));
    late.stop().await;

    let late = Node::start(open(second.path()));
    assert_eq!(late.pipeline.tip(), 0);
    assert_eq!(late.store.history_start().expect("readable"), 1);
    let leaf = Position {
        height: 0,
        index: 3,
    };
    let left = late.store.mountain_node(leaf).expect("readable");
    assert!(left.is_some(), "this test wants something to be left");
    late.pipeline
        .forget_unfinished_adoption()
        .await
        .expect("the disk is sound");
    assert_eq!(late.store.mountain_node(leaf).expect("readable"), None);
    join(&late, &leader).await;
    assert_eq!(
        late.store.tip().expect("readable"),
        leader.store.tip().expect("readable")
    );
}

#[tokio::test]
async fn a_node_that_was_interrupted_may_also_replay() {
    let (first, second) = (
        tempfile::tempdir().expect("temporary"),
        tempfile::tempdir().expect("temporary"),
    );
    let leader = leader(first.path()).await;
    let late = Node::start(open(second.path()));
    let adoption = begin(&late, snapshot_at(&leader, 5)).await;
    feed_history(&leader, &adoption).await;
    feed_state(&leader, &adoption, 2).await;
    drop(adoption);
    let decided = leader.pipeline.decided(1..=5).await.expect("readable");
    for (block, _) in &decided {
        let verdict = late.check(block, Freshness::Replayed).await;
        assert_eq!(verdict.expect("no fault"), Verdict::Valid);
        late.commit(block).await;
    }
    assert_eq!(
        late.store.tip().expect("readable"),
        leader.store.tip().expect("readable")
    );
}
