//! Extrinsics: what the SDK signs is what the runtime checks, for ever and in windows, short and long.

use codec::{DecodeAll, Encode};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    calls::{access, consent},
    extrinsics::{Call, ChainContext, Mortality, account_of, prepare},
};
use musubi_primitives::{
    AssuranceLevel, BlockHash, CategorySet, Commitment, ConsentId, MemberId, Pseudonym, Purpose,
    SessionId, Terms,
};
use musubi_runtime::{RuntimeCall, SignedPayload, UncheckedExtrinsic, extension::tx_extension};
use sp_core::H256;
use sp_runtime::{
    MultiAddress,
    generic::{Era, Preamble},
};

const GENESIS: BlockHash = BlockHash([1; 32]);
const KNOWN: BlockHash = BlockHash([2; 32]);
const CHAIN: ChainContext = ChainContext {
    genesis: GENESIS,
    spec_version: 3,
    transaction_version: 4,
};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn long_call() -> Call {
    let terms = Terms {
        subject: Pseudonym([1; 32]),
        guardian: Pseudonym([2; 32]),
        recipient: MemberId(3),
        purpose: Purpose::ChildCare,
        categories: CategorySet::EMPTY,
        not_before: 0,
        not_after: 1,
        statement: Commitment([3; 32]),
        nonce: [4; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
    };
    consent::propose(ConsentId([6; 32]), &terms, None)
}

/// What the runtime would have signed.
fn runtime_payload(call: &Call, nonce: u32, era: Era, known: BlockHash) -> Vec<u8> {
    let call = RuntimeCall::decode_all(&mut call.0.as_slice())
        .expect("the SDK makes calls of the runtime");
    let implied = (
        (),
        CHAIN.spec_version,
        CHAIN.transaction_version,
        H256(GENESIS.0),
        H256(known.0),
        (),
        (),
    );
    SignedPayload::from_raw(call, tx_extension(era, nonce), implied).using_encoded(<[u8]>::to_vec)
}

fn check(call: Call, nonce: u32, mortality: Mortality, era: Era, known: BlockHash) {
    let unsigned = prepare(&CHAIN, account_of(&key()), nonce, mortality, call.clone());
    assert_eq!(
        unsigned.payload_to_sign(),
        runtime_payload(&call, nonce, era, known)
    );
    let extrinsic = unsigned.sign(&key()).expect("the key is the account's");
    let decoded = UncheckedExtrinsic::decode_all(&mut extrinsic.bytes.as_slice())
        .expect("the runtime reads the extrinsic");
    assert_eq!(decoded.encode(), extrinsic.bytes);
    assert_eq!(decoded.function.encode(), call.0);
    let Preamble::Signed(MultiAddress::Id(sender), _, extension) = decoded.preamble else {
        panic!("the extrinsic is signed")
    };
    assert_eq!(<[u8; 32]>::from(sender), account_of(&key()).0);
    assert_eq!(extension.encode(), tx_extension(era, nonce).encode());
}

#[test]
fn the_runtime_reads_and_would_sign_the_same() {
    for call in [access::close_session(SessionId([7; 32])), long_call()] {
        for nonce in [0, 63, 64, 70_000] {
            check(
                call.clone(),
                nonce,
                Mortality::Immortal,
                Era::Immortal,
                GENESIS,
            );
            let mortality = Mortality::Mortal {
                period: 64,
                height: 1000,
                block: KNOWN,
            };
            check(call.clone(), nonce, mortality, Era::mortal(64, 1000), KNOWN);
        }
    }
}
