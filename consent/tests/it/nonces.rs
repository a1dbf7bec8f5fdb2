//! A nonce counts once, at its terminal, in its time, and only if its verifier issued it.

use codec::Encode as _;
use musubi_consent::nonce::{
    BATCH_NONCES_MAX, BATCH_PERIOD_MAX, HAND_IN_MAX, IssuedNonce, NonceBatch, NonceBook,
    NonceError, NonceUse, SIGNED_AGE_MAX, SignedNonceBatch,
};
use musubi_primitives::{AccountId, BlockHash, MemberId, VerifyingKey};

use crate::support::{GENESIS, NOW};

const TERMINAL: AccountId = AccountId([6; 32]);

fn key() -> ed25519_zebra::SigningKey {
    ed25519_zebra::SigningKey::from([1; 32])
}

fn verifier() -> VerifyingKey {
    VerifyingKey(ed25519_zebra::VerificationKey::from(&key()).into())
}

fn batch() -> NonceBatch {
    NonceBatch {
        genesis: GENESIS,
        verifier: MemberId(1),
        terminal: TERMINAL,
        not_before: NOW,
        not_after: NOW + 3_600_000,
        nonces: vec![[1; 32], [2; 32]],
    }
}

fn signed(batch: NonceBatch) -> SignedNonceBatch {
    let signature = key().sign(&batch.signing_bytes()).to_bytes();
    SignedNonceBatch { batch, signature }
}

fn check(batch: &SignedNonceBatch) -> Result<(), NonceError> {
    batch.check(&GENESIS, &verifier(), &TERMINAL, NOW)
}

#[test]
fn a_terminal_accepts_its_own_batch_and_no_other() {
    let good = signed(batch());
    assert_eq!(SignedNonceBatch::parse(&good.encode()), Ok(good.clone()));
    assert_eq!(check(&good), Ok(()));
    let elsewhere = AccountId([7; 32]);
    assert_eq!(
        good.check(&GENESIS, &verifier(), &elsewhere, NOW),
        Err(NonceError::OtherTerminal)
    );
    assert_eq!(
        good.check(&BlockHash([0; 32]), &verifier(), &TERMINAL, NOW),
        Err(NonceError::OtherChain)
    );
    for now in [NOW - 1, NOW + 3_600_000] {
        assert_eq!(
            good.check(&GENESIS, &verifier(), &TERMINAL, now),
            Err(NonceError::OutsidePeriod)
        );
    }
}

#[test]
fn an_altered_or_oversized_batch_is_refused() {
    let mut altered = signed(batch());
    altered.batch.nonces.push([3; 32]);
    assert_eq!(check(&altered), Err(NonceError::Forged));
    let too_long = NonceBatch {
        not_after: NOW + BATCH_PERIOD_MAX + 1,
        ..batch()
    };
    assert_eq!(check(&signed(too_long)), Err(NonceError::Malformed));
    let too_many = signed(NonceBatch {
        nonces: vec![[1; 32]; BATCH_NONCES_MAX + 1],
        ..batch()
    });
    assert_eq!(check(&too_many), Err(NonceError::Malformed));
    assert_eq!(
        SignedNonceBatch::parse(&[0; 64]),
        Err(NonceError::Malformed)
    );
}

#[test]
fn a_nonce_is_spent_once_at_its_terminal_in_its_time() {
    let mut book = NonceBook::default();
    book.issue(&batch(), NonceUse::Document);
    assert_eq!(
        book.spend(&[9; 32], &TERMINAL, NOW),
        Err(NonceError::Unknown)
    );
    assert_eq!(
        book.spend(&[1; 32], &AccountId([7; 32]), NOW),
        Err(NonceError::OtherTerminal)
    );
    assert_eq!(
        book.spend(&[1; 32], &TERMINAL, NOW + 3_600_000),
        Err(NonceError::OutsidePeriod)
    );
    assert_eq!(book.spend(&[1; 32], &TERMINAL, NOW), Ok(()));
    assert_eq!(book.spend(&[1; 32], &TERMINAL, NOW), Err(NonceError::Spent));
    book.issue(&batch(), NonceUse::Document);
    assert_eq!(
        book.spend(&[1; 32], &TERMINAL, NOW),
        Err(NonceError::Spent),
        "issuing again revives nothing"
    );
    assert_eq!(book.spend(&[2; 32], &TERMINAL, NOW), Ok(()));
}

#[test]
fn a_forgotten_nonce_stays_refused() {
    let mut book = NonceBook::default();
    book.issue(&batch(), NonceUse::Document);
    book.forget_before(NOW + 3_600_001 + SIGNED_AGE_MAX);
    assert_eq!(
        book.spend(&[1; 32], &TERMINAL, NOW),
        Err(NonceError::Unknown)
    );
}

fn issued(nonce_use: NonceUse) -> IssuedNonce {
    IssuedNonce::of(&batch(), nonce_use)
}

#[test]
fn what_is_signed_must_come_back_as_soon_as_its_nonce_was_meant_for() {
    let end = NOW + 3_600_000;
    let latest = [
        (NonceUse::Document, NOW + SIGNED_AGE_MAX),
        (NonceUse::CheckIn, end - 1),
        (NonceUse::Offline, end + HAND_IN_MAX),
    ];
    for (nonce_use, latest) in latest {
        let nonce = issued(nonce_use);
        assert_eq!(nonce.require_in_time(NOW, latest), Ok(()), "{nonce_use:?}");
        let late = nonce.require_in_time(NOW, latest + 1);
        assert_eq!(late, Err(NonceError::TooLate), "{nonce_use:?}");
    }
}

#[test]
fn a_nonce_is_remembered_as_long_as_something_under_it_may_come_back() {
    let end = NOW + 3_600_000;
    assert!(!issued(NonceUse::Offline).is_over(end + HAND_IN_MAX));
    assert!(issued(NonceUse::Offline).is_over(end + HAND_IN_MAX + 1));
    assert!(issued(NonceUse::CheckIn).is_over(end + 1));
}

#[test]
fn a_terminal_carries_what_it_may_still_use_without_a_network() {
    let nonce = issued(NonceUse::Offline);
    assert!(nonce.is_carried_by(&TERMINAL, NOW));
    assert!(!nonce.is_carried_by(&AccountId([7; 32]), NOW));
    assert!(!nonce.is_carried_by(&TERMINAL, NOW + 3_600_000));
    assert!(
        !nonce
            .spend(&TERMINAL, NOW)
            .unwrap()
            .is_carried_by(&TERMINAL, NOW)
    );
    assert!(!issued(NonceUse::Document).is_carried_by(&TERMINAL, NOW));
}
