//! `myna-card`, a reader measured on real cards, agrees with the emulator about what a card answers.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use der::Decode as _;
use musubi_consent_card_emulator::{CardProfile, VirtualCard};
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::text::TextAp;
use myna_card::{Card, Pin, Retries, Transmit};
use sha2::{Digest as _, Sha256};

use crate::support::{card, person};

/// The emulated card as a transport of that crate.
struct Wire(VirtualCard);

impl Transmit for Wire {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        Ok(self.0.respond(command).expect("no fault is armed"))
    }
}

#[test]
fn it_reads_token_availability_counters_and_certificates() {
    let mut card = Card::new(Wire(card(CardProfile::Adult)));
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    assert!(jpki.read_token_type().unwrap().is_physical_card());
    let availability = jpki.read_certificate_availability().unwrap();
    assert!(availability.has_sign_certificate() && availability.has_auth_certificate());
    assert_eq!(jpki.sign_pin_retries().unwrap(), Retries::Remaining(5));
    assert_eq!(jpki.auth_pin_retries().unwrap(), Retries::Remaining(3));
    let certificate = jpki.read_auth_certificate_der().unwrap();
    assert!(x509_cert::Certificate::from_der(&certificate).is_ok());
    assert!(
        jpki.read_sign_certificate_der().is_err(),
        "the password comes first"
    );
}

#[test]
fn it_signs_in_three_ways_and_each_signature_verifies() {
    let content = b"what the person saw";
    let hash = Sha256::digest(content);
    let digest_info = [&hex_prefix()[..], &hash[..]].concat();
    let ways: [(SignatureScheme, &[u8]); 3] = [
        (SignatureScheme::Verbatim, &digest_info),
        (SignatureScheme::PreHashedDigestInfo, &hash),
        (SignatureScheme::Sha256DigestInfo, content),
    ];
    let mut card = Card::new(Wire(card(CardProfile::Adult)));
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.verify_sign_pin(&Pin::new("MUSUBI2026").unwrap())
        .unwrap();
    let certificate =
        x509_cert::Certificate::from_der(&jpki.read_sign_certificate_der().unwrap()).unwrap();
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    for (scheme, input) in ways {
        let signature = jpki.sign_with_sign_key(scheme, input).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.raw_bytes());
        assert!(key.verify(content, &signature).is_ok(), "{scheme:?}");
    }
}

#[test]
fn it_reads_the_basic_four() {
    let mut card = Card::new(Wire(card(CardProfile::Adult)));
    let mut text = TextAp::select(&mut card).unwrap();
    text.verify_pin(&Pin::numeric("5678").unwrap()).unwrap();
    let attributes = text.read_attributes().unwrap();
    assert_eq!(
        (attributes.name, attributes.address),
        (person().name, person().address)
    );
}

#[test]
fn it_sees_a_blocked_password_and_an_android_phone() {
    let mut locked = Card::new(Wire(card(CardProfile::Locked)));
    assert_eq!(
        JpkiAp::select(&mut locked)
            .unwrap()
            .sign_pin_retries()
            .unwrap(),
        Retries::Blocked
    );
    let mut phone = Card::new(Wire(card(CardProfile::Android)));
    let token = JpkiAp::select(&mut phone)
        .unwrap()
        .read_token_type()
        .unwrap();
    assert!(!token.is_physical_card());
}

/// DER prefix of a SHA-256 DigestInfo.
fn hex_prefix() -> Vec<u8> {
    vec![
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ]
}
