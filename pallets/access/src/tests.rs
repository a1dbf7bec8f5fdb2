//! Each rule of the crate docs, as a sentence that can fail.

use crate::{
    BREAK_GLASS_LIFE, Deliveries, Due, Error, Openings, REQUEST_MEMORY, REVIEW_PERIOD, Requests,
    RequestsDue, Review, SECOND, SESSION_LIFE_MAX, Sessions, TICKET_LIFE_MAX, mock::*,
};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::DispatchResult,
    pallet_prelude::{Hooks, Weight},
};
use musubi_primitives::{
    Basis, BreakGlassReason, Category, CategorySet, Claim, Commitment, ConsentState, Decision,
    DenialReason, Ending, Pseudonym, Purpose, RecordState, RequestId, Role, SessionId,
    StatuteArticle,
    seams::ConsentFacts,
    trail::{NOBODY, TrailFact},
};
use sp_runtime::AccountId32;

const ASK: RequestId = RequestId([1; 32]);
const GLASS: RequestId = RequestId([2; 32]);
const VISIT: SessionId = SessionId([3; 32]);
const SIGNED: Commitment = Commitment([7; 32]);

const BY_CONSENT: Decision = Decision::Permit {
    basis: Basis::Consent(CONSENT),
    expires: NOON + TICKET_LIFE_MAX,
};

fn origin(number: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(AccountId32::new([number; 32]))
}

/// A request for plain categories; tests vary what they are about.
struct Asking {
    by: u8,
    subject: Pseudonym,
    purpose: Purpose,
    categories: CategorySet,
    claim: Claim,
    session: Option<SessionId>,
}

fn on_consent(by: u8) -> Asking {
    Asking {
        by,
        subject: CHILD,
        purpose: Purpose::ChildCare,
        categories: consented(),
        claim: Claim::Consent,
        session: None,
    }
}

fn on_statute(by: u8, article: StatuteArticle) -> Asking {
    let categories = CategorySet::of(&[Category::Immunization]);
    Asking {
        claim: Claim::Statute(article),
        categories,
        ..on_consent(by)
    }
}

fn on_break_glass(by: u8) -> Asking {
    Asking {
        claim: Claim::BreakGlass(GLASS),
        purpose: Purpose::Emergency,
        ..on_consent(by)
    }
}

fn request(id: RequestId, asking: Asking) -> DispatchResult {
    let Asking {
        by,
        subject,
        purpose,
        categories,
        claim,
        session,
    } = asking;
    Access::request_access(origin(by), id, subject, purpose, categories, claim, session)
        .map(|_| ())
        .map_err(|refusal| refusal.error)
}

/// The decision on a request under a fresh id.
fn decided(asking: Asking) -> Decision {
    let count = u8::try_from(Requests::<Test>::iter().count()).unwrap();
    let id = RequestId([100 + count; 32]);
    assert_ok!(request(id, asking));
    Access::decision(&id).expect("a decided request is remembered")
}

fn denied(asking: Asking) -> DenialReason {
    match decided(asking) {
        Decision::Deny(reason) => reason,
        permit @ Decision::Permit { .. } => panic!("permitted: {permit:?}"),
    }
}

fn is_permitted(asking: Asking) -> bool {
    matches!(decided(asking), Decision::Permit { .. })
}

fn break_glass(by: u8, subject: Pseudonym) -> DispatchResult {
    let reason = BreakGlassReason::LifeAtRisk;
    Access::open_break_glass(origin(by), GLASS, subject, SIGNED, reason)
}

fn open_visit(by: u8, until: u64) -> DispatchResult {
    Access::open_session(origin(by), VISIT, CONSENT, SIGNED, until)
}

fn end_consent() {
    let ended = ConsentState::Ended(Ending::Withdrawn);
    world(|world| world.consents.get_mut(&CONSENT).unwrap().state = ended);
}

fn pass(time: u64) {
    world(|world| world.now += time);
}

fn sweep() {
    Access::on_idle(1, Weight::MAX);
}

fn last_row() -> (Pseudonym, TrailFact) {
    world(|world| world.rows.last().cloned()).expect("a row was appended")
}

#[test]
fn a1_permit_and_denial_are_both_told_to_the_trail() {
    in_world(|| {
        let (purpose, categories) = (Purpose::ChildCare, consented());
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        assert_eq!(Access::decision(&ASK), Some(BY_CONSENT));
        let permitted = TrailFact::AccessPermitted {
            request: ASK,
            member: CLINIC,
            role: Role::Doctor,
            purpose,
            categories,
            basis: Basis::Consent(CONSENT),
        };
        assert_eq!(last_row(), (CHILD, permitted));
        let second = RequestId([9; 32]);
        assert_ok!(request(second, on_consent(NURSE)));
        let denied = TrailFact::AccessDenied {
            request: second,
            member: HOME,
            role: Role::Nurse,
            purpose,
            categories,
            reason: DenialReason::NoConsent,
        };
        assert_eq!(last_row(), (CHILD, denied));
    });
}

#[test]
fn a1_a_suspended_member_is_denied_on_record_and_a_stranger_is_no_requester() {
    in_world(|| {
        world(|world| world.suspended.insert(CLINIC));
        assert_eq!(denied(on_consent(DOCTOR)), DenialReason::MemberNotActive);
        assert!(matches!(
            last_row(),
            (CHILD, TrailFact::AccessDenied { member: CLINIC, .. })
        ));
        assert_noop!(
            request(ASK, on_consent(STRANGER)),
            Error::<Test>::NotOnRecord
        );
        let nothing = Asking {
            categories: CategorySet::EMPTY,
            ..on_consent(DOCTOR)
        };
        assert_noop!(request(ASK, nothing), Error::<Test>::CategoriesNotAllowed);
    });
}

#[test]
fn a2_a_request_id_is_used_once_while_it_is_remembered() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        assert_noop!(
            request(ASK, on_consent(DOCTOR)),
            Error::<Test>::RequestIdUsed
        );
        assert_ok!(break_glass(CREW, CHILD));
        assert_noop!(
            request(GLASS, on_consent(DOCTOR)),
            Error::<Test>::RequestIdUsed
        );
        assert_noop!(break_glass(CREW, CHILD), Error::<Test>::RequestIdUsed);
    });
}

#[test]
fn a3_consent_permits_what_it_covers_and_gives_its_reason_otherwise() {
    in_world(|| {
        assert_eq!(decided(on_consent(DOCTOR)), BY_CONSENT);
        assert_eq!(denied(on_consent(OTHER_DOCTOR)), DenialReason::NoConsent);
        let other_purpose = Asking {
            purpose: Purpose::Statistics,
            ..on_consent(DOCTOR)
        };
        assert_eq!(denied(other_purpose), DenialReason::NoConsent);
        let categories = consented().with(Category::Sensitive);
        assert_eq!(
            denied(Asking {
                categories,
                ..on_consent(DOCTOR)
            }),
            DenialReason::NoConsent
        );
        end_consent();
        assert_eq!(denied(on_consent(DOCTOR)), DenialReason::Withdrawn);
    });
}

#[test]
fn a4_ticket_dies_with_its_consent() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        let ticket = Access::ticket(&ASK).expect("the ticket is fresh");
        assert_eq!(
            (ticket.requester, ticket.hpke.0),
            (account(DOCTOR), [9; 32])
        );
        end_consent();
        assert_eq!(Access::ticket(&ASK), None);
    });
}

#[test]
fn a4_a_ticket_does_not_pass_to_another_consent() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        world(|world| {
            let consent = world.consents.remove(&CONSENT).unwrap();
            world
                .consents
                .insert(musubi_primitives::ConsentId([72; 32]), consent);
        });
        assert_eq!(Access::ticket(&ASK), None);
        assert!(is_permitted(on_consent(DOCTOR)));
    });
}

#[test]
fn a4_a_ticket_dies_with_its_requester_s_standing_with_the_freeze_and_with_the_move() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        let by_statute = RequestId([9; 32]);
        assert_ok!(request(
            by_statute,
            on_statute(NURSE, StatuteArticle::ImmunizationAct)
        ));
        world(|world| world.suspended.insert(CLINIC));
        assert_eq!(Access::ticket(&ASK), None);
        world(|world| world.suspended.clear());
        assert!(Access::ticket(&ASK).is_some());
        world(|world| world.frozen.insert(CHILD));
        assert_eq!(Access::ticket(&ASK), None);
        assert!(Access::ticket(&by_statute).is_some());
        world(|world| world.homes.insert(CHILD, NEIGHBOUR));
        assert_eq!(Access::ticket(&by_statute), None);
    });
}

#[test]
fn a5_a_ticket_opens_nothing_after_a_minute() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        pass(TICKET_LIFE_MAX - 1);
        assert!(Access::ticket(&ASK).is_some());
        pass(1);
        assert_eq!(Access::ticket(&ASK), None);
    });
}

#[test]
fn a5_a_ticket_does_not_outlive_the_end_of_its_consent() {
    in_world(|| {
        let soon = NOON + 20 * SECOND;
        world(|world| world.consents.get_mut(&CONSENT).unwrap().until = soon);
        let expires = soon;
        let basis = Basis::Consent(CONSENT);
        assert_eq!(
            decided(on_consent(DOCTOR)),
            Decision::Permit { basis, expires }
        );
    });
}

#[test]
fn a6_each_record_is_released_once_by_a_holder_and_only_if_the_ticket_names_it() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        let vault = account(HOME_VAULT);
        assert!(Access::releasable(&ASK, &DOSE, &vault).is_some());
        assert_eq!(Access::releasable(&ASK, &LETTER, &vault), None);
        assert_eq!(
            Access::releasable(&ASK, &DOSE, &account(NEIGHBOUR_VAULT)),
            None
        );
        assert_eq!(Access::releasable(&ASK, &DOSE, &account(OFFICER)), None);
        let deliver = |by, record| Access::deliver(origin(by), ASK, record, SIGNED);
        for by in [NEIGHBOUR_VAULT, OFFICER, DOCTOR] {
            assert_noop!(deliver(by, DOSE), Error::<Test>::NotAHolder);
        }
        assert_noop!(deliver(HOME_VAULT, LETTER), Error::<Test>::RecordNotCovered);
        assert_ok!(deliver(HOME_VAULT, DOSE));
        let row = TrailFact::Delivered {
            request: ASK,
            record: DOSE,
            custodian: HOME,
        };
        assert_eq!(last_row(), (CHILD, row));
        assert_eq!(Access::releasable(&ASK, &DOSE, &vault), None);
        assert_noop!(deliver(CLINIC_VAULT, DOSE), Error::<Test>::AlreadyDelivered);
    });
}

#[test]
fn a6_an_erased_record_is_not_released() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        world(|world| world.records.get_mut(&DOSE).unwrap().state = RecordState::Erased);
        assert_eq!(Access::releasable(&ASK, &DOSE, &account(HOME_VAULT)), None);
    });
}

#[test]
fn a6_a_delivery_is_recorded_although_the_ticket_has_died_but_never_under_a_denial() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        let second = RequestId([9; 32]);
        assert_ok!(request(second, on_consent(OTHER_DOCTOR)));
        end_consent();
        assert_ok!(Access::deliver(origin(HOME_VAULT), ASK, DOSE, SIGNED));
        let under_denial = Access::deliver(origin(HOME_VAULT), second, DOSE, SIGNED);
        assert_noop!(under_denial, Error::<Test>::NotPermitted);
    });
}

#[test]
fn a7_the_municipality_that_has_the_care_reads_on_statute() {
    in_world(|| {
        let article = StatuteArticle::ImmunizationAct;
        let expires = NOON + TICKET_LIFE_MAX;
        let permit = Decision::Permit {
            basis: Basis::Statute(article),
            expires,
        };
        assert_eq!(decided(on_statute(NURSE, article)), permit);
        let reason = denied(on_statute(NEIGHBOUR_NURSE, article));
        assert_eq!(reason, DenialReason::StatuteNotApplicable);
        world(|world| world.custodians.insert((CHILD, NEIGHBOUR)));
        assert!(is_permitted(on_statute(NEIGHBOUR_NURSE, article)));
    });
}

#[test]
fn a7_each_article_reaches_its_categories_roles_and_purposes_only() {
    in_world(|| {
        let ask = |by, article, category, purpose| {
            let categories = CategorySet::of(&[category]);
            is_permitted(Asking {
                categories,
                purpose,
                ..on_statute(by, article)
            })
        };
        use StatuteArticle::{
            ChildAbusePrevention13_4 as Abuse, ImmunizationAct as Doses,
            MaternalChildHealth19_2 as Health,
        };
        let checkup = Purpose::Checkup;
        assert!(ask(NURSE, Health, Category::Growth, checkup));
        assert!(!ask(NURSE, Doses, Category::Growth, checkup));
        assert!(!ask(NURSE, Health, Category::Sensitive, checkup));
        assert!(!ask(NURSE, Abuse, Category::Sensitive, checkup));
        assert!(ask(OFFICER, Abuse, Category::Sensitive, checkup));
        assert!(!ask(
            OFFICER,
            Abuse,
            Category::Sensitive,
            Purpose::Statistics
        ));
    });
}

#[test]
fn a8_crew_and_doctors_break_the_glass_and_others_are_denied() {
    in_world(|| {
        for (number, by) in [NURSE, CLERK, FIRE_REVIEWER].into_iter().enumerate() {
            let id = RequestId([50 + u8::try_from(number).unwrap(); 32]);
            let reason = BreakGlassReason::LifeAtRisk;
            assert_ok!(Access::open_break_glass(
                origin(by),
                id,
                CHILD,
                SIGNED,
                reason
            ));
            let denial = Decision::Deny(DenialReason::RoleNotAllowed);
            assert_eq!(Access::decision(&id), Some(denial));
            assert!(!Openings::<Test>::contains_key(id));
        }
        world(|world| world.frozen.insert(CHILD));
        assert_ok!(break_glass(CREW, CHILD));
        let (request, member) = (GLASS, FIRE_SERVICE);
        let reason = BreakGlassReason::LifeAtRisk;
        let row = TrailFact::BreakGlassOpened {
            request,
            member,
            reason,
        };
        assert_eq!(last_row(), (CHILD, row));
        assert!(is_permitted(on_break_glass(CREW)));
    });
}

#[test]
fn a9_an_opening_serves_its_opener_in_an_emergency_and_nothing_sensitive() {
    in_world(|| {
        assert_eq!(
            denied(on_break_glass(CREW)),
            DenialReason::BreakGlassNotOpen
        );
        assert_ok!(break_glass(CREW, CHILD));
        assert!(is_permitted(on_break_glass(CREW)));
        assert_eq!(
            denied(on_break_glass(OTHER_CREW)),
            DenialReason::BreakGlassNotOpen
        );
        assert_eq!(denied(on_break_glass(NURSE)), DenialReason::RoleNotAllowed);
        let purpose = Purpose::ChildCare;
        let care = denied(Asking {
            purpose,
            ..on_break_glass(CREW)
        });
        assert_eq!(care, DenialReason::NoConsent);
        for category in [Category::Sensitive, Category::Scale] {
            let categories = consented().with(category);
            let reason = denied(Asking {
                categories,
                ..on_break_glass(CREW)
            });
            assert_eq!(reason, DenialReason::NoConsent);
        }
        world(|world| world.homes.insert(UNKNOWN, HOME));
        let other_child = denied(Asking {
            subject: UNKNOWN,
            ..on_break_glass(CREW)
        });
        assert_eq!(other_child, DenialReason::BreakGlassNotOpen);
    });
}

#[test]
fn a10_break_glass_closes_by_hand_and_its_tickets_with_it() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        assert_ok!(request(ASK, on_break_glass(CREW)));
        assert!(Access::ticket(&ASK).is_some());
        let close = |by| Access::close_break_glass(origin(by), GLASS);
        assert_noop!(close(OTHER_CREW), Error::<Test>::NotEntitledToClose);
        assert_noop!(close(HOME_REVIEWER), Error::<Test>::NotEntitledToClose);
        assert_ok!(close(FIRE_REVIEWER));
        assert_eq!(
            last_row(),
            (CHILD, TrailFact::BreakGlassClosed { request: GLASS })
        );
        assert_eq!(Access::ticket(&ASK), None);
        assert_noop!(close(CREW), Error::<Test>::AlreadyClosed);
    });
}

#[test]
fn a10_break_glass_closes_by_itself_after_an_hour() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        pass(BREAK_GLASS_LIFE - 1);
        sweep();
        assert!(is_permitted(on_break_glass(CREW)));
        pass(1);
        assert_eq!(
            denied(on_break_glass(CREW)),
            DenialReason::BreakGlassNotOpen
        );
        sweep();
        assert_eq!(
            last_row(),
            (CHILD, TrailFact::BreakGlassClosed { request: GLASS })
        );
        let rows = world(|world| world.rows.len());
        sweep();
        assert_eq!(world(|world| world.rows.len()), rows);
    });
}

#[test]
fn a11_a_second_person_reviews_once_and_only_what_is_closed() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        let review = |by| Access::review_break_glass(origin(by), GLASS, true);
        assert_noop!(review(FIRE_REVIEWER), Error::<Test>::StillOpen);
        pass(BREAK_GLASS_LIFE);
        for by in [CREW, OTHER_CREW, OFFICER, NEIGHBOUR_REVIEWER, STRANGER] {
            assert_noop!(review(by), Error::<Test>::NotEntitledToReview);
        }
        assert_ok!(review(HOME_REVIEWER));
        let rows = world(|world| world.rows.split_off(1));
        let closed = TrailFact::BreakGlassClosed { request: GLASS };
        let reviewed = TrailFact::BreakGlassReviewed {
            request: GLASS,
            justified: true,
        };
        assert_eq!(rows, [(CHILD, closed), (CHILD, reviewed)]);
        assert_noop!(review(FIRE_REVIEWER), Error::<Test>::AlreadyReviewed);
        assert_eq!(Due::<Test>::iter().count(), 0);
    });
}

#[test]
fn a11_nobody_reviews_an_own_opening() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        pass(BREAK_GLASS_LIFE);
        world(|world| world.actors.get_mut(&account(CREW)).unwrap().role = Role::Reviewer);
        let own = Access::review_break_glass(origin(CREW), GLASS, true);
        assert_noop!(own, Error::<Test>::NotEntitledToReview);
    });
}

#[test]
fn a12_an_unreviewed_opening_is_marked_overdue_once_and_can_still_be_reviewed() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        pass(REVIEW_PERIOD - 1);
        sweep();
        assert_eq!(
            Openings::<Test>::get(GLASS).unwrap().review,
            Review::Awaited
        );
        pass(1);
        sweep();
        let overdue = TrailFact::BreakGlassReviewOverdue { request: GLASS };
        assert_eq!(last_row(), (CHILD, overdue));
        assert_ok!(Access::review_break_glass(
            origin(FIRE_REVIEWER),
            GLASS,
            false
        ));
        let justified = false;
        let row = TrailFact::BreakGlassReviewed {
            request: GLASS,
            justified,
        };
        assert_eq!(last_row(), (CHILD, row));
    });
}

#[test]
fn a13_unknown_and_protected_subjects_sound_alike_on_every_claim() {
    in_world(|| {
        let asks: [fn() -> Asking; 4] = [
            || on_consent(DOCTOR),
            || on_statute(NEIGHBOUR_NURSE, StatuteArticle::ImmunizationAct),
            || on_statute(NEIGHBOUR_NURSE, StatuteArticle::ChildAbusePrevention13_4),
            || on_break_glass(CREW),
        ];
        for ask in asks {
            let of_unknown = denied(Asking {
                subject: UNKNOWN,
                ..ask()
            });
            let of_protected = denied(Asking {
                subject: PROTECTED,
                ..ask()
            });
            assert_eq!(of_unknown, of_protected);
            assert_eq!(of_unknown, DenialReason::NotAvailable);
        }
        world(|world| world.frozen.insert(PROTECTED));
        let frozen = denied(Asking {
            subject: PROTECTED,
            ..on_consent(DOCTOR)
        });
        assert_eq!(frozen, DenialReason::NotAvailable);
    });
}

/// What state is asked for one request, in order.
fn work_of(asking: Asking) -> Vec<&'static str> {
    world(|world| world.asked.clear());
    denied(asking);
    world(|world| std::mem::take(&mut world.asked))
}

#[test]
fn a13_unknown_and_protected_subjects_cost_the_same_work() {
    in_world(|| {
        let asks: [fn() -> Asking; 5] = [
            || on_consent(DOCTOR),
            || Asking {
                session: Some(VISIT),
                ..on_consent(DOCTOR)
            },
            || on_statute(NEIGHBOUR_NURSE, StatuteArticle::ImmunizationAct),
            || on_break_glass(CREW),
            || on_consent(CLERK),
        ];
        for is_frozen in [false, true] {
            if is_frozen {
                world(|world| world.frozen.insert(PROTECTED));
            }
            for ask in asks {
                let of = |subject| work_of(Asking { subject, ..ask() });
                let (of_unknown, of_protected) = (of(UNKNOWN), of(PROTECTED));
                assert_eq!(of_unknown, of_protected);
                assert!(of_unknown.contains(&"append"), "{of_unknown:?}");
            }
        }
    });
}

#[test]
fn a13_however_many_unknown_subjects_share_one_trail() {
    in_world(|| {
        for number in 0..5u8 {
            let subject = Pseudonym([200 + number; 32]);
            denied(Asking {
                subject,
                ..on_consent(DOCTOR)
            });
        }
        let subjects = world(|world| world.rows.iter().map(|(subject, _)| *subject).collect());
        let subjects: std::collections::BTreeSet<Pseudonym> = subjects;
        assert_eq!(subjects, [NOBODY].into());
    });
}

#[test]
fn a18_sensitive_categories_are_read_on_consent_in_an_open_visit_only() {
    in_world(|| {
        let categories = consented().with(Category::Sensitive);
        world(|world| world.consents.get_mut(&CONSENT).unwrap().categories = categories);
        let ask = |session| Asking {
            categories,
            session,
            ..on_consent(DOCTOR)
        };
        assert!(is_permitted(on_consent(DOCTOR)));
        assert_eq!(denied(ask(None)), DenialReason::NoSession);
        assert_eq!(denied(ask(Some(VISIT))), DenialReason::NoSession);
        assert_ok!(open_visit(OFFICER, NOON + 100 * SECOND));
        assert_eq!(denied(ask(None)), DenialReason::NoSession);
        assert!(is_permitted(ask(Some(VISIT))));
        pass(100 * SECOND);
        assert_eq!(denied(ask(Some(VISIT))), DenialReason::NoSession);
    });
}

#[test]
fn a13_the_home_of_a_protected_subject_still_reads() {
    in_world(|| {
        let own = on_statute(NURSE, StatuteArticle::ImmunizationAct);
        assert!(is_permitted(Asking {
            subject: PROTECTED,
            ..own
        }));
    });
}

#[test]
fn a14_a_visit_is_opened_under_a_consent_in_force_for_this_member() {
    in_world(|| {
        let until = NOON + SESSION_LIFE_MAX;
        // The clinic's own word is no evidence of a card: the home municipality has judged it, or nobody.
        for by in [
            NURSE,
            CLERK,
            DOCTOR,
            NEIGHBOUR_NURSE,
            CLINIC_VAULT,
            STRANGER,
        ] {
            assert_noop!(open_visit(by, until), Error::<Test>::NotEntitledToSession);
        }
        for until in [NOON, NOON + SESSION_LIFE_MAX + 1] {
            assert_noop!(
                open_visit(OFFICER, until),
                Error::<Test>::SessionPeriodNotAllowed
            );
        }
        assert_ok!(open_visit(OFFICER, until));
        assert_noop!(open_visit(OFFICER, until), Error::<Test>::SessionIdUsed);
        let row = TrailFact::SessionOpened {
            session: VISIT,
            member: CLINIC,
            consent: CONSENT,
        };
        assert_eq!(last_row(), (CHILD, row));
        end_consent();
        assert_noop!(open_visit(OFFICER, until), Error::<Test>::ConsentNotInForce);
    });
}

#[test]
fn a14_a_request_that_names_a_visit_needs_it_open() {
    in_world(|| {
        let ask = || Asking {
            session: Some(VISIT),
            ..on_consent(DOCTOR)
        };
        assert_eq!(denied(ask()), DenialReason::NoSession);
        assert_ok!(open_visit(OFFICER, NOON + 100 * SECOND));
        assert_ok!(request(ASK, ask()));
        assert!(Access::ticket(&ASK).is_some());
        let by_other = Access::close_session(origin(NURSE), VISIT);
        assert_noop!(by_other, Error::<Test>::NotEntitledToSession);
        assert_ok!(Access::close_session(origin(CLERK), VISIT));
        assert_eq!(Access::ticket(&ASK), None);
        assert_eq!(denied(ask()), DenialReason::NoSession);
        let again = Access::close_session(origin(CLERK), VISIT);
        assert_noop!(again, Error::<Test>::UnknownSession);
    });
}

#[test]
fn a14_a_check_in_opens_one_visit_also_after_that_was_closed() {
    in_world(|| {
        let until = NOON + 100 * SECOND;
        assert_ok!(open_visit(OFFICER, until));
        assert_ok!(Access::close_session(origin(CLERK), VISIT));
        assert_noop!(open_visit(OFFICER, until), Error::<Test>::SessionIdUsed);
        pass(100 * SECOND);
        sweep();
        assert!(
            Sessions::<Test>::get(VISIT).is_none() && Due::<Test>::iter_keys().next().is_none()
        );
    });
}

#[test]
fn a14_the_officer_who_opened_a_visit_may_close_it() {
    in_world(|| {
        assert_ok!(open_visit(OFFICER, NOON + 100 * SECOND));
        world(|world| world.homes.insert(CHILD, NEIGHBOUR));
        let after_move = Access::close_session(origin(OFFICER), VISIT);
        assert_noop!(after_move, Error::<Test>::NotEntitledToSession);
        world(|world| world.homes.insert(CHILD, HOME));
        assert_ok!(Access::close_session(origin(OFFICER), VISIT));
        assert!(Access::open_session_of(&VISIT).is_none());
    });
}

#[test]
fn a14_a_visit_of_another_child_or_at_another_member_does_not_count() {
    in_world(|| {
        assert_ok!(open_visit(OFFICER, NOON + 100 * SECOND));
        world(|world| {
            let consent = world.consents[&CONSENT];
            let other_child = ConsentFacts {
                subject: PROTECTED,
                ..consent
            };
            let other_clinic = ConsentFacts {
                recipient: musubi_primitives::MemberId(4),
                ..consent
            };
            world
                .consents
                .insert(musubi_primitives::ConsentId([73; 32]), other_child);
            world
                .consents
                .insert(musubi_primitives::ConsentId([74; 32]), other_clinic);
            world.homes.insert(PROTECTED, HOME);
        });
        let session = Some(VISIT);
        let elsewhere = denied(Asking {
            session,
            ..on_consent(OTHER_DOCTOR)
        });
        assert_eq!(elsewhere, DenialReason::NoSession);
        let other_child = Asking {
            session,
            subject: PROTECTED,
            ..on_consent(DOCTOR)
        };
        assert_eq!(denied(other_child), DenialReason::NotAvailable);
    });
}

#[test]
fn a14_a_visit_ends_by_itself() {
    in_world(|| {
        assert_ok!(open_visit(OFFICER, NOON + 100 * SECOND));
        pass(100 * SECOND);
        let ask = Asking {
            session: Some(VISIT),
            ..on_consent(DOCTOR)
        };
        assert_eq!(denied(ask), DenialReason::NoSession);
        sweep();
        assert!(!Sessions::<Test>::contains_key(VISIT));
    });
}

#[test]
fn a15_a_freeze_stops_consent_and_nothing_else() {
    in_world(|| {
        assert_ok!(break_glass(CREW, CHILD));
        world(|world| world.frozen.insert(CHILD));
        assert_eq!(denied(on_consent(DOCTOR)), DenialReason::Frozen);
        assert!(is_permitted(on_statute(
            NURSE,
            StatuteArticle::ImmunizationAct
        )));
        assert!(is_permitted(on_break_glass(CREW)));
    });
}

#[test]
fn a16_requests_and_their_deliveries_are_forgotten_after_their_time() {
    in_world(|| {
        assert_ok!(request(ASK, on_consent(DOCTOR)));
        assert_ok!(Access::deliver(origin(HOME_VAULT), ASK, DOSE, SIGNED));
        pass(REQUEST_MEMORY - 1);
        sweep();
        assert!(Requests::<Test>::contains_key(ASK));
        pass(1);
        sweep();
        assert!(!Requests::<Test>::contains_key(ASK));
        assert_eq!(Deliveries::<Test>::iter().count(), 0);
        assert_eq!(RequestsDue::<Test>::iter().count(), 0);
        assert_ok!(request(ASK, on_consent(DOCTOR)));
    });
}

#[test]
fn a16_one_sweep_forgets_no_more_than_its_weight_allows() {
    in_world(|| {
        for number in 0..5u8 {
            assert_ok!(request(RequestId([100 + number; 32]), on_consent(DOCTOR)));
        }
        pass(REQUEST_MEMORY);
        let each = <() as crate::WeightInfo>::sweep_item();
        let used = Access::on_idle(1, each.saturating_mul(3));
        assert_eq!(used, each.saturating_mul(3));
        assert_eq!(Requests::<Test>::iter().count(), 2);
        assert_eq!(Access::on_idle(1, Weight::zero()), Weight::zero());
        assert_eq!(Requests::<Test>::iter().count(), 2);
        sweep();
        assert_eq!(Requests::<Test>::iter().count(), 0);
    });
}

#[test]
fn a17_clerks_vaults_and_reviewers_may_not_ask() {
    in_world(|| {
        for by in [CLERK, CLINIC_VAULT, HOME_REVIEWER] {
            assert_eq!(denied(on_consent(by)), DenialReason::RoleNotAllowed);
        }
        let doctor_on_statute = on_statute(DOCTOR, StatuteArticle::ImmunizationAct);
        assert_eq!(denied(doctor_on_statute), DenialReason::RoleNotAllowed);
        assert_eq!(denied(on_consent(CREW)), DenialReason::RoleNotAllowed);
        let emergency = Asking {
            purpose: Purpose::Emergency,
            ..on_consent(CREW)
        };
        assert_eq!(denied(emergency), DenialReason::NoConsent);
    });
}
