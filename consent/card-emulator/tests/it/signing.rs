//! A touch of the card yields a certificate and a signature that verifies under it.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use der::Decode as _;
use musubi_consent_card::{
    CardError, Credential, JpkiCard, SignPassword, SignatureAlgorithm, TokenKind, Tries,
    TriesPolicy, UserPin,
};
use musubi_consent_card_emulator::CardProfile;

use crate::support::card;

const CONTENT: &[u8] = b"what the person saw";

fn password() -> SignPassword {
    SignPassword::parse("musubi2026").unwrap()
}

fn verifies(certificate: &[u8], signature: &[u8]) -> bool {
    let certificate = x509_cert::Certificate::from_der(certificate).unwrap();
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.raw_bytes())
        .verify(CONTENT, signature)
        .is_ok()
}

#[test]
fn adult_signs_with_one_verify_and_the_signature_verifies() {
    let mut card = card(CardProfile::Adult);
    let signed = JpkiCard::open(&mut card)
        .unwrap()
        .sign(&password(), CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    assert_eq!(signed.algorithm, SignatureAlgorithm::RsaPkcs1Sha256);
    assert_eq!(signed.signature.len(), 256);
    assert!(verifies(&signed.certificate, &signed.signature));
    assert!(card.tripped().is_empty());
}

#[test]
fn adult_checks_in_with_the_authentication_key() {
    let mut card = card(CardProfile::Adult);
    let pin = UserPin::parse("１２３４").unwrap();
    let signed = JpkiCard::open(&mut card)
        .unwrap()
        .authenticate(&pin, CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    assert!(verifies(&signed.certificate, &signed.signature));
}

#[test]
fn no_secret_stays_presented_after_signing_even_before_power_down() {
    let mut card = card(CardProfile::Adult);
    let mut jpki = JpkiCard::open(&mut card).unwrap();
    jpki.sign(&password(), CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    drop(jpki);
    assert!(!card.is_verified());
}

#[test]
fn no_secret_stays_presented_when_the_session_is_dropped_after_a_failure() {
    let mut card = card(CardProfile::Adult);
    let wrong = SignPassword::parse("WRONG99").unwrap();
    JpkiCard::open(&mut card)
        .unwrap()
        .sign(&wrong, CONTENT, TriesPolicy::StopWhenFew)
        .unwrap_err();
    assert!(!card.is_verified());
}

#[test]
fn status_costs_no_try_and_names_the_token() {
    let mut card = card(CardProfile::Adult);
    for _ in 0..10 {
        let status = JpkiCard::open(&mut card).unwrap().status().unwrap();
        assert_eq!(status.token, Some(TokenKind::Plastic));
        assert_eq!(
            (status.signing, status.authentication),
            (Tries::Left(5), Tries::Left(3))
        );
        assert!(status.availability.signing && status.availability.authentication);
    }
}

#[test]
fn authentication_certificate_is_free_on_plastic_and_asks_for_its_pin_on_android() {
    let mut plastic = card(CardProfile::Adult);
    assert!(
        JpkiCard::open(&mut plastic)
            .unwrap()
            .read_authentication_certificate()
            .is_ok()
    );
    let mut android = card(CardProfile::Android);
    let mut phone = JpkiCard::open(&mut android).unwrap();
    assert_eq!(
        phone.read_authentication_certificate(),
        Err(CardError::SecretRequired(Credential::Authentication.into()))
    );
    let pin = UserPin::parse("1234").unwrap();
    let signed = phone
        .authenticate(&pin, CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    assert!(verifies(&signed.certificate, &signed.signature));
}

#[test]
fn phones_are_told_from_plastic() {
    assert_eq!(
        JpkiCard::open(&mut card(CardProfile::Android))
            .unwrap()
            .token(),
        Some(TokenKind::Android)
    );
    assert_eq!(
        JpkiCard::open(&mut card(CardProfile::IPhone))
            .unwrap()
            .token(),
        Some(TokenKind::IPhone)
    );
}

#[test]
fn the_successor_is_a_row_of_data_and_signs_with_p384() {
    use aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1;
    use musubi_consent_card::layout::SUCCESSOR;
    let mut card = card(CardProfile::Successor);
    let mut jpki = JpkiCard::open_generation(&mut card, SUCCESSOR).unwrap();
    let signed = jpki
        .sign(&password(), CONTENT, TriesPolicy::StopWhenFew)
        .unwrap();
    assert_eq!(signed.algorithm, SignatureAlgorithm::EcdsaP384Sha384);
    let certificate = x509_cert::Certificate::from_der(&signed.certificate).unwrap();
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key.raw_bytes());
    assert!(key.verify(CONTENT, &signed.signature).is_ok());
}

#[test]
fn bytes_that_can_be_no_signature_are_told_by_their_form() {
    let (rsa, p384) = (
        SignatureAlgorithm::RsaPkcs1Sha256,
        SignatureAlgorithm::EcdsaP384Sha384,
    );
    for length in [0, 128, 255, 257, 384] {
        assert!(!rsa.has_form(&vec![0x5A; length]), "{length}");
    }
    assert!(rsa.has_form(&[0x5A; 256]));
    let number = |length: u8, first: u8| {
        let digits = [&[first][..], &vec![0x5A; usize::from(length) - 1]].concat();
        [&[0x02, length][..], &digits].concat()
    };
    let pair = |numbers: &[Vec<u8>]| {
        let numbers = numbers.concat();
        [&[0x30, u8::try_from(numbers.len()).unwrap()][..], &numbers].concat()
    };
    assert!(p384.has_form(&pair(&[number(48, 0x7F), number(49, 0x00)])));
    assert!(p384.has_form(&pair(&[number(1, 0x01), number(47, 0x01)])));
    let good = pair(&[number(48, 0x7F), number(48, 0x7F)]);
    let hostile = [
        vec![],
        vec![0x5A; 96],
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0]].concat(),
        pair(&[number(50, 0x00), number(48, 0x01)]),
        pair(&[number(48, 0x80), number(48, 0x01)]),
        pair(&[number(48, 0x01)]),
        pair(&[number(8, 0x01), number(8, 0x01), number(8, 0x01)]),
        pair(&[vec![0x02, 0x00], number(48, 0x01)]),
    ];
    for bytes in hostile {
        assert!(!p384.has_form(&bytes), "{bytes:02X?}");
    }
}
