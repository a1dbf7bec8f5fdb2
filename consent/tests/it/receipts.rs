//! The receipt has every field that TS 27560 and Kantara ask for, comes back from its bytes, and is shown in three languages.

use musubi_consent::receipt::{
    Act, AgeBand, AuthorityBasis, Helper, LegalBasis, Medium, ReceiptEvent, ReceiptFacts, SignedBy,
};
use musubi_consent::receipt_rendering::render_receipt;
use musubi_consent::rendering::RenderError;
use musubi_consent::validator::{Revocation, Verification};
use musubi_consent::{
    CertificateUse, ConsentReceipt, DocumentError, ReceiptDetails, SignedCms, SignerCertificate,
    Statement, Text,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, Commitment, ConsentId, Language, MemberId, VerifyingKey,
};

use crate::support::{GENESIS, NOW, fields, issue, roots, sign, statement, verifier};

/// The fields of the domain page, by the names under which the receipt has them.
const FIELDS: [&str; 53] = [
    "schema",
    "version",
    "jurisdiction",
    "receipt_id",
    "receipt_number",
    "previous_record",
    "language",
    "consent_timestamp",
    "issued_timestamp",
    "collection_method",
    "event",
    "event_timestamp",
    "act",
    "signed_timestamp",
    "pii_principal",
    "signer",
    "signer_role",
    "authority_rule",
    "pii_controllers",
    "contact",
    "recipients",
    "services",
    "purpose",
    "primary_purpose",
    "pii_categories",
    "sensitive",
    "actions",
    "retention_days",
    "consent_type",
    "mandatory",
    "third_party_disclosure",
    "third_party_name",
    "transfer_abroad",
    "validity_start",
    "validity_end",
    "privacy_notice",
    "notice_hash",
    "policy_url",
    "withdrawal",
    "record_id",
    "age_band",
    "authority_basis",
    "authority_checked",
    "helper",
    "legal_basis",
    "source_systems",
    "reviews",
    "terminal",
    "staff",
    "delivery",
    "delivered_at",
    "policy_version",
    "verifier_signature",
];

/// The fields of the proof, in it alone.
const PROOF_FIELDS: [&str; 10] = [
    "signature_algorithm",
    "content_tag",
    "genesis",
    "nonce",
    "statement_digest",
    "display_template",
    "assurance",
    "verifier",
    "checked_timestamp",
    "standing",
];

fn superseding() -> Statement {
    let mut fields = fields();
    fields.supersedes = Some(ConsentId([0xA0; 32]));
    Statement::new(fields).unwrap()
}

fn verification(statement: &Statement, revocation: Revocation) -> Verification {
    let SignedCms { certificate, .. } = sign(statement);
    let signing = CertificateUse::Signing;
    Verification {
        certificate: SignerCertificate::validate(&roots(), signing, &certificate, NOW).unwrap(),
        revocation,
    }
}

fn details() -> ReceiptDetails {
    ReceiptDetails {
        record_id: Some(Commitment([0xE1; 32])),
        notice_hash: Some(Commitment([0xE2; 32])),
        policy_url: Some(Text::new("https://www.vill.example.jp/privacy").unwrap()),
        age_band: Some(AgeBand::UnderFifteen),
        authority_basis: Some(AuthorityBasis::FamilyRegister),
        authority_checked: Some(NOW),
        helper: Some(Helper::ProxyWriter),
        legal_basis: vec![LegalBasis::ConsentOfThePerson, LegalBasis::ConsentToAcquire],
        source_systems: vec![Text::new("健康管理システム").unwrap()],
        reviews: vec![NOW + 1],
        terminal: Some(AccountId([6; 32])),
        staff: Some(AccountId([8; 32])),
        delivery: Some(Medium::Paper),
        delivered_at: Some(NOW + 2),
        policy_version: Some(Text::new("musubi-verification-1").unwrap()),
    }
}

fn verifying_key() -> VerifyingKey {
    VerifyingKey(ed25519_zebra::VerificationKey::from(&verifier()).into())
}

fn issue_for(
    statement: &Statement,
    event: ReceiptEvent,
    signed_by: SignedBy<'_>,
) -> ConsentReceipt {
    let facts = ReceiptFacts {
        genesis: GENESIS,
        number: 2,
        event,
        happened_at: NOW + 1_000,
        act: Some(Act {
            record_id: Commitment([0xE3; 32]),
            signed_timestamp: NOW + 500,
        }),
        signed_at: NOW,
        checked_at: NOW + 600,
        issued_at: NOW + 2_000,
        signed_by,
    };
    issue(statement, &facts, details())
}

fn receipt(statement: &Statement, revocation: Revocation) -> ConsentReceipt {
    let verification = verification(statement, revocation);
    issue_for(
        statement,
        ReceiptEvent::Given,
        SignedBy::Card(&verification),
    )
}

#[test]
fn every_field_of_the_standards_is_there() {
    let receipt = receipt(&superseding(), Revocation::Good);
    let text = std::str::from_utf8(receipt.canonical_bytes()).unwrap();
    for field in FIELDS.iter().chain(&PROOF_FIELDS) {
        assert!(text.contains(&format!("\"{field}\":")), "{field} in {text}");
    }
}

#[test]
fn a_receipt_comes_back_from_its_bytes_and_no_other_bytes_are_one() {
    let receipt = receipt(&superseding(), Revocation::Good);
    let bytes = receipt.canonical_bytes();
    assert_eq!(ConsentReceipt::parse(bytes), Ok(receipt.clone()));
    let spaced = [bytes, b" "].concat();
    assert_eq!(
        ConsentReceipt::parse(&spaced),
        Err(DocumentError::NotCanonical)
    );
    let text = std::str::from_utf8(bytes).unwrap();
    let more = text.replacen('{', "{\"more\":1,", 1);
    assert!(ConsentReceipt::parse(more.as_bytes()).is_err());
    let other = text.replace("consent-receipt/2", "consent-receipt/3");
    assert!(ConsentReceipt::parse(other.as_bytes()).is_err());
}

#[test]
fn an_altered_receipt_is_refused_whatever_was_altered() {
    let receipt = receipt(&superseding(), Revocation::Good);
    assert_eq!(receipt.verifier(), (MemberId(1), verifying_key()));
    assert_eq!(receipt.genesis(), GENESIS);
    assert_eq!(receipt.event(), (ReceiptEvent::Given, NOW + 1_000));
    let text = std::str::from_utf8(receipt.canonical_bytes()).unwrap();
    let altered = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        ConsentReceipt::parse(text.replacen(from, to, 1).as_bytes())
    };
    let is_forged = |refused: Result<ConsentReceipt, DocumentError>| {
        matches!(
            refused,
            Err(DocumentError::Rule {
                field: "verifier_signature",
                ..
            })
        )
    };
    for (from, to) in [
        ("\"event\":\"given\"", "\"event\":\"withdrawn\""),
        ("0136-00-0000", "0136-00-9999"),
        ("\"genesis\":\"0xc1", "\"genesis\":\"0xc2"),
        ("\"staff\":\"0x08", "\"staff\":\"0x09"),
        ("\"transfer_abroad\":false", "\"transfer_abroad\":true"),
    ] {
        assert!(is_forged(altered(from, to)), "{from}");
    }
    // Another key than the one that signed, another signature, none.
    let stranger = ed25519_zebra::SigningKey::from([0xF2; 32]);
    let stranger = VerifyingKey(ed25519_zebra::VerificationKey::from(&stranger).into());
    let key = verifying_key().to_string();
    assert!(is_forged(altered(&key, &stranger.to_string())));
    let value = "\"value\":\"0x";
    let [_, rest] = text.split(value).collect::<Vec<_>>().try_into().unwrap();
    let digits: String = rest.chars().take(128).collect();
    let zero = "0".repeat(128);
    assert!(is_forged(altered(&digits, &zero)));
    let malformed = altered(&digits, &digits.to_uppercase());
    assert!(matches!(malformed, Err(DocumentError::Malformed { .. })));
    let whole = serde_json::from_str::<serde_json::Value>(text).unwrap();
    let mut whole = whole.as_object().unwrap().clone();
    whole.remove("verifier_signature");
    let bytes = serde_json::to_vec(&whole).unwrap();
    assert_eq!(
        ConsentReceipt::parse(&bytes),
        Err(DocumentError::Missing("verifier_signature"))
    );
}

#[test]
fn every_event_has_words_of_its_own_in_every_language() {
    let statement = superseding();
    for language in Language::ALL {
        let shown: std::collections::BTreeSet<String> = ReceiptEvent::ALL
            .iter()
            .map(|event| {
                let receipt = issue_for(&statement, *event, SignedBy::Officers);
                let text = render_receipt(
                    receipt.canonical_bytes(),
                    statement.canonical_bytes(),
                    language,
                );
                // Everything but the hash, which differs anyway.
                let text = text.unwrap();
                text.lines().rev().skip(1).collect()
            })
            .collect();
        assert_eq!(shown.len(), ReceiptEvent::ALL.len(), "{language:?}");
    }
}

#[test]
fn the_code_holds_the_consent_and_the_digest_of_the_bytes() {
    use sha2::{Digest as _, Sha256};
    let receipt = receipt(&superseding(), Revocation::Good);
    let digest: [u8; 32] = Sha256::digest(receipt.canonical_bytes()).into();
    assert_eq!(receipt.digest(), digest);
    let consent = hex::encode_upper(fields().consent.0);
    let expected = format!("MUSUBI:R2:{consent}:{}", hex::encode_upper(digest));
    assert_eq!(receipt.qr_text(), expected);
}

#[test]
fn a_receipt_is_shown_in_every_language_with_its_statement() {
    let statement = superseding();
    for (revocation, standing) in [
        (Revocation::Good, "確認済み"),
        (Revocation::NotChecked, "署名は有効です"),
    ] {
        let receipt = receipt(&statement, revocation);
        let show = |language| {
            let (receipt, statement) = (receipt.canonical_bytes(), statement.canonical_bytes());
            render_receipt(receipt, statement, language).unwrap()
        };
        let japanese = show(Language::Japanese);
        for part in [
            standing,
            "二つ山こども診療所",
            "0136-00-0000",
            "2026-11-22 09:00",
        ] {
            assert!(japanese.contains(part), "{part} in {japanese}");
        }
        assert!(show(Language::PlainJapanese).contains("決(き)めました"));
        assert!(show(Language::English).contains("you consented"));
    }
}

#[test]
fn a_receipt_is_not_shown_with_another_statement() {
    let receipt = receipt(&superseding(), Revocation::Good);
    let refused = render_receipt(
        receipt.canonical_bytes(),
        statement().canonical_bytes(),
        Language::English,
    );
    assert!(matches!(
        refused,
        Err(RenderError::Document(DocumentError::Rule {
            field: "statement_digest",
            ..
        }))
    ));
}

#[test]
fn a_receipt_tells_no_name_and_no_revocation_date() {
    let since = NOW + 12_345_000;
    let receipt = receipt(&superseding(), Revocation::Revoked { since });
    let text = std::str::from_utf8(receipt.canonical_bytes()).unwrap();
    assert!(!text.contains("花子"));
    assert!(!text.contains(&since.to_string()));
}

#[test]
fn a_receipt_of_what_was_only_witnessed_says_so() {
    let mut witnessed = fields();
    witnessed.assurance = AssuranceLevel::Witnessed;
    let statement = Statement::new(witnessed).unwrap();
    let receipt = issue_for(&statement, ReceiptEvent::Given, SignedBy::Officers);
    let text = std::str::from_utf8(receipt.canonical_bytes()).unwrap();
    for said in [
        "\"assurance\":\"witnessed\"",
        "\"standing\":\"witnessed\"",
        "\"signature_algorithm\":\"Ed25519\"",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    for (language, words) in [
        (Language::Japanese, "職員二人が同意に立ち会いました"),
        (Language::PlainJapanese, "カードは使(つか)っていません"),
        (Language::English, "no card signed"),
    ] {
        let bytes = statement.canonical_bytes();
        let shown = render_receipt(receipt.canonical_bytes(), bytes, language).unwrap();
        assert!(shown.contains(words), "{shown}");
    }
}
