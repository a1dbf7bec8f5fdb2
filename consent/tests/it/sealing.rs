//! Evidence opens for the municipality it was sealed to, about what it was sealed about, and unaltered.

use musubi_consent::evidence::{
    EVIDENCE_BYTES_MAX, EvidenceError, HandedOver, HpkePrivateKey, SealedEvidence,
};
use musubi_primitives::Salt;

use crate::support::{evidence, statement};

const ABOUT: [u8; 32] = [1; 32];

#[test]
fn evidence_opens_only_with_the_right_key_about_the_right_consent() {
    let (private, public) = HpkePrivateKey::derive(&[5; 32]);
    let (stranger, _) = HpkePrivateKey::derive(&[6; 32]);
    let evidence = evidence(&statement());
    let sealed = evidence.seal(&public, &ABOUT).unwrap();
    assert_eq!(sealed.open(&private, &ABOUT), Ok(evidence));
    assert_eq!(sealed.open(&stranger, &ABOUT), Err(EvidenceError::NotForUs));
    assert_eq!(
        sealed.open(&private, &[2; 32]),
        Err(EvidenceError::NotForUs)
    );
}

#[test]
fn what_is_handed_over_to_a_second_village_is_no_evidence_and_evidence_is_not_handed_over() {
    let (private, public) = HpkePrivateKey::derive(&[5; 32]);
    let evidence = evidence(&statement());
    let handed_over = HandedOver {
        evidence: evidence.clone(),
        binding_salt: Salt([4; 32]),
    };
    let sealed = handed_over.seal(&public, &ABOUT).unwrap();
    assert_eq!(HandedOver::open(&sealed, &private, &ABOUT), Ok(handed_over));
    assert_eq!(sealed.open(&private, &ABOUT), Err(EvidenceError::NotForUs));
    let sealed = evidence.seal(&public, &ABOUT).unwrap();
    assert_eq!(
        HandedOver::open(&sealed, &private, &ABOUT),
        Err(EvidenceError::NotForUs)
    );
}

#[test]
fn every_altered_byte_is_noticed() {
    let (private, public) = HpkePrivateKey::derive(&[5; 32]);
    let bytes = evidence(&statement())
        .seal(&public, &ABOUT)
        .unwrap()
        .to_bytes();
    for position in (0..bytes.len()).step_by(37) {
        let mut altered = bytes.clone();
        altered[position] ^= 1;
        let opened =
            SealedEvidence::parse(&altered).and_then(|sealed| sealed.open(&private, &ABOUT));
        assert!(opened.is_err(), "byte {position}");
    }
}

#[test]
fn oversized_evidence_is_not_read() {
    let length = EVIDENCE_BYTES_MAX + 1;
    assert_eq!(
        SealedEvidence::parse(&vec![0; length]).err(),
        Some(EvidenceError::TooLong { length })
    );
}

#[test]
fn the_public_half_is_the_one_derived() {
    let (private, public) = HpkePrivateKey::derive(&[5; 32]);
    assert_eq!(private.public(), Ok(public));
    assert_eq!(
        HpkePrivateKey::from_bytes(*private.as_bytes()).public(),
        Ok(public)
    );
}

#[test]
fn evidence_does_not_print_itself() {
    assert_eq!(
        format!("{:?}", evidence(&statement())),
        "Evidence(redacted)"
    );
}
