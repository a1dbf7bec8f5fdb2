//! Full verifications per second on one core: CMS, certificate chain, content signature, revocation from a list in memory.
//!
//! `cargo run --release -p musubi-consent --example verifications_per_second`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "an example that measures time and prints it"
)]

use std::time::{Duration, Instant};

use musubi_consent::binding::{BindingFields, BindingStatement};
use musubi_consent::{
    CertificateUse, Environment, RevocationList, SignedCms, SignedContent, TrustedRoots, validator,
};
use musubi_consent_card::card_face::Sex;
use musubi_consent_card::{Credential, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{
    CardProfile, PersonFacts, RevokedCertificate, TestAuthority, Validity,
};
use musubi_primitives::{BindingId, BlockHash, Language, MemberId, Pseudonym};

const NOW_SECONDS: u64 = 1_795_305_600;
const MEASURED: Duration = Duration::from_secs(5);
const VILLAGE: &str = "01396";
const REVOKED: u32 = 10_000;

fn document() -> BindingStatement {
    let fields = BindingFields {
        binding: BindingId([1; 32]),
        person: Pseudonym([3; 32]),
        home: MemberId(1),
        replaces: None,
        not_before: NOW_SECONDS * 1000,
        not_after: NOW_SECONDS * 1000 + 600_000,
        nonce: [8; 32],
        language: Language::Japanese,
    };
    BindingStatement::new(fields).unwrap()
}

fn signed(authority: &TestAuthority, validity: Validity, content: &SignedContent) -> Vec<u8> {
    let person = PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: VILLAGE.to_owned(),
    };
    let mut card = authority
        .issue_card(&person, DEMO_SECRETS, CardProfile::Adult, validity)
        .unwrap();
    let password = SignPassword::parse(DEMO_SECRETS.signing_password).unwrap();
    let signed = JpkiCard::open(&mut card)
        .unwrap()
        .sign(&password, &content.to_bytes(), TriesPolicy::StopWhenFew)
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    cms.to_der().unwrap()
}

fn list(authority: &TestAuthority, roots: &TrustedRoots, validity: Validity) -> RevocationList {
    let revoked = |number: u32| RevokedCertificate {
        serial: (0x3000_0000 + number).to_be_bytes().to_vec(),
        since: NOW_SECONDS - 1,
    };
    let revoked: Vec<_> = (0..REVOKED).map(revoked).collect();
    let der = authority
        .revocation_list(Credential::Signing, VILLAGE, &revoked, validity)
        .unwrap();
    RevocationList::parse(roots, CertificateUse::Signing, &der).unwrap()
}

fn main() {
    let validity = Validity {
        not_before: NOW_SECONDS - 1_000_000,
        not_after: NOW_SECONDS + 1_000_000,
    };
    let authority = TestAuthority::generate(validity).unwrap();
    let root = authority.root(Credential::Signing);
    let roots = TrustedRoots::new(Environment::Emulated, &[root]).unwrap();
    let content = SignedContent::of(&document(), BlockHash([0xC1; 32]));
    let cms = signed(&authority, validity, &content);
    let list = list(&authority, &roots, validity);
    let verify = || {
        let signing = CertificateUse::Signing;
        validator::verify(&roots, &list, signing, &cms, &content, NOW_SECONDS * 1000).unwrap()
    };
    assert!(verify().is_conclusive());
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < MEASURED {
        verify();
        count += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{:.0} verifications per second", f64::from(count) / seconds);
}
