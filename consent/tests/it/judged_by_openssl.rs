//! OpenSSL, which shares no code with us, accepts what the card signed and refuses it altered.

use std::fs;
use std::process::Command;

use musubi_consent::binding::{BindingFields, BindingStatement};
use musubi_consent::validator::{CardAlgorithm, NoRevocationSource, verify};
use musubi_consent::withdrawal::{Withdrawal, WithdrawalFields};
use musubi_consent::{CertificateUse, Document, DocumentFields, SignedCms, SignedContent};
use musubi_consent_card::layout::SUCCESSOR;
use musubi_consent_card::{Credential, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::CardProfile;
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_primitives::{BindingId, ConsentId, Language, MemberId, Pseudonym};

use crate::support::{
    AUTHORITY, GENESIS, NOW, NOW_SECONDS, VALIDITY, person, roots, sign, statement,
};

/// Runs `openssl cms -verify` on a CMS over `content`.
fn openssl_accepts(cms: &SignedCms, content: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("root.der"), AUTHORITY.root(Credential::Signing)).unwrap();
    fs::write(path("cms.der"), cms.to_der().unwrap()).unwrap();
    fs::write(path("content"), content).unwrap();
    let to_pem = Command::new("openssl")
        .args([
            "x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem",
        ])
        .current_dir(folder.path())
        .status()
        .expect("openssl is installed: it is one of the project's judges");
    assert!(to_pem.success());
    let verdict = Command::new("openssl")
        .args([
            "cms", "-verify", "-binary", "-inform", "DER", "-in", "cms.der", "-content", "content",
        ])
        .args([
            "-CAfile",
            "root.pem",
            "-purpose",
            "any",
            "-attime",
            &NOW_SECONDS.to_string(),
            "-out",
            "/dev/null",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    verdict.status.success()
}

fn check<F: DocumentFields>(document: &Document<F>) {
    let content = SignedContent::of(document, GENESIS).to_bytes();
    check_cms(&sign(document), &content);
}

fn check_cms(cms: &SignedCms, content: &[u8]) {
    assert!(openssl_accepts(cms, content));
    let mut altered = content.to_vec();
    *altered.last_mut().unwrap() ^= 1;
    assert!(!openssl_accepts(cms, &altered));
}

#[test]
fn openssl_accepts_what_the_p_384_successor_signed_and_so_do_we() {
    let content = SignedContent::of(&statement(), GENESIS);
    let mut card = AUTHORITY
        .issue_card(&person(), DEMO_SECRETS, CardProfile::Successor, VALIDITY)
        .unwrap();
    let password = SignPassword::parse(DEMO_SECRETS.signing_password).unwrap();
    let signed = JpkiCard::open_generation(&mut card, SUCCESSOR)
        .unwrap()
        .sign(&password, &content.to_bytes(), TriesPolicy::StopWhenFew)
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    check_cms(&cms, &content.to_bytes());
    let der = cms.to_der().unwrap();
    assert_eq!(SignedCms::parse(&der), Ok(cms));
    let use_of = CertificateUse::Signing;
    let source = NoRevocationSource;
    let verified = verify(&roots(), &source, use_of, &der, &content, NOW).unwrap();
    let algorithm = verified.certificate.algorithm();
    assert_eq!(algorithm, CardAlgorithm::EcdsaP384Sha384);
}

#[test]
fn openssl_accepts_a_signed_consent() {
    check(&statement());
}

#[test]
fn openssl_accepts_a_signed_binding_and_a_signed_withdrawal() {
    let binding = BindingFields {
        binding: BindingId([1; 32]),
        person: Pseudonym([3; 32]),
        home: MemberId(1),
        replaces: None,
        not_before: NOW,
        not_after: NOW + 600_000,
        nonce: [8; 32],
        language: Language::Japanese,
    };
    check(&BindingStatement::new(binding).unwrap());
    let withdrawal = WithdrawalFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        guardian: Pseudonym([3; 32]),
        not_before: NOW,
        not_after: NOW + 600_000,
        nonce: [9; 32],
        language: Language::Japanese,
    };
    check(&Withdrawal::new(withdrawal).unwrap());
}
