//! An attester attests exactly when the chain says what the person signed.

use musubi_consent::attestation::{ActiveBinding, Disagreement, TermsField, Verdict, judge};
use musubi_consent::binding::binding_commitment;
use musubi_consent::receipt::{ReceiptEvent, ReceiptFacts, SignedBy};
use musubi_consent::statement::SignerRole;
use musubi_consent::validator::{NoRevocationSource, Revocation};
use musubi_consent::{
    CertificateError, CertificateUse, ReceiptDetails, SignedCms, SignedContent, Statement,
    VerificationError,
};
use musubi_primitives::consent::Terms;
use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BlockHash, CategorySet, ConsentId, MemberId, Pseudonym, Purpose,
    Salt,
};

use crate::support::{
    Always, Case, GENESIS, NOW, authenticate, fields, issue, roots, sign, statement,
};

fn disagreement(case: &Case) -> Disagreement {
    match judge(&case.claim(), &roots(), &Always(Revocation::Good)) {
        Verdict::Disagree(disagreement) => disagreement,
        Verdict::Attest(_) => panic!("attested"),
    }
}

/// A case in which one thing was changed after everything agreed.
fn changed(change: impl FnOnce(&mut Case)) -> Disagreement {
    let mut case = Case::of(&statement());
    change(&mut case);
    disagreement(&case)
}

#[test]
fn agreement_is_attested_and_the_receipt_says_so() {
    let statement = statement();
    let case = Case::of(&statement);
    let Verdict::Attest(verification) = judge(&case.claim(), &roots(), &Always(Revocation::Good))
    else {
        panic!("not attested")
    };
    assert!(verification.is_conclusive());
    let facts = ReceiptFacts {
        genesis: GENESIS,
        number: 1,
        event: ReceiptEvent::Given,
        happened_at: NOW + 1,
        act: None,
        signed_at: NOW,
        checked_at: NOW,
        issued_at: NOW + 1,
        signed_by: SignedBy::Card(&verification),
    };
    let receipt = issue(&statement, &facts, ReceiptDetails::default());
    let text = std::str::from_utf8(receipt.canonical_bytes()).unwrap();
    for field in [
        "receipt_id",
        "jurisdiction\":\"JP",
        "pii_controllers",
        "purpose",
        "\"standing\":\"verified\"",
        "sensitive\":true",
    ] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert!(!text.contains("花子"));
}

#[test]
fn the_second_village_named_in_the_statement_may_attest_and_no_other() {
    let mut case = Case::of(&statement());
    case.attester = MemberId(2);
    assert!(matches!(
        judge(&case.claim(), &roots(), &NoRevocationSource),
        Verdict::Attest(_)
    ));
    case.attester = MemberId(3);
    assert_eq!(disagreement(&case), Disagreement::Attester);
}

#[test]
fn without_a_revocation_answer_the_signature_is_valid_and_pending() {
    let case = Case::of(&statement());
    for pending in [Revocation::NotChecked, Revocation::Unknown] {
        let Verdict::Attest(verification) = judge(&case.claim(), &roots(), &Always(pending)) else {
            panic!("not attested")
        };
        assert!(!verification.is_conclusive());
    }
}

#[test]
fn every_field_on_chain_must_equal_the_signed_one() {
    type Change = fn(&mut Terms);
    let changes: [(TermsField, Change); 11] = [
        (TermsField::Subject, |terms| {
            terms.subject = Pseudonym([0; 32]);
        }),
        (TermsField::Guardian, |terms| {
            terms.guardian = Pseudonym([0; 32]);
        }),
        (TermsField::Recipient, |terms| terms.recipient = MemberId(6)),
        (TermsField::Purpose, |terms| {
            terms.purpose = Purpose::Statistics;
        }),
        (TermsField::Categories, |terms| {
            terms.categories = CategorySet::of(musubi_primitives::Category::ALL);
        }),
        (TermsField::NotBefore, |terms| terms.not_before -= 1),
        (TermsField::NotAfter, |terms| terms.not_after += 1),
        (TermsField::Nonce, |terms| terms.nonce = [0; 32]),
        (TermsField::Assurance, |terms| {
            terms.assurance = AssuranceLevel::Witnessed;
        }),
        (TermsField::SecondAttester, |terms| {
            terms.second_attester = None;
        }),
        (TermsField::Account, |terms| {
            terms.account = Some(AccountId([1; 32]));
        }),
    ];
    for (field, change) in changes {
        assert_eq!(
            changed(|case| change(&mut case.terms)),
            Disagreement::Terms(field)
        );
    }
    assert_eq!(
        changed(|case| case.consent = ConsentId([0; 32])),
        Disagreement::Terms(TermsField::Consent)
    );
}

#[test]
fn another_salt_or_document_does_not_open_the_commitment() {
    assert_eq!(
        changed(|case| case.evidence.salt = Salt([0; 32])),
        Disagreement::Commitment
    );
    assert_eq!(
        changed(|case| case.evidence.document.push(b' ')),
        Disagreement::Commitment
    );
}

#[test]
fn a_document_that_is_no_statement_is_named() {
    let disagreement = changed(|case| {
        case.evidence.document = b"{}".to_vec();
        case.terms.statement = case.evidence.commitment();
    });
    assert!(matches!(disagreement, Disagreement::Statement(_)));
}

#[test]
fn a_signature_for_another_chain_is_worth_nothing() {
    assert_eq!(
        changed(|case| case.genesis = BlockHash([0; 32])),
        Disagreement::Signature(VerificationError::SignatureMismatch)
    );
}

#[test]
fn an_altered_signature_is_worth_nothing() {
    let disagreement = changed(|case| {
        let mut cms = SignedCms::parse(&case.evidence.cms).unwrap();
        cms.signature[100] ^= 1;
        case.evidence.cms = cms.to_der().unwrap();
    });
    assert_eq!(
        disagreement,
        Disagreement::Signature(VerificationError::SignatureMismatch)
    );
}

#[test]
fn an_authentication_level_refuses_a_signing_certificate() {
    let mut weaker = fields();
    weaker.assurance = AssuranceLevel::CardAuthenticated;
    let case = Case::of(&Statement::new(weaker).unwrap());
    let expected = CertificateError::OtherUse {
        expected: CertificateUse::Authentication,
    };
    assert_eq!(
        disagreement(&case),
        Disagreement::Signature(VerificationError::Certificate(expected))
    );
}

#[test]
fn an_authentication_level_takes_the_card_that_was_shown_for_check_ins() {
    let mut touched = fields();
    touched.assurance = AssuranceLevel::CardAuthenticated;
    let statement = Statement::new(touched).unwrap();
    let mut case = Case::of(&statement);
    case.evidence = authenticate(&statement);
    case.terms = statement.fields().terms(case.evidence.commitment());
    assert_eq!(disagreement(&case), Disagreement::OtherCard);
    let salt = Salt([4; 32]);
    let shown = SignedCms::parse(&case.evidence.cms).unwrap().certificate;
    let commitment = binding_commitment(&salt, &statement.fields().guardian, &shown);
    case.binding = Some(ActiveBinding { commitment, salt });
    assert!(matches!(
        judge(&case.claim(), &roots(), &Always(Revocation::Good)),
        Verdict::Attest(_)
    ));
}

#[test]
fn a_witnessed_consent_is_not_attested_by_card_evidence() {
    let mut witnessed = fields();
    witnessed.assurance = AssuranceLevel::Witnessed;
    let case = Case::of(&Statement::new(witnessed).unwrap());
    assert_eq!(
        disagreement(&case),
        Disagreement::Assurance(AssuranceLevel::Witnessed)
    );
}

#[test]
fn only_the_card_bound_now_may_sign() {
    assert_eq!(changed(|case| case.binding = None), Disagreement::NoBinding);
    assert_eq!(
        changed(|case| case.binding.as_mut().unwrap().salt = Salt([0; 32])),
        Disagreement::OtherCard
    );
}

#[test]
fn authority_must_exist_agree_and_last() {
    assert_eq!(
        changed(|case| case.guardian = None),
        Disagreement::NoAuthority
    );
    assert_eq!(
        changed(|case| case.guardian.as_mut().unwrap().until = NOW),
        Disagreement::AuthorityOver
    );
    assert_eq!(
        changed(|case| case.guardian.as_mut().unwrap().from = NOW + 1),
        Disagreement::AuthorityOver
    );
    assert_eq!(
        changed(|case| case.guardian.as_mut().unwrap().authority = Authority::Joint),
        Disagreement::AuthorityDiffers
    );
    assert_eq!(
        changed(|case| case.guardian.as_mut().unwrap().role = SignerRole::FosterParent),
        Disagreement::AuthorityDiffers
    );
    assert_eq!(
        changed(|case| case.guardian.as_mut().unwrap().until -= 1),
        Disagreement::OutlivesAuthority
    );
}

#[test]
fn a_certificate_revoked_before_signing_is_refused_and_one_revoked_after_is_not() {
    let case = Case::of(&statement());
    let judged = |since| {
        judge(
            &case.claim(),
            &roots(),
            &Always(Revocation::Revoked { since }),
        )
    };
    let expected = Disagreement::Signature(VerificationError::Revoked { since: NOW });
    assert_eq!(judged(NOW), Verdict::Disagree(expected));
    assert!(
        matches!(judged(NOW + 1), Verdict::Attest(verification) if verification.is_conclusive())
    );
}

#[test]
fn each_kind_of_document_has_its_own_signed_content() {
    use musubi_consent::withdrawal::{Withdrawal, WithdrawalFields};
    let statement = statement();
    let withdrawal = Withdrawal::new(WithdrawalFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        guardian: Pseudonym([3; 32]),
        not_before: NOW,
        not_after: NOW + 1,
        nonce: [7; 32],
        language: fields().language,
    })
    .unwrap();
    let consent_content = SignedContent::of(&statement, GENESIS);
    let as_consent = SignedContent {
        tag: consent_content.tag,
        ..SignedContent::of(&withdrawal, GENESIS)
    };
    let signed = musubi_consent::SignerCertificate::validate(
        &roots(),
        CertificateUse::Signing,
        &sign(&withdrawal).certificate,
        NOW,
    )
    .unwrap();
    let signature = sign(&withdrawal).signature;
    assert!(signed.has_signed(
        &SignedContent::of(&withdrawal, GENESIS).to_bytes(),
        &signature
    ));
    assert!(!signed.has_signed(&as_consent.to_bytes(), &signature));
}
