//! Signatures hold for one chain and one meaning, and are the ones that light clients check.

use arc_malachitebft_core_types::{
    Context, NilOrVal, Round, SignedMessage, Validator as _, ValidatorSet as _,
};
use arc_malachitebft_signing::{Signer, Verifier};
use arc_malachitebft_signing_ed25519::{PublicKey, Signature};
use musubi_node_consensus::{
    NodeKey,
    context::MusubiContext,
    height::Height,
    proposal::Proposal,
    signing::{SignatureCheck, VoteSigner},
    validator::{ConsensusKey, UnusableValidators, Validators},
    value::BlockValue,
    vote::Vote,
};
use musubi_primitives::{
    BlockHash, VerifyingKey,
    finality::{Validator, ValidatorSet, verify_ed25519},
    member::MemberId,
};
use tokio::sync::mpsc;

const GENESIS: BlockHash = BlockHash([1; 32]);
const BLOCK: BlockHash = BlockHash([2; 32]);

fn key(index: u8) -> NodeKey {
    NodeKey::from_seed([index; 32])
}

fn public(index: u8) -> PublicKey {
    PublicKey::from_bytes(key(index).public().0).unwrap()
}

async fn signed_vote() -> SignedMessage<MusubiContext, Vote> {
    let vote = MusubiContext.new_precommit(
        Height(3),
        Round::new(1),
        NilOrVal::Val(BLOCK),
        ConsensusKey(key(4).public()),
    );
    VoteSigner::new(key(4), GENESIS)
        .sign_vote(vote)
        .await
        .unwrap()
}

async fn signed_proposal() -> SignedMessage<MusubiContext, Proposal> {
    let proposer = ConsensusKey(key(4).public());
    let proposal = MusubiContext.new_proposal(
        Height(3),
        Round::new(1),
        BlockValue(BLOCK),
        Round::Nil,
        proposer,
    );
    VoteSigner::new(key(4), GENESIS)
        .sign_proposal(proposal)
        .await
        .unwrap()
}

fn check(genesis: BlockHash) -> (SignatureCheck, mpsc::Receiver<Proposal>) {
    let (sender, proposals) = mpsc::channel(4);
    (SignatureCheck::new(genesis, sender), proposals)
}

#[tokio::test]
async fn a_precommit_is_signed_as_light_clients_check_it() {
    let signed = signed_vote().await;
    let message = signed.message.plain().signing_bytes(&GENESIS);
    assert!(verify_ed25519(
        &key(4).public(),
        &signed.signature.to_bytes(),
        &message
    ));
}

#[tokio::test]
async fn a_vote_holds_for_its_signer_and_its_chain_only() {
    let signed = signed_vote().await;
    let verify = async |genesis, who, signature: &Signature| {
        check(genesis)
            .0
            .verify_signed_vote(&signed.message, signature, &public(who))
            .await
            .unwrap()
            .is_valid()
    };
    assert!(verify(GENESIS, 4, &signed.signature).await);
    assert!(!verify(BLOCK, 4, &signed.signature).await);
    assert!(!verify(GENESIS, 5, &signed.signature).await);
    assert!(!verify(GENESIS, 4, &signed_proposal().await.signature).await);
}

#[tokio::test]
async fn only_proposals_whose_signature_holds_are_passed_on() {
    let signed = signed_proposal().await;
    let (good, mut passed) = check(GENESIS);
    assert!(
        good.verify_signed_proposal(&signed.message, &signed.signature, &public(4))
            .await
            .unwrap()
            .is_valid()
    );
    assert_eq!(passed.try_recv().unwrap(), signed.message);
    let other = Proposal {
        polka_round: Some(0),
        ..signed.message.clone()
    };
    assert!(
        good.verify_signed_proposal(&other, &signed.signature, &public(4))
            .await
            .unwrap()
            .is_invalid()
    );
    assert!(
        good.verify_signed_proposal(&signed.message, &signed.signature, &public(5))
            .await
            .unwrap()
            .is_invalid()
    );
    assert!(passed.try_recv().is_err());
}

#[tokio::test]
async fn a_validator_proof_holds_for_its_own_keys_only() {
    let signer = VoteSigner::new(key(4), GENESIS);
    let mut proof = signer
        .sign_validator_proof(key(4).public().0.to_vec(), vec![1, 2, 3])
        .await
        .unwrap();
    let (check, _) = check(GENESIS);
    assert!(
        check
            .verify_validator_proof(&proof)
            .await
            .unwrap()
            .is_valid()
    );
    proof.peer_id = vec![1, 2, 4];
    assert!(
        check
            .verify_validator_proof(&proof)
            .await
            .unwrap()
            .is_invalid()
    );
    proof.public_key = vec![0; 3];
    assert!(
        check
            .verify_validator_proof(&proof)
            .await
            .unwrap()
            .is_invalid()
    );
}

fn set(keys: impl IntoIterator<Item = VerifyingKey>) -> ValidatorSet {
    let validators = keys.into_iter().map(|key| Validator {
        key,
        member: MemberId(1),
        power: 2,
    });
    ValidatorSet::new(validators.collect()).unwrap()
}

#[test]
fn validators_take_turns_by_height_and_by_round() {
    let validators = Validators::new(&set((1..=4).map(|index| key(index).public()))).unwrap();
    let proposer = |height, round| *validators.proposer(height, round).address();
    let one_cycle: std::collections::BTreeSet<_> = (0..4).map(|round| proposer(9, round)).collect();
    assert_eq!(one_cycle.len(), 4);
    assert_eq!(proposer(9, 1), proposer(10, 0));
    assert_eq!(
        proposer(u64::MAX, u32::MAX),
        proposer(u64::MAX, u32::MAX - 4)
    );
    assert_eq!(
        (validators.count(), validators.total_voting_power()),
        (4, 8)
    );
    assert!(
        validators
            .get_by_address(&ConsensusKey(key(3).public()))
            .is_some()
    );
    assert!(
        validators
            .get_by_address(&ConsensusKey(key(5).public()))
            .is_none()
    );
}

#[test]
fn a_set_with_a_key_that_is_none_is_refused() {
    let no_point = VerifyingKey(std::array::from_fn(|at| u8::from(at < 31)));
    assert_eq!(
        Validators::new(&set([no_point])),
        Err(UnusableValidators::BadKey(no_point))
    );
}
