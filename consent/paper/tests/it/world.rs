//! A signed statement, its receipt, and the programs that judge the paper.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use musubi_consent::receipt::{
    Act, AgeBand, AuthorityBasis, Helper, LegalBasis, Medium, ReceiptEvent, ReceiptFacts, SignedBy,
};
use musubi_consent::statement::{Action, Party, Place, SignerRole};
use musubi_consent::validator::{Revocation, Verification};
use musubi_consent::{
    CertificateUse, ConsentReceipt, Environment, ReceiptDetails, SignerCertificate, Statement,
    StatementFields, Text, TrustedRoots, wording,
};
use musubi_consent_card::Credential;
use musubi_consent_card::card_face::Sex;
use musubi_consent_card_emulator::key::RsaKey;
use musubi_consent_card_emulator::{PersonFacts, TestAuthority, Validity};
use musubi_consent_paper::Font;
use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, Category, CategorySet, Commitment, ConsentId, Language,
    MemberId, Moment, Pseudonym, Purpose, VerifyingKey,
};

/// 2026-11-22T00:00:00Z.
const NOW: Moment = 1_795_305_600_000;
const YEAR: Moment = 365 * 24 * 3600 * 1000;

pub(crate) static FONT: LazyLock<Font> = LazyLock::new(|| Font::find(None).unwrap());

static VERIFICATION: LazyLock<Verification> = LazyLock::new(|| {
    let validity = Validity {
        not_before: (NOW - YEAR) / 1000,
        not_after: (NOW + YEAR) / 1000,
    };
    let authority = TestAuthority::generate(validity).unwrap();
    let roots = [authority.root(Credential::Signing)];
    let roots = TrustedRoots::new(Environment::Emulated, &roots).unwrap();
    let person = PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: "01396".to_owned(),
    };
    let key = RsaKey::generate().unwrap().public_key_info().unwrap();
    let request = authority
        .request(Credential::Signing, &person, key, validity)
        .unwrap();
    let der = authority.certify(Credential::Signing, &request).unwrap();
    let signing = CertificateUse::Signing;
    Verification {
        certificate: SignerCertificate::validate(&roots, signing, &der, NOW).unwrap(),
        revocation: Revocation::Good,
    }
});

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn statement(language: Language, recipient: &str) -> Statement {
    let party = |member, name: &str, contact: &str| Party {
        member: MemberId(member),
        name: text(name),
        contact: text(contact),
    };
    let fields = StatementFields {
        consent: ConsentId([0xA1; 32]),
        subject: Pseudonym([2; 32]),
        subject_label: text("第一子"),
        guardian: Pseudonym([3; 32]),
        role: SignerRole::ParentalAuthority,
        authority: Authority::Joint,
        controller: party(1, "留寿都村", "保健医療課 0136-00-0000"),
        recipient: party(5, recipient, "0136-00-0001"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization, Category::Growth]),
        actions: vec![Action::View, Action::Copy],
        retention_days: 365,
        transfer_abroad: false,
        not_before: NOW,
        not_after: NOW + YEAR,
        nonce: [7; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: Some(party(2, "蘭越町", "0136-00-0002")),
        account: None,
        supersedes: Some(ConsentId([0xA0; 32])),
        place: Place::Counter,
        notice: text("musubi-notice-2026-11"),
        language,
        wording: wording::digest(language),
    };
    Statement::new(fields).unwrap()
}

pub(crate) fn receipt(statement: &Statement) -> ConsentReceipt {
    let facts = ReceiptFacts {
        genesis: BlockHash([0xC1; 32]),
        number: 1,
        event: ReceiptEvent::Given,
        happened_at: NOW + 30_000,
        act: Some(Act {
            record_id: Commitment([0xE3; 32]),
            signed_timestamp: NOW + 20_000,
        }),
        signed_at: NOW,
        checked_at: NOW + 10_000,
        issued_at: NOW + 60_000,
        signed_by: SignedBy::Card(&VERIFICATION),
    };
    let details = ReceiptDetails {
        record_id: Some(Commitment([0xE1; 32])),
        notice_hash: Some(Commitment([0xE2; 32])),
        policy_url: Some(text("https://www.vill.example.jp/privacy")),
        age_band: Some(AgeBand::UnderFifteen),
        authority_basis: Some(AuthorityBasis::FamilyRegister),
        authority_checked: Some(NOW),
        helper: Some(Helper::Interpreter),
        legal_basis: vec![LegalBasis::ConsentOfThePerson, LegalBasis::ConsentToAcquire],
        source_systems: vec![text("健康管理システム")],
        reviews: vec![NOW + YEAR],
        terminal: Some(AccountId([6; 32])),
        staff: Some(AccountId([8; 32])),
        delivery: Some(Medium::Paper),
        delivered_at: Some(NOW + 120_000),
        policy_version: Some(text("musubi-verification-1")),
    };
    let verifier = ed25519_zebra::SigningKey::from([0xF1; 32]);
    let key = VerifyingKey(ed25519_zebra::VerificationKey::from(&verifier).into());
    let sign = |message: &[u8]| verifier.sign(message).to_bytes();
    ConsentReceipt::issue(statement, &facts, details, key, sign).unwrap()
}

/// Runs one judge in a folder and returns what it said.
pub(crate) fn judge(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}, one of the project's judges: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {complaints}");
    assert!(!complaints.contains("Error"), "{program}: {complaints}");
    String::from_utf8(output.stdout).unwrap()
}

/// Writes `pdf` for the judges.
pub(crate) fn folder_with(pdf: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("form.pdf"), pdf).unwrap();
    folder
}
