//! Following validators: honest steps lead on, forged ones nowhere.

use crate::chain::{Chain, set};
use musubi_client_sdk::proofs::{Checkpoint, FollowError};
use musubi_primitives::finality::CertificateError;

const FOUR: [u8; 4] = [1, 2, 3, 4];

/// Ten blocks by four validators; a fifth joins and the first leaves, active from height 7.
fn chain_with_change() -> Chain {
    let mut chain = Chain::new(&FOUR);
    chain.blocks(4);
    chain.block(&[], Default::default(), &[2, 3, 4, 5]);
    chain.blocks(5);
    chain
}

#[test]
fn one_step_leads_from_genesis_to_any_height() {
    let chain = chain_with_change();
    for height in 1..=chain.height() {
        let (checkpoint, header) = chain.genesis().follow(&chain.step(height)).unwrap();
        assert_eq!((header.height, header.hash), (height, chain.hash(height)));
        assert_eq!(
            (checkpoint.height, checkpoint.block),
            (height, chain.hash(height))
        );
    }
}

#[test]
fn the_set_that_a_header_names_decides_two_heights_later() {
    let chain = chain_with_change();
    let (at_six, _) = chain.genesis().follow(&chain.step(6)).unwrap();
    assert_eq!(at_six.validators, set(&FOUR));
    let (at_seven, _) = at_six.follow(&chain.step(7)).unwrap();
    assert_eq!(at_seven.validators, set(&[2, 3, 4, 5]));
}

#[test]
fn a_set_that_the_chain_does_not_name_is_refused() {
    let chain = chain_with_change();
    let stale = chain.step_signed_by(8, &FOUR, &FOUR);
    assert_eq!(
        chain.genesis().follow(&stale),
        Err(FollowError::Validators { height: 8 })
    );
    let early = chain.step_signed_by(2, &[2, 3, 4, 5], &[2, 3, 4, 5]);
    assert_eq!(
        chain.genesis().follow(&early),
        Err(FollowError::Validators { height: 2 })
    );
}

#[test]
fn a_set_named_at_another_height_or_by_nobody_is_refused() {
    let chain = chain_with_change();
    let mut step = chain.step(8);
    step.named_by = Some(chain.ancestor(4, 8));
    assert_eq!(
        chain.genesis().follow(&step),
        Err(FollowError::Validators { height: 8 })
    );
    step.named_by = None;
    assert_eq!(
        chain.genesis().follow(&step),
        Err(FollowError::Validators { height: 8 })
    );
}

#[test]
fn two_of_four_signatures_do_not_finalise() {
    let chain = chain_with_change();
    let source = CertificateError::NoQuorum {
        signed: 2,
        total: 4,
    };
    let step = chain.step_signed_by(5, &FOUR, &[1, 2]);
    assert_eq!(
        chain.genesis().follow(&step),
        Err(FollowError::Certificate { height: 5, source })
    );
}

#[test]
fn a_chain_made_up_by_strangers_is_refused() {
    let (chain, mut forged) = (chain_with_change(), Chain::new(&[11, 12, 13, 14]));
    forged.blocks(6);
    let trusted = Checkpoint {
        genesis: forged.hash(0),
        block: forged.hash(0),
        ..chain.genesis()
    };
    assert_eq!(
        trusted.follow(&forged.step(6)),
        Err(FollowError::TooFewTrusted {
            height: 6,
            signed: 0,
            total: 4
        })
    );
}

#[test]
fn a_third_of_the_trusted_power_is_too_little_to_jump_over_a_change() {
    let mut chain = Chain::new(&[1, 2, 3]);
    chain.block(&[], Default::default(), &[3, 4, 5]);
    chain.blocks(5);
    let jump = chain.genesis().follow(&chain.step(6));
    assert_eq!(
        jump,
        Err(FollowError::TooFewTrusted {
            height: 6,
            signed: 1,
            total: 3
        })
    );
}

#[test]
fn nobody_goes_back() {
    let chain = chain_with_change();
    let (at_five, _) = chain.genesis().follow(&chain.step(5)).unwrap();
    assert_eq!(
        at_five.follow(&chain.step(5)),
        Err(FollowError::NotNewer {
            height: 5,
            trusted: 5
        })
    );
}

#[test]
fn a_certificate_of_another_height_is_refused() {
    let chain = chain_with_change();
    let mut step = chain.step(5);
    step.certificate = chain.step(6).certificate;
    assert_eq!(
        chain.genesis().follow(&step),
        Err(FollowError::CertificateOfAnotherBlock { height: 5 })
    );
}
