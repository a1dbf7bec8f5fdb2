//! Years later: the same verdict as of the time of signing, and nothing about revocation in it.

use musubi_consent::attestation::{Disagreement, Verdict, attesters, judge};
use musubi_consent::validator::{REVOCATION_PENDING_MAX, Revocation};
use musubi_consent::{AuditVerdict, Ground, SignedCms, Standing, audit};
use musubi_primitives::{MemberId, Purpose, Salt};

use crate::support::{Always, Case, NOW, fields, roots, statement};

fn audited(case: &Case, found: Revocation) -> AuditVerdict {
    audit(&case.claim(), &roots(), found)
}

#[test]
fn what_was_rightly_attested_is_upheld_also_after_the_certificate_was_revoked() {
    let case = Case::of(&statement());
    assert_eq!(audited(&case, Revocation::Good), AuditVerdict::Upheld);
    let revoked_later = Revocation::Revoked { since: NOW + 1 };
    assert_eq!(audited(&case, revoked_later), AuditVerdict::Upheld);
}

#[test]
fn what_was_never_checked_to_the_end_is_open() {
    let case = Case::of(&statement());
    for pending in [Revocation::NotChecked, Revocation::Unknown] {
        assert_eq!(audited(&case, pending), AuditVerdict::Open);
    }
}

#[test]
fn each_ground_is_told_and_nothing_more() {
    type Change = fn(&mut Case);
    let changes: [(Ground, Change); 6] = [
        (Ground::Statement, |case| case.evidence.salt = Salt([0; 32])),
        (Ground::Terms, |case| {
            case.terms.purpose = Purpose::Statistics;
        }),
        (Ground::Attester, |case| case.attester = MemberId(3)),
        (Ground::Signature, |case| {
            let mut cms = SignedCms::parse(&case.evidence.cms).unwrap();
            cms.signature[0] ^= 1;
            case.evidence.cms = cms.to_der().unwrap();
        }),
        (Ground::Card, |case| case.binding = None),
        (Ground::Authority, |case| case.guardian = None),
    ];
    for (ground, change) in changes {
        let mut case = Case::of(&statement());
        change(&mut case);
        let verdict = audited(&case, Revocation::Good);
        assert_eq!(verdict, AuditVerdict::Refuted(ground));
    }
}

#[test]
fn an_auditor_cannot_tell_a_revoked_certificate_from_a_wrong_signature() {
    let case = Case::of(&statement());
    let revoked = audited(&case, Revocation::Revoked { since: NOW });
    assert_eq!(revoked, AuditVerdict::Refuted(Ground::Signature));
}

#[test]
fn a_pending_signature_waits_seven_days_and_no_longer() {
    let case = Case::of(&statement());
    let standing = |found, now| {
        let Verdict::Attest(verification) = judge(&case.claim(), &roots(), &Always(found)) else {
            panic!("not attested")
        };
        verification.standing(NOW, now)
    };
    let until = NOW + REVOCATION_PENDING_MAX;
    let pending = Standing::Pending { until };
    for found in [Revocation::NotChecked, Revocation::Unknown] {
        assert_eq!(standing(found, NOW), pending);
        assert_eq!(standing(found, until - 1), pending);
        assert_eq!(standing(found, until), Standing::Overdue);
    }
    assert_eq!(standing(Revocation::Good, until), Standing::Conclusive);
}

#[test]
fn a_second_village_attests_where_named_and_never_for_a_protected_person() {
    let named = fields();
    let open = attesters(&named, false).unwrap();
    assert_eq!((open.home, open.second), (MemberId(1), Some(MemberId(2))));
    assert_eq!(
        attesters(&named, true),
        Err(Disagreement::SecondOfProtected)
    );
    let mut alone = fields();
    alone.second_attester = None;
    for is_protected in [false, true] {
        assert_eq!(attesters(&alone, is_protected).unwrap().second, None);
    }
}
