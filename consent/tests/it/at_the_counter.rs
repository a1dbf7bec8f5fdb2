//! Bindings, withdrawals and check-ins count once, here, now, and by the right card.

use musubi_consent::attestation::ActiveBinding;
use musubi_consent::binding::{BindingFields, BindingStatement, binding_commitment};
use musubi_consent::check_in::{CheckIn, CheckInFields};
use musubi_consent::validator::NoRevocationSource;
use musubi_consent::withdrawal::{Withdrawal, WithdrawalFields};
use musubi_consent::{
    CertificateError, CertificateUse, Counter, Evidence, ExpectedBinding, ExpectedCheckIn,
    ExpectedWithdrawal, Refusal, SignedCms, TrustedRoots, VerificationError,
};
use musubi_primitives::{
    AccountId, BindingId, ConsentId, Language, MemberId, Pseudonym, Purpose, Salt, SessionId,
};

use crate::support::{GENESIS, NOW, authenticate, evidence, roots};

const GUARDIAN: Pseudonym = Pseudonym([3; 32]);

fn counter(roots: &TrustedRoots) -> Counter<'_> {
    Counter {
        genesis: GENESIS,
        roots,
        revocations: &NoRevocationSource,
    }
}

fn certificate(evidence: &Evidence) -> Vec<u8> {
    SignedCms::parse(&evidence.cms).unwrap().certificate
}

fn active(evidence: &Evidence) -> ActiveBinding {
    let salt = Salt([4; 32]);
    ActiveBinding {
        commitment: binding_commitment(&salt, &GUARDIAN, &certificate(evidence)),
        salt,
    }
}

fn binding() -> (Evidence, ExpectedBinding) {
    let fields = BindingFields {
        binding: BindingId([1; 32]),
        person: GUARDIAN,
        home: MemberId(1),
        replaces: None,
        not_before: NOW,
        not_after: NOW + 600_000,
        nonce: [8; 32],
        language: Language::Japanese,
    };
    let evidence = evidence(&BindingStatement::new(fields.clone()).unwrap());
    let expected = ExpectedBinding {
        binding: fields.binding,
        person: fields.person,
        home: fields.home,
        replaces: None,
        nonce: fields.nonce,
        commitment: binding_commitment(&evidence.salt, &fields.person, &certificate(&evidence)),
    };
    (evidence, expected)
}

#[test]
fn a_binding_is_accepted_as_expected_and_refused_when_anything_differs() {
    let (evidence, expected) = binding();
    let roots = roots();
    let accept = |expected| {
        counter(&roots)
            .accept_binding(&expected, &evidence)
            .map(drop)
    };
    assert_eq!(accept(expected), Ok(()));
    assert_eq!(
        accept(ExpectedBinding {
            binding: BindingId([0; 32]),
            ..expected
        }),
        Err(Refusal::Field("binding"))
    );
    assert_eq!(
        accept(ExpectedBinding {
            person: Pseudonym([0; 32]),
            ..expected
        }),
        Err(Refusal::Field("person"))
    );
    assert_eq!(
        accept(ExpectedBinding {
            home: MemberId(2),
            ..expected
        }),
        Err(Refusal::Field("home"))
    );
    assert_eq!(
        accept(ExpectedBinding {
            replaces: Some(BindingId([2; 32])),
            ..expected
        }),
        Err(Refusal::Field("replaces"))
    );
    assert_eq!(
        accept(ExpectedBinding {
            nonce: [0; 32],
            ..expected
        }),
        Err(Refusal::Field("nonce"))
    );
    assert_eq!(
        accept(ExpectedBinding {
            commitment: Default::default(),
            ..expected
        }),
        Err(Refusal::OtherCard)
    );
}

#[test]
fn a_binding_counts_only_within_its_period() {
    let (evidence, expected) = binding();
    let roots = roots();
    for signed_at in [NOW - 1, NOW + 600_000] {
        let late = Evidence {
            signed_at,
            ..evidence.clone()
        };
        assert_eq!(
            counter(&roots).accept_binding(&expected, &late),
            Err(Refusal::OutsidePeriod)
        );
    }
}

#[test]
fn a_withdrawal_is_accepted_from_the_bound_card_alone() {
    let fields = WithdrawalFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        guardian: GUARDIAN,
        not_before: NOW,
        not_after: NOW + 600_000,
        nonce: [9; 32],
        language: Language::English,
    };
    let evidence = evidence(&Withdrawal::new(fields.clone()).unwrap());
    let expected = ExpectedWithdrawal {
        consent: fields.consent,
        subject: fields.subject,
        guardian: fields.guardian,
        nonce: fields.nonce,
    };
    let roots = roots();
    let bound = active(&evidence);
    assert!(
        counter(&roots)
            .accept_withdrawal(&expected, &bound, &evidence)
            .is_ok()
    );
    let other_card = ActiveBinding {
        salt: Salt([0; 32]),
        ..bound.clone()
    };
    assert_eq!(
        counter(&roots).accept_withdrawal(&expected, &other_card, &evidence),
        Err(Refusal::OtherCard)
    );
    let other_consent = ExpectedWithdrawal {
        consent: ConsentId([0; 32]),
        ..expected
    };
    assert_eq!(
        counter(&roots).accept_withdrawal(&other_consent, &bound, &evidence),
        Err(Refusal::Field("consent"))
    );
}

#[test]
fn a_check_in_is_worth_nothing_at_another_terminal_or_later() {
    let fields = CheckInFields {
        session: SessionId([1; 32]),
        subject: Pseudonym([2; 32]),
        person: GUARDIAN,
        member: MemberId(5),
        terminal: AccountId([6; 32]),
        staff: AccountId([7; 32]),
        purpose: Purpose::ChildCare,
        not_before: NOW,
        not_after: NOW + 60_000,
        nonce: [9; 32],
        language: Language::Japanese,
    };
    let evidence = authenticate(&CheckIn::new(fields.clone()).unwrap());
    let expected = ExpectedCheckIn {
        session: fields.session,
        subject: fields.subject,
        person: fields.person,
        member: fields.member,
        terminal: fields.terminal,
        staff: fields.staff,
        purpose: fields.purpose,
        nonce: fields.nonce,
    };
    let roots = roots();
    let bound = active(&evidence);
    let accept = |expected| {
        counter(&roots)
            .accept_check_in(&expected, &bound, &evidence)
            .map(drop)
    };
    assert_eq!(accept(expected), Ok(()));
    let elsewhere = ExpectedCheckIn {
        terminal: AccountId([0; 32]),
        ..expected
    };
    assert_eq!(accept(elsewhere), Err(Refusal::Field("terminal")));
    assert_eq!(
        accept(ExpectedCheckIn {
            nonce: [0; 32],
            ..expected
        }),
        Err(Refusal::Field("nonce"))
    );
    let stale = Evidence {
        signed_at: NOW + 60_000,
        ..evidence.clone()
    };
    assert_eq!(
        counter(&roots).accept_check_in(&expected, &bound, &stale),
        Err(Refusal::OutsidePeriod)
    );
}

#[test]
fn a_check_in_card_is_shown_by_the_authentication_key_alone() {
    let (signed, expected) = binding();
    let shown = authenticate(&BindingStatement::parse(&signed.document).unwrap());
    let roots = roots();
    let certificate = SignedCms::parse(&shown.cms).unwrap().certificate;
    let commitment = binding_commitment(&shown.salt, &expected.person, &certificate);
    let expected = ExpectedBinding {
        commitment,
        ..expected
    };
    let accept = |evidence| counter(&roots).accept_check_in_card(&expected, evidence);
    assert!(accept(&shown).is_ok());
    let refused = CertificateError::OtherUse {
        expected: CertificateUse::Authentication,
    };
    assert_eq!(
        accept(&signed),
        Err(Refusal::Signature(VerificationError::Certificate(refused)))
    );
}

#[test]
fn a_binding_signed_with_the_authentication_key_is_refused() {
    let (evidence, expected) = binding();
    let document = BindingStatement::parse(&evidence.document).unwrap();
    let weaker = authenticate(&document);
    let refused = CertificateError::OtherUse {
        expected: CertificateUse::Signing,
    };
    assert_eq!(
        counter(&roots()).accept_binding(&expected, &weaker),
        Err(Refusal::Signature(VerificationError::Certificate(refused)))
    );
}
