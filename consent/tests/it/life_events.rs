//! What happens to cards and people, as the home municipality judges it: renewal, moving, loss, growing up, proxies.

use musubi_consent::attestation::{ActiveBinding, Disagreement, GuardianFacts, Verdict, judge};
use musubi_consent::binding::{BindingFields, BindingStatement, binding_commitment};
use musubi_consent::statement::SignerRole;
use musubi_consent::validator::{NoRevocationSource, Revocation};
use musubi_consent::{
    BirthDate, Counter, Document, DocumentFields, Evidence, ExpectedBinding, RevocationList,
    SignedCms, SignedContent, Statement, VerificationError,
};
use musubi_consent_card::{CardError, Credential, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, RevokedCertificate, Validity, VirtualCard};
use musubi_primitives::resident::Authority;
use musubi_primitives::{BindingId, Language, MemberId, Pseudonym, Salt};

use crate::support::{
    AUTHORITY, Always, Case, GENESIS, NOW, NOW_SECONDS, VALIDITY, YEAR_SECONDS, fields, person,
    roots, statement,
};

const DAY_SECONDS: u64 = 24 * 3600;
const YEAR: u64 = YEAR_SECONDS * 1000;

/// Another card of the same person.
fn new_card() -> VirtualCard {
    AUTHORITY
        .issue_card(&person(), DEMO_SECRETS, CardProfile::Adult, VALIDITY)
        .unwrap()
}

fn sign_with<F: DocumentFields>(card: &mut VirtualCard, document: &Document<F>) -> Evidence {
    let content = SignedContent::of(document, GENESIS).to_bytes();
    let password = SignPassword::parse(DEMO_SECRETS.signing_password).unwrap();
    card.power_off();
    let signed = JpkiCard::open(card)
        .unwrap()
        .sign(&password, &content, TriesPolicy::StopWhenFew)
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    Evidence {
        document: document.canonical_bytes().to_vec(),
        salt: Salt([9; 32]),
        cms: cms.to_der().unwrap(),
        signed_at: NOW,
    }
}

fn certificate(evidence: &Evidence) -> Vec<u8> {
    SignedCms::parse(&evidence.cms).unwrap().certificate
}

/// The binding that a card's evidence brings about for the guardian.
fn bound(evidence: &Evidence) -> ActiveBinding {
    let salt = Salt([4; 32]);
    ActiveBinding {
        commitment: binding_commitment(&salt, &fields().guardian, &certificate(evidence)),
        salt,
    }
}

fn judged(case: &Case, revocation: Revocation) -> Result<(), Disagreement> {
    match judge(&case.claim(), &roots(), &Always(revocation)) {
        Verdict::Attest(_) => Ok(()),
        Verdict::Disagree(disagreement) => Err(disagreement),
    }
}

/// A case in which the guardian of this authority signed a statement for this long, for a child born on this day.
fn minor(born: &str, years: u64, authority: Authority) -> Case {
    let mut fields = fields();
    fields.authority = authority;
    fields.not_after = NOW + years * YEAR;
    let mut case = Case::of(&Statement::new(fields).unwrap());
    let known = case.guardian.as_mut().unwrap();
    known.until = NOW + 20 * YEAR;
    *known = known.bounded_by_age(BirthDate::parse(born).unwrap(), NOW);
    case
}

#[test]
fn renewal_binds_the_new_card_to_the_same_person_and_refuses_the_old_one() {
    let statement = statement();
    let mut old_card = new_card();
    let mut renewed = new_card();
    let rebinding = BindingFields {
        binding: BindingId([2; 32]),
        person: fields().guardian,
        home: MemberId(1),
        replaces: Some(BindingId([1; 32])),
        not_before: NOW,
        not_after: NOW + 600_000,
        nonce: [8; 32],
        language: Language::Japanese,
    };
    let evidence = sign_with(
        &mut renewed,
        &BindingStatement::new(rebinding.clone()).unwrap(),
    );
    let commitment = binding_commitment(&evidence.salt, &rebinding.person, &certificate(&evidence));
    let expected = ExpectedBinding {
        binding: rebinding.binding,
        person: rebinding.person,
        home: rebinding.home,
        replaces: rebinding.replaces,
        nonce: rebinding.nonce,
        commitment,
    };
    let roots = roots();
    let counter = Counter {
        genesis: GENESIS,
        roots: &roots,
        revocations: &NoRevocationSource,
    };
    assert!(counter.accept_binding(&expected, &evidence).is_ok());
    let active = ActiveBinding {
        commitment,
        salt: evidence.salt.clone(),
    };
    let case = |card: &mut VirtualCard| {
        let mut case = Case::of(&statement);
        case.evidence = sign_with(card, &statement);
        case.binding = Some(active.clone());
        case
    };
    assert_eq!(judged(&case(&mut renewed), Revocation::Good), Ok(()));
    assert_eq!(
        judged(&case(&mut old_card), Revocation::Good),
        Err(Disagreement::OtherCard)
    );
}

#[test]
fn moving_revokes_the_certificate_and_ends_no_consent_that_was_signed_before() {
    let statement = statement();
    let mut card = new_card();
    let mut case = Case::of(&statement);
    case.evidence = sign_with(&mut card, &statement);
    case.binding = Some(bound(&case.evidence));
    let serial = serial(&case.evidence);
    let moved_on = |since: u64| {
        let update = Validity {
            not_before: NOW_SECONDS,
            not_after: NOW_SECONDS + DAY_SECONDS,
        };
        let revoked = RevokedCertificate {
            serial: serial.clone(),
            since,
        };
        let municipality = person().municipality_code;
        let der = AUTHORITY
            .revocation_list(Credential::Signing, &municipality, &[revoked], update)
            .unwrap();
        let signing = musubi_consent::CertificateUse::Signing;
        RevocationList::parse(&roots(), signing, &der).unwrap()
    };
    let after = judge(&case.claim(), &roots(), &moved_on(NOW_SECONDS + 1));
    assert!(matches!(after, Verdict::Attest(verification) if verification.is_conclusive()));
    let before = judge(&case.claim(), &roots(), &moved_on(NOW_SECONDS - 1));
    let since = (NOW_SECONDS - 1) * 1000;
    let revoked = Disagreement::Signature(VerificationError::Revoked { since });
    assert_eq!(before, Verdict::Disagree(revoked));
    // Reissued at the counter and bound again, the same person signs again.
    let mut reissued = new_card();
    case.evidence = sign_with(&mut reissued, &statement);
    case.binding = Some(bound(&case.evidence));
    assert_eq!(judged(&case, Revocation::Good), Ok(()));
}

fn serial(evidence: &Evidence) -> Vec<u8> {
    let signing = musubi_consent::CertificateUse::Signing;
    let der = certificate(evidence);
    let certificate =
        musubi_consent::SignerCertificate::validate(&roots(), signing, &der, NOW).unwrap();
    certificate.revocation_query(NOW).serial.to_vec()
}

#[test]
fn a_lost_card_signs_nothing_once_its_binding_is_suspended() {
    let mut case = Case::of(&statement());
    case.binding = None;
    assert_eq!(
        judged(&case, Revocation::Good),
        Err(Disagreement::NoBinding)
    );
}

#[test]
fn a_guardian_alone_decides_for_a_child_until_fifteen() {
    for authority in [Authority::Single, Authority::Joint] {
        assert_eq!(
            judged(&minor("2025-04-01", 1, authority), Revocation::Good),
            Ok(())
        );
        let past_fifteen = minor("2012-11-01", 1, authority);
        assert_eq!(
            judged(&past_fifteen, Revocation::Good),
            Err(Disagreement::OutlivesAuthority)
        );
    }
}

#[test]
fn from_fifteen_the_guardian_decides_again_until_eighteen_and_no_longer() {
    let sixteen = "2010-06-01";
    assert_eq!(
        judged(&minor(sixteen, 1, Authority::Single), Revocation::Good),
        Ok(())
    );
    assert_eq!(
        judged(&minor(sixteen, 2, Authority::Single), Revocation::Good),
        Err(Disagreement::OutlivesAuthority)
    );
    let of_age_today = "2008-11-22";
    assert_eq!(
        judged(&minor(of_age_today, 1, Authority::Single), Revocation::Good),
        Err(Disagreement::AuthorityOver)
    );
}

#[test]
fn a_statement_says_whether_another_holder_may_object() {
    let mut case = minor("2025-04-01", 1, Authority::Joint);
    case.guardian.as_mut().unwrap().authority = Authority::Single;
    assert_eq!(
        judged(&case, Revocation::Good),
        Err(Disagreement::AuthorityDiffers)
    );
}

#[test]
fn a_child_has_no_signing_certificate_and_from_fifteen_signs_for_itself() {
    let mut childs = AUTHORITY
        .issue_card(&person(), DEMO_SECRETS, CardProfile::Child, VALIDITY)
        .unwrap();
    let password = SignPassword::parse(DEMO_SECRETS.signing_password).unwrap();
    let signed =
        JpkiCard::open(&mut childs)
            .unwrap()
            .sign(&password, b"content", TriesPolicy::StopWhenFew);
    assert_eq!(
        signed.err(),
        Some(CardError::CertificateAbsent(Credential::Signing))
    );
    let at_age = |born| {
        let mut own = fields();
        own.role = SignerRole::Subject;
        own.authority = Authority::Single;
        own.guardian = own.subject;
        let mut case = Case::of(&Statement::new(own).unwrap());
        case.guardian = Some(GuardianFacts::of_oneself(BirthDate::parse(born).unwrap()));
        judged(&case, Revocation::Good)
    };
    assert_eq!(at_age("2010-06-01"), Ok(()));
    assert_eq!(at_age("2012-06-01"), Err(Disagreement::AuthorityOver));
}

#[test]
fn a_proxy_decides_on_evidence_that_the_register_knows_and_while_it_lasts() {
    let mut by_proxy = fields();
    by_proxy.role = SignerRole::Proxy;
    let statement = Statement::new(by_proxy).unwrap();
    let known = GuardianFacts {
        role: SignerRole::Proxy,
        authority: Authority::Single,
        from: NOW - 1,
        until: NOW + 5 * YEAR,
    };
    let with = |facts| {
        let mut case = Case::of(&statement);
        case.guardian = facts;
        judged(&case, Revocation::Good)
    };
    assert_eq!(with(Some(known)), Ok(()));
    let old = BirthDate::parse("1940-01-01").unwrap();
    assert_eq!(with(Some(known.bounded_by_age(old, NOW))), Ok(()));
    assert_eq!(with(None), Err(Disagreement::NoAuthority));
    let over = GuardianFacts {
        until: NOW,
        ..known
    };
    assert_eq!(with(Some(over)), Err(Disagreement::AuthorityOver));
    let parent = GuardianFacts {
        role: SignerRole::ParentalAuthority,
        ..known
    };
    assert_eq!(with(Some(parent)), Err(Disagreement::AuthorityDiffers));
}

#[test]
fn somebody_elses_card_never_speaks_for_the_guardian() {
    let statement = statement();
    let mut case = Case::of(&statement);
    let strangers = sign_with(&mut new_card(), &statement);
    let salt = Salt([4; 32]);
    let other_person = Pseudonym([0x77; 32]);
    case.binding = Some(ActiveBinding {
        commitment: binding_commitment(&salt, &other_person, &certificate(&strangers)),
        salt,
    });
    case.evidence = strangers;
    assert_eq!(
        judged(&case, Revocation::Good),
        Err(Disagreement::OtherCard)
    );
}
