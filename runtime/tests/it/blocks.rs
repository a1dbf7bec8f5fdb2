//! Blocks: what a proposer builds, a follower executes to the same state, and nothing else.

use crate::chain::{Chain, account, pair};
use codec::{Decode, Encode};
use musubi_primitives::{AccountId, HpkeKey, MemberKind, Role, VerifyingKey};
use musubi_runtime::{
    RuntimeCall, RuntimeEvent,
    signature::{self, SignatureClaim},
};
use pallet_consortium::{member::MemberKeys, proposal::Action};
use sp_core::{H256, Pair};
use sp_runtime::{
    MultiSignature,
    generic::Preamble,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};

fn register(seed: u8) -> RuntimeCall {
    let call = pallet_consortium::Call::register_key {
        account: account(seed),
        role: Role::Nurse,
        hpke: HpkeKey([seed; 32]),
        until: 1_000_000,
    };
    RuntimeCall::Consortium(call)
}

#[test]
fn a_follower_reaches_the_same_state() {
    let mut chain = Chain::new();
    for nonce in 0..3u8 {
        let transactions = vec![
            chain.sign(1, nonce.into(), register(60 + nonce)),
            chain.sign(2, nonce.into(), register(70 + nonce)),
        ];
        let built = chain.extend(transactions);
        assert!(
            built.results.iter().all(|result| *result == Ok(Ok(()))),
            "{:?}",
            built.results
        );
    }
}

#[test]
fn a_header_that_lies_about_the_state_is_refused() {
    let chain = Chain::new();
    let mut block = chain.build(vec![]).block;
    block.header.state_root = H256::repeat_byte(1);
    assert!(
        chain
            .execute(block)
            .is_err_and(|error| error.contains("root"))
    );
}

#[test]
fn every_header_carries_one_anchor_with_the_voted_validators() {
    let mut chain = Chain::new();
    let anchors = chain.extend(vec![]).anchors();
    let next = musubi_primitives::finality::ValidatorSet::decode(
        &mut &chain.call("MusubiApi_next_validators", &())[..],
    )
    .expect("a set");
    assert_eq!(anchors.len(), 1);
    assert_eq!(anchors[0].next_validators, next.hash());
}

#[test]
fn strangers_replays_and_forgeries_are_refused() {
    let mut chain = Chain::new();
    let good = chain.sign(1, 0, register(60));
    let stranger = chain.sign(99, 0, register(61));
    let early = chain.sign(2, 1, register(62));
    let mut forged = chain.sign(3, 0, register(63));
    forged.function = register(64);
    forged.encoded_call = None;
    let built = chain.extend(vec![good.clone(), good.clone(), stranger, early, forged]);
    let refusals: Vec<_> = built
        .results
        .iter()
        .map(|result| result.as_ref().err().copied())
        .collect();
    let invalid = |reason: InvalidTransaction| Some(TransactionValidityError::Invalid(reason));
    assert_eq!(
        refusals,
        [
            None,
            invalid(InvalidTransaction::Stale),
            invalid(InvalidTransaction::Payment),
            invalid(InvalidTransaction::Future),
            invalid(InvalidTransaction::BadProof)
        ]
    );
    assert_eq!(built.block.extrinsics.len(), 2);
}

#[test]
fn no_block_takes_a_system_call_or_a_signed_inherent() {
    let chain = Chain::new();
    let remark = chain.sign(
        1,
        0,
        RuntimeCall::System(frame_system::Call::remark {
            remark: b"free text".to_vec(),
        }),
    );
    let code = chain.sign(
        1,
        0,
        RuntimeCall::System(frame_system::Call::set_code { code: vec![] }),
    );
    let time = chain.sign(
        1,
        0,
        RuntimeCall::Timestamp(pallet_timestamp::Call::set { now: 9 }),
    );
    let bare = musubi_runtime::UncheckedExtrinsic::new_bare(register(60));
    let built = chain.build(vec![remark, code, time, bare]);
    assert!(
        built
            .results
            .iter()
            .all(|result| *result == Err(InvalidTransaction::Call.into())),
        "{:?}",
        built.results
    );
}

#[test]
fn only_ed25519_signs() {
    let chain = Chain::new();
    let mut transaction = chain.sign(1, 0, register(60));
    let Preamble::Signed(_, signature, _) = &mut transaction.preamble else {
        panic!("signed")
    };
    let sr25519 = sp_core::sr25519::Pair::from_seed(&[1; 32]).sign(b"anything");
    *signature = MultiSignature::Sr25519(sr25519).into();
    assert_eq!(
        chain.build(vec![transaction]).results,
        [Err(InvalidTransaction::BadProof.into())]
    );
}

#[test]
fn a_known_signature_is_not_verified_again_and_a_changed_transaction_is() {
    let mut chain = Chain::new();
    let mut transaction = chain.sign(1, 0, register(60));
    let Preamble::Signed(_, signature, _) = &mut transaction.preamble else {
        panic!("signed")
    };
    *signature = pair(2).sign(b"wrong on purpose").into();
    assert_eq!(
        chain.build(vec![transaction.clone()]).results,
        [Err(InvalidTransaction::BadProof.into())]
    );
    chain.known = |_| true;
    assert_eq!(chain.build(vec![transaction]).results, [Ok(Ok(()))]);
}

#[test]
fn the_claim_of_a_transaction_is_what_execution_verifies() {
    let chain = Chain::new();
    let long = RuntimeCall::Consortium(pallet_consortium::Call::propose {
        action: Action::Admit {
            kind: MemberKind::Clinic,
            keys: MemberKeys {
                operator: AccountId([9; 32]),
                verifier: VerifyingKey([9; 32]),
                hpke: HpkeKey([9; 32]),
            },
        },
    });
    for call in [register(60), long] {
        let transaction = chain.sign(1, 0, call);
        let bytes = transaction.encode();
        let received =
            musubi_runtime::UncheckedExtrinsic::decode(&mut &bytes[..]).expect("its own encoding");
        let claim = chain
            .read(|| {
                signature::prepare(chain.head.hash());
                SignatureClaim::of(&received)
            })
            .expect("a signed transaction");
        assert!(claim.verify());
        let other = SignatureClaim {
            payload: [claim.payload.clone(), vec![0]].concat(),
            ..claim.clone()
        };
        assert!(!other.verify() && other.key() != claim.key());
    }
}

#[test]
fn events_tell_what_happened() {
    let mut chain = Chain::new();
    let transaction = chain.sign(1, 0, register(60));
    let events = chain.extend(vec![transaction]).events;
    assert!(events.iter().any(|event| matches!(
        event,
        RuntimeEvent::Consortium(pallet_consortium::Event::KeyRegistered { .. })
    )));
}
