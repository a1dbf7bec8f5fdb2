//! Executing blocks: what one node builds, another accepts; what is changed on the way, it refuses; what this machine lacks is no verdict.

use crate::{
    chain::{self, Node, register_node, withdraw_unknown_node},
    memory_store::MemoryStore,
};
use codec::{Decode, Encode};
use musubi_node_core::{
    executor::{Block, CallError, ReadError, Specs},
    ports::{BlockBytes, ChainStore, ConsensusHost, Freshness, Verdict},
};
use musubi_primitives::{
    BlockHash, anchor::Anchor, mountain_range::LeafProof, parameter::HeightParameters,
};
use sp_core::H256;
use sp_runtime::{generic::DigestItem, transaction_validity::TransactionSource};
use std::sync::{Arc, atomic::Ordering};

fn node() -> Node<MemoryStore> {
    Node::start(Arc::default())
}

async fn with_transactions(count: u32) -> (Node<MemoryStore>, BlockBytes) {
    let node = node();
    for nonce in 0..count {
        let bytes = register_node(node.pipeline.genesis(), 1, nonce, nonce);
        node.pipeline
            .pool()
            .submit(TransactionSource::Local, bytes)
            .await
            .expect("it is valid");
    }
    let block = node.propose().await;
    (node, block)
}

fn extrinsics(block: &BlockBytes) -> Vec<Vec<u8>> {
    let block = Block::parse(&block.bytes).expect("it is a block");
    block.extrinsics.iter().map(Encode::encode).collect()
}

#[tokio::test]
async fn what_one_node_builds_another_accepts_and_both_end_in_one_state() {
    let (builder, block) = with_transactions(3).await;
    assert_eq!(
        extrinsics(&block).len(),
        4,
        "the time and three transactions"
    );
    let follower = node();
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
    builder.commit(&block).await;
    follower.commit(&block).await;
    assert_eq!(
        builder.store.tip().expect("memory"),
        follower.store.tip().expect("memory")
    );
    assert_eq!(
        builder.store.events(1).expect("memory"),
        follower.store.events(1).expect("memory")
    );
}

#[tokio::test]
async fn a_changed_block_is_invalid_and_changes_nothing() {
    let (_, block) = with_transactions(2).await;
    let follower = node();
    let all = extrinsics(&block);
    let mut swapped = all.clone();
    swapped.swap(1, 2);
    let without_time = all[1..].to_vec();
    for changed in [all[..2].to_vec(), swapped, without_time] {
        let changed = chain::with_extrinsics(&block, &changed);
        let verdict = follower
            .check(&changed, Freshness::Fresh)
            .await
            .expect("no fault");
        assert!(matches!(verdict, Verdict::Invalid(_)), "{verdict:?}");
    }
    let mut flipped = block.clone();
    for at in 0..block.bytes.len() {
        flipped.bytes[at] ^= 1;
        let verdict = follower
            .check(&flipped, Freshness::Fresh)
            .await
            .expect("no fault");
        assert!(
            matches!(verdict, Verdict::Invalid(_)),
            "byte {at}: {verdict:?}"
        );
        flipped.bytes[at] ^= 1;
        if at > 400 {
            break;
        }
    }
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
}

#[tokio::test]
async fn garbage_is_invalid_never_a_fault() {
    let follower = node();
    for bytes in [vec![], vec![0], vec![0xff; 300]] {
        let block = BlockBytes {
            hash: BlockHash([1; 32]),
            bytes,
        };
        assert_eq!(follower.pipeline.block_hash(&block.bytes), None);
        let verdict = follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault");
        assert!(matches!(verdict, Verdict::Invalid(_)));
    }
}

#[tokio::test]
async fn a_failed_call_stays_in_the_block_and_the_nonce_is_used() {
    let node = node();
    let genesis = node.pipeline.genesis();
    let failing = withdraw_unknown_node(genesis, 2, 0);
    node.pipeline
        .pool()
        .submit(TransactionSource::Local, failing)
        .await
        .expect("it is valid");
    let block = node.advance().await;
    assert_eq!(extrinsics(&block).len(), 2);
    assert_eq!(nonce(&node, block.hash, 2).await, 1);
}

async fn nonce(node: &Node<MemoryStore>, at: BlockHash, sender: u8) -> u32 {
    let executor = node.pipeline.executor().clone();
    let account = sp_core::Pair::public(&chain::account(sender)).0;
    let job = move || executor.state_call_as(&at, "AccountNonceApi_account_nonce", &account);
    node.pipeline
        .reading()
        .run(job)
        .await
        .expect("no panic")
        .expect("the method is there")
}

#[tokio::test]
async fn a_broken_disk_is_a_fault_and_never_a_verdict() {
    let (_, block) = with_transactions(1).await;
    let follower = node();
    follower.store.is_broken.store(true, Ordering::SeqCst);
    let checked = follower.check(&block, Freshness::Fresh).await;
    assert!(checked.is_err(), "{checked:?}");
    follower.store.is_broken.store(false, Ordering::SeqCst);
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
}

#[tokio::test]
async fn a_node_whose_state_is_lost_says_so_and_does_not_start() {
    let store = Arc::new(MemoryStore::default());
    Node::start(store.clone()).stop().await;
    store.lose_state();
    let refusal = Node::try_start(store, Specs::default()).map(|_| ());
    let text = refusal.expect_err("its state is gone").to_string();
    assert!(
        text.contains("trie node") && text.contains("missing"),
        "{text}"
    );
}

#[tokio::test]
async fn nothing_executes_twice() {
    let (_, block) = with_transactions(1).await;
    let follower = node();
    follower
        .check(&block, Freshness::Fresh)
        .await
        .expect("no fault");
    // From here on nothing can be executed any more, and nothing needs to be.
    follower.store.is_broken.store(true, Ordering::SeqCst);
    assert_eq!(
        follower
            .check(&block, Freshness::Fresh)
            .await
            .expect("no fault"),
        Verdict::Valid
    );
}

#[tokio::test]
async fn an_unsupported_specification_halts_with_what_to_do() {
    let store = Arc::new(MemoryStore::default());
    drop(Node::start(store.clone()));
    let refusal = Node::try_start(store, Specs::new(&[]))
        .map(|_| ())
        .expect_err("spec 1 is not there");
    let text = refusal.to_string();
    assert!(
        text.contains("specification 1") && text.contains("install"),
        "{text}"
    );
}

#[tokio::test]
async fn reads_of_old_and_new_states_and_their_proofs_agree() {
    let (node, block) = with_transactions(1).await;
    let genesis = node.pipeline.genesis();
    node.commit(&block).await;
    let executor = node.pipeline.executor();
    let keys = executor
        .keys_paged(&block.hash, &[], None, 1_000)
        .expect("the state is there");
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]) && keys.len() > 20);
    let paged = executor
        .keys_paged(&block.hash, &[], Some(&keys[4]), 3)
        .expect("the state is there");
    assert_eq!(paged, keys[5..8]);
    let proof = executor
        .read_proof(&block.hash, &keys[..3])
        .expect("the state is there");
    let root = executor
        .header(&block.hash)
        .expect("it is final")
        .state_root;
    for key in &keys[..3] {
        let value = executor
            .storage(&block.hash, key)
            .expect("the state is there");
        let proved = sp_state_machine::read_proof_check::<sp_runtime::traits::BlakeTwo256, _>(
            root,
            sp_trie::StorageProof::new(proof.iter().cloned()),
            [key],
        )
        .expect("the proof holds");
        assert_eq!(proved.get(key.as_slice()), Some(&value));
    }
    let number = |at| {
        executor.storage(
            &at,
            &[
                sp_io::hashing::twox_128(b"System"),
                sp_io::hashing::twox_128(b"Number"),
            ]
            .concat(),
        )
    };
    assert_eq!(number(block.hash).expect("state"), Some(1u32.encode()));
    assert_eq!(number(genesis).expect("state"), None);
}

#[tokio::test]
async fn a_call_that_does_not_exist_or_does_not_decode_is_an_error_of_its_own() {
    let node = node();
    let genesis = node.pipeline.genesis();
    let executor = node.pipeline.executor().clone();
    let answers = node.pipeline.reading().run(move || {
        let unknown = executor.state_call(&genesis, "Nothing_here", &[]);
        let garbage = executor.state_call(&genesis, "AccountNonceApi_account_nonce", &[1]);
        let good = executor.state_call_as::<HeightParameters>(
            &genesis,
            "MusubiApi_height_parameters",
            &[],
        );
        let nowhere = executor.state_call(&BlockHash([3; 32]), "Core_version", &[]);
        (unknown, garbage, good, nowhere)
    });
    let (unknown, garbage, good, nowhere) = answers.await.expect("no panic escapes");
    assert!(matches!(
        unknown,
        Err(ReadError::Call(CallError::UnknownMethod(_)))
    ));
    assert!(matches!(
        garbage,
        Err(ReadError::Call(CallError::Panicked(_)))
    ));
    assert_eq!(
        good.expect("genesis has parameters")
            .validators
            .validators()
            .len(),
        4
    );
    assert!(matches!(nowhere, Err(ReadError::UnknownBlock(_))));
}

#[tokio::test]
async fn the_header_anchors_every_earlier_header() {
    let node = node();
    let mut hashes = vec![node.pipeline.genesis()];
    for _ in 0..6 {
        hashes.push(node.advance().await.hash);
    }
    let newest = node
        .pipeline
        .executor()
        .header(&hashes[6])
        .expect("it is final");
    let anchor = newest.digest.logs.iter().find_map(|item| match item {
        DigestItem::Consensus(id, bytes) if *id == musubi_primitives::anchor::ENGINE_ID => {
            Anchor::decode(&mut &bytes[..]).ok()
        }
        _ => None,
    });
    let anchor = anchor.expect("every header carries an anchor");
    for (index, hash) in (0u64..6).zip(&hashes) {
        let lookup = |position| node.store.mountain_node(position).expect("memory");
        let proof = LeafProof::build(6, index, lookup).expect("the store keeps every node");
        let leaf = musubi_primitives::mountain_range::leaf_hash(&H256(hash.0).0);
        assert!(
            proof.verifies(&anchor.history_root, &leaf),
            "header {index}"
        );
    }
}
