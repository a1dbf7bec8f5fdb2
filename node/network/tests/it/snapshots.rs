//! Joining by snapshot: what is verified, and what a lying peer achieves.

use crate::villages::{Archive, GENESIS, node_key, sees, village};
use codec::Encode;
use musubi_node_network::{
    FinalBlock, FollowError, Follower, Keypair, SnapshotError, fetch_snapshot,
};
use musubi_primitives::{
    BlockHash, MemberId,
    anchor::{Anchor, ENGINE_ID},
    finality::{CommitCertificate, CommitSignature, Validator, ValidatorSet, Vote, VoteKind},
};
use sp_core::{Blake2Hasher, H256};
use sp_runtime::{
    Digest, DigestItem, generic,
    traits::{BlakeTwo256, Header as _},
};
use sp_trie::TrieConfiguration;
use std::{collections::BTreeMap, sync::Arc};

type Header = generic::Header<u32, BlakeTwo256>;
type State = BTreeMap<Vec<u8>, Vec<u8>>;

fn set(numbers: &[u8]) -> ValidatorSet {
    let validators = numbers.iter().map(|number| Validator {
        key: node_key(*number),
        member: MemberId(0),
        power: 1,
    });
    ValidatorSet::new(validators.collect()).unwrap()
}

fn state() -> State {
    (0..100u32)
        .map(|at| (at.to_be_bytes().to_vec(), vec![7; at as usize]))
        .collect()
}

/// A final block on top of `parent`, decided by `deciders`, which names `after` for the block after next.
fn block(
    height: u32,
    parent: BlockHash,
    state: &State,
    deciders: &[u8],
    after: &[u8],
) -> FinalBlock {
    let anchor = Anchor {
        trail_root: [0; 32],
        trail_rows: 0,
        next_validators: set(after).hash(),
        history_root: [0; 32],
    };
    let digest = Digest {
        logs: vec![DigestItem::Consensus(ENGINE_ID, anchor.encode())],
    };
    let root = sp_trie::LayoutV1::<Blake2Hasher>::trie_root(state);
    let header = Header::new(height, H256::zero(), root, H256(parent.0), digest);
    let hash = BlockHash(header.hash().0);
    let sign = |number: &u8| {
        let vote = Vote {
            kind: VoteKind::Precommit,
            height: height.into(),
            round: 0,
            block: Some(hash),
            validator: node_key(*number),
        };
        let pair = Keypair::ed25519_from_bytes([*number; 32]).unwrap();
        let signature = pair
            .sign(&vote.signing_bytes(&GENESIS))
            .unwrap()
            .try_into()
            .unwrap();
        CommitSignature {
            validator: node_key(*number),
            signature,
        }
    };
    let signatures = deciders.iter().map(sign).collect();
    let certificate = CommitCertificate {
        height: height.into(),
        round: 0,
        block: hash,
        signatures,
    };
    FinalBlock {
        header: header.encode(),
        certificate,
        validators: set(deciders),
    }
}

fn hash(block: &FinalBlock) -> BlockHash {
    block.certificate.block
}

/// Three blocks; village 4 joins the validators for block 3.
fn chain() -> Vec<FinalBlock> {
    let first = block(1, GENESIS, &State::new(), &[1, 2, 3], &[1, 2, 3, 4]);
    let second = block(2, hash(&first), &State::new(), &[1, 2, 3], &[1, 2, 3, 4]);
    let third = block(3, hash(&second), &state(), &[1, 2, 3, 4], &[1, 2, 3, 4]);
    vec![first, second, third]
}

fn follower() -> Follower {
    Follower::from_genesis(GENESIS, &set(&[1, 2, 3]))
}

/// What a node that joins gets from a village with this archive.
async fn join(archive: Archive) -> Result<State, SnapshotError> {
    let holder = village(1, 2, vec![], Arc::new(archive)).await;
    let joiner = village(2, 2, vec![holder.address.clone()], Arc::default()).await;
    sees(&joiner, 1).await;
    fetch_snapshot(&joiner.network, follower())
        .await
        .map(|snapshot| snapshot.pairs)
}

#[tokio::test]
async fn a_late_node_gets_verified_state_in_pieces() {
    let archive = Archive {
        blocks: chain(),
        state: state(),
        chunk_pairs: 9,
        ..Archive::default()
    };
    assert_eq!(join(archive).await, Ok(state()));
}

#[tokio::test]
async fn state_that_was_tampered_with_is_refused() {
    let mut forged = state();
    forged.insert(vec![0, 0, 0, 5], b"forged".to_vec());
    let archive = Archive {
        blocks: chain(),
        state: forged,
        chunk_pairs: 50,
        ..Archive::default()
    };
    assert_eq!(join(archive).await, Err(SnapshotError::WrongState(3)));
}

#[test]
fn only_the_committed_validators_are_followed() {
    let blocks = chain();
    let mut follower = follower();
    follower.advance(&blocks[0]).unwrap();
    let coup = block(2, hash(&blocks[0]), &State::new(), &[5, 6, 7], &[5, 6, 7]);
    assert_eq!(
        follower.advance(&coup),
        Err(FollowError::OtherValidators(2))
    );
    let minority = FinalBlock {
        validators: set(&[1, 2, 3]),
        ..block(2, hash(&blocks[0]), &State::new(), &[1, 2], &[1, 2])
    };
    assert!(matches!(
        follower.advance(&minority),
        Err(FollowError::Certificate { height: 2, .. })
    ));
    assert_eq!(
        follower.advance(&blocks[2]),
        Err(FollowError::NotTheChild { height: 2 })
    );
    let borrowed = FinalBlock {
        certificate: blocks[0].certificate.clone(),
        ..blocks[1].clone()
    };
    assert_eq!(follower.advance(&borrowed), Err(FollowError::OtherBlock(2)));
    follower.advance(&blocks[1]).unwrap();
    follower.advance(&blocks[2]).unwrap();
    assert_eq!(follower.height(), 3);
}
