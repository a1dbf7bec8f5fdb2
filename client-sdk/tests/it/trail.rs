//! Reading a whole trail: whoever read without a grant is found.

use musubi_client_sdk::proofs::trail::{audit, head_of};
use musubi_primitives::{
    Basis, Category, CategorySet, ConsentId, Ending, MemberId, Pseudonym, Purpose, RecordId,
    RequestId, Role, StatuteArticle,
    access::BreakGlassReason,
    trail::{TrailFact, TrailRow},
};

const CONSENT: ConsentId = ConsentId([1; 32]);
const CLINIC: MemberId = MemberId(5);

fn rows(facts: Vec<TrailFact>) -> Vec<TrailRow> {
    let row = |(index, fact)| TrailRow {
        subject: Pseudonym([7; 32]),
        index,
        at: 10,
        fact,
    };
    (0..).zip(facts).map(row).collect()
}

fn proposed() -> TrailFact {
    let categories = CategorySet::of(&[Category::Immunization, Category::Growth]);
    TrailFact::ConsentProposed {
        consent: CONSENT,
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories,
    }
}

fn effective() -> TrailFact {
    TrailFact::ConsentEffective { consent: CONSENT }
}

fn read_of(member: MemberId, category: Category, basis: Basis) -> TrailFact {
    let categories = CategorySet::of(&[category]);
    let request = RequestId([3; 32]);
    TrailFact::AccessPermitted {
        request,
        member,
        role: Role::Doctor,
        purpose: Purpose::ChildCare,
        categories,
        basis,
    }
}

fn read() -> TrailFact {
    read_of(CLINIC, Category::Immunization, Basis::Consent(CONSENT))
}

fn without_grant(facts: Vec<TrailFact>) -> Vec<u64> {
    audit(&rows(facts)).without_grant
}

#[test]
fn a_read_under_a_consent_in_force_is_granted() {
    assert!(without_grant(vec![proposed(), effective(), read()]).is_empty());
}

#[test]
fn a_read_before_or_after_or_during_a_pause_is_not() {
    assert_eq!(without_grant(vec![proposed(), read(), effective()]), [1]);
    let ended = TrailFact::ConsentEnded {
        consent: CONSENT,
        ending: Ending::Withdrawn,
    };
    assert_eq!(
        without_grant(vec![proposed(), effective(), ended, read()]),
        [3]
    );
    let pause = |paused| TrailFact::ConsentPaused {
        consent: CONSENT,
        paused,
    };
    assert_eq!(
        without_grant(vec![
            proposed(),
            effective(),
            pause(true),
            read(),
            pause(false),
            read()
        ]),
        [3]
    );
}

#[test]
fn another_member_or_category_or_consent_is_not() {
    let stranger = read_of(MemberId(6), Category::Immunization, Basis::Consent(CONSENT));
    let too_much = read_of(CLINIC, Category::Scale, Basis::Consent(CONSENT));
    let unknown = read_of(CLINIC, Category::Growth, Basis::Consent(ConsentId([2; 32])));
    assert_eq!(
        without_grant(vec![proposed(), effective(), stranger, too_much, unknown]),
        [2, 3, 4]
    );
}

#[test]
fn statutes_stand_by_themselves_and_break_glass_by_its_opening() {
    let statute = read_of(
        MemberId(1),
        Category::Growth,
        Basis::Statute(StatuteArticle::ImmunizationAct),
    );
    let opening = RequestId([8; 32]);
    let opened = TrailFact::BreakGlassOpened {
        request: opening,
        member: MemberId(9),
        reason: BreakGlassReason::LifeAtRisk,
    };
    let emergency = read_of(MemberId(9), Category::Growth, Basis::BreakGlass(opening));
    let closed = TrailFact::BreakGlassClosed { request: opening };
    assert_eq!(
        without_grant(vec![statute, opened, emergency.clone(), closed, emergency]),
        [4]
    );
}

#[test]
fn a_delivery_needs_its_permit() {
    let delivered = |request| TrailFact::Delivered {
        request,
        record: RecordId([4; 32]),
        custodian: MemberId(1),
    };
    let facts = vec![
        proposed(),
        effective(),
        read(),
        delivered(RequestId([3; 32])),
        delivered(RequestId([5; 32])),
    ];
    assert_eq!(without_grant(facts.clone()), [4]);
    assert_eq!(audit(&rows(facts)).permits, 1);
}

#[test]
fn a_trail_with_a_gap_or_of_somebody_else_has_no_head() {
    let all = rows(vec![proposed(), effective(), read()]);
    assert_eq!(
        head_of(&Pseudonym([7; 32]), &all).map(|head| head.count),
        Some(3)
    );
    assert_eq!(head_of(&Pseudonym([7; 32]), &all[1..]), None);
    assert_eq!(head_of(&Pseudonym([6; 32]), &all), None);
}
