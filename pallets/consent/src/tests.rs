//! Each rule of the crate docs, as a sentence that can fail.

use crate::{
    CURRENT_MAX, ConsentId as Id, Consents, DAY, Due, Error, Nonces, OPEN_MAX, PERIOD_MAX,
    PROPOSAL_LIFE, Standings, mock::*,
};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::DispatchResult,
    pallet_prelude::{Hooks, Weight},
};
use musubi_primitives::{
    AssuranceLevel, CategorySet, Commitment, ConsentId, ConsentState, DenialReason, Ending,
    Pseudonym, Purpose, Terms,
    resident::Authority,
    seams::{Consents as _, GuardianshipFacts},
    trail::TrailFact,
};
use sp_runtime::AccountId32;

const FIRST: ConsentId = ConsentId([1; 32]);
const SECOND: ConsentId = ConsentId([2; 32]);
const EVIDENCE: Option<Commitment> = Some(Commitment([7; 32]));

fn origin(number: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(AccountId32::new([number; 32]))
}

/// What the mother signs for the clinic: a year of plain categories, by card.
fn terms(nonce: u8) -> Terms {
    Terms {
        subject: CHILD,
        guardian: MOTHER,
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: plain(),
        not_before: NOON,
        not_after: NOON + 366 * DAY,
        statement: Commitment([nonce; 32]),
        nonce: [nonce; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
    }
}

fn propose(by: u8, id: ConsentId, terms: Terms) -> DispatchResult {
    Consent::propose(origin(by), id, terms, None)
        .map(|_| ())
        .map_err(|refusal| refusal.error)
}

fn attest(by: u8, id: ConsentId) -> DispatchResult {
    Consent::attest(origin(by), id)
        .map(|_| ())
        .map_err(|refusal| refusal.error)
}

fn in_force(id: ConsentId, terms: Terms) {
    assert_ok!(propose(CLINIC_CLERK, id, terms));
    assert_ok!(attest(OFFICER, id));
    assert_eq!(state(id), ConsentState::Effective);
}

fn state(id: ConsentId) -> ConsentState {
    Consent::consent(&id)
        .expect("the consent was proposed")
        .state
}

fn covering(categories: CategorySet) -> Result<ConsentId, DenialReason> {
    Consent::covering(&CHILD, CLINIC, Purpose::ChildCare, categories)
}

fn pass(time: u64) {
    world(|world| world.now += time);
}

fn sweep() {
    Consent::on_idle(1, Weight::MAX);
}

fn rows() -> Vec<TrailFact> {
    world(|world| world.rows.iter().map(|(_, fact)| fact.clone()).collect())
}

#[test]
fn k1_the_recipient_the_home_counter_and_the_guardian_propose_and_nobody_else() {
    in_world(|| {
        for (nonce, by) in [CLINIC_CLERK, HOME_CLERK, MOTHER_ACCOUNT]
            .into_iter()
            .enumerate()
        {
            let nonce = u8::try_from(nonce).unwrap();
            assert_ok!(propose(by, Id([nonce; 32]), terms(nonce)));
        }
        for by in [NEIGHBOUR_OFFICER, CLINIC_VAULT, FATHER_ACCOUNT, STRANGER] {
            let refused = propose(by, Id([9; 32]), terms(9));
            assert_noop!(refused, Error::<Test>::NotEntitledToPropose);
        }
    });
}

#[test]
fn k1_a_named_account_must_be_the_guardians() {
    in_world(|| {
        let named = |number| Terms {
            account: Some(account(number)),
            ..terms(1)
        };
        let refused = propose(CLINIC_CLERK, FIRST, named(FATHER_ACCOUNT));
        assert_noop!(refused, Error::<Test>::AccountNotTheGuardians);
        assert_ok!(propose(CLINIC_CLERK, FIRST, named(MOTHER_ACCOUNT)));
    });
}

#[test]
fn k2_a_clinic_hears_the_same_of_a_protected_and_of_an_unknown_child() {
    in_world(|| {
        world(|world| world.protected.insert(CHILD));
        let protected = propose(CLINIC_CLERK, FIRST, terms(1));
        let unknown = Terms {
            subject: Pseudonym([77; 32]),
            ..terms(1)
        };
        assert_eq!(protected, propose(CLINIC_CLERK, FIRST, unknown));
        assert_noop!(protected, Error::<Test>::SubjectNotAvailable);
        assert_ok!(propose(HOME_CLERK, FIRST, terms(1)));
    });
}

#[test]
fn k3_a_period_begins_before_it_ends_in_the_future_and_is_not_too_long() {
    in_world(|| {
        let until = |not_before, not_after| Terms {
            not_before,
            not_after,
            ..terms(1)
        };
        let refused = [
            until(NOON + DAY, NOON + DAY),
            until(NOON - DAY, NOON),
            until(NOON, NOON + PERIOD_MAX + 1),
            until(NOON - 1, NOON + PERIOD_MAX),
            until(NOON + DAY, NOON + PERIOD_MAX + DAY),
        ];
        for terms in refused {
            let outcome = propose(CLINIC_CLERK, FIRST, terms);
            assert_noop!(outcome, Error::<Test>::PeriodNotAllowed);
        }
        assert_ok!(propose(CLINIC_CLERK, FIRST, until(NOON, NOON + PERIOD_MAX)));
    });
}

#[test]
fn k4_a_consent_names_a_category() {
    in_world(|| {
        let none = Terms {
            categories: CategorySet::EMPTY,
            ..terms(1)
        };
        let outcome = propose(CLINIC_CLERK, FIRST, none);
        assert_noop!(outcome, Error::<Test>::CategoriesNotAllowed);
    });
}

#[test]
fn k5_a_signed_statement_makes_one_consent_even_after_that_one_ended() {
    in_world(|| {
        assert_ok!(propose(CLINIC_CLERK, SECOND, terms(1)));
        in_force(FIRST, terms(1));
        assert_noop!(attest(OFFICER, SECOND), Error::<Test>::NonceUsed);
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        let replayed = propose(CLINIC_CLERK, Id([3; 32]), terms(1));
        assert_noop!(replayed, Error::<Test>::NonceUsed);
    });
}

#[test]
fn k5_a_nonce_is_forgotten_when_the_period_it_was_signed_for_is_over() {
    in_world(|| {
        in_force(FIRST, terms(1));
        assert!(Nonces::<Test>::contains_key([1; 32]));
        pass(366 * DAY - 1);
        sweep();
        assert!(Nonces::<Test>::contains_key([1; 32]));
        pass(1);
        sweep();
        assert!(!Nonces::<Test>::contains_key([1; 32]));
        assert_noop!(
            propose(CLINIC_CLERK, SECOND, terms(1)),
            Error::<Test>::PeriodNotAllowed
        );
    });
}

#[test]
fn k6_who_is_no_guardian_cannot_consent() {
    in_world(|| {
        world(|world| world.guardianships.remove(&(MOTHER, CHILD)));
        assert_noop!(
            propose(CLINIC_CLERK, FIRST, terms(1)),
            Error::<Test>::NoGuardianship
        );
    });
}

#[test]
fn k6_a_consent_ends_with_its_guardianship() {
    in_world(|| {
        let short = GuardianshipFacts {
            authority: Authority::Single,
            until: NOON + 100 * DAY,
        };
        world(|world| world.guardianships.insert((MOTHER, CHILD), short));
        in_force(FIRST, terms(1));
        assert_eq!(
            Consents::<Test>::get(FIRST).unwrap().until,
            NOON + 100 * DAY
        );
        pass(100 * DAY);
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Expired));
    });
}

#[test]
fn k6_a_guardianship_that_is_taken_away_silences_its_consents() {
    in_world(|| {
        in_force(FIRST, terms(1));
        world(|world| world.guardianships.remove(&(MOTHER, CHILD)));
        assert!(!Consent::is_effective(&FIRST));
        assert_eq!(covering(plain()), Err(DenialReason::ConsentEnded));
    });
}

#[test]
fn k6_who_is_of_age_speaks_for_oneself() {
    in_world(|| {
        in_force(
            FIRST,
            Terms {
                subject: MOTHER,
                ..terms(1)
            },
        );
        let own = Consent::covering(&MOTHER, CLINIC, Purpose::ChildCare, plain());
        assert_eq!(own, Ok(FIRST));
    });
}

#[test]
fn k7_one_officer_of_the_home_municipality_suffices_for_plain_scopes() {
    in_world(|| {
        assert_ok!(propose(CLINIC_CLERK, FIRST, terms(1)));
        for by in [HOME_CLERK, CLINIC_CLERK, MOTHER_ACCOUNT] {
            assert_noop!(attest(by, FIRST), Error::<Test>::NotAnOfficer);
        }
        assert_noop!(
            attest(NEIGHBOUR_OFFICER, FIRST),
            Error::<Test>::AttesterNotAllowed
        );
        assert_ok!(attest(OFFICER, FIRST));
        assert_eq!(state(FIRST), ConsentState::Effective);
        assert_noop!(attest(OTHER_OFFICER, FIRST), Error::<Test>::NotProposed);
    });
}

#[test]
fn k7_sensitive_scopes_need_two_different_officers() {
    in_world(|| {
        assert_ok!(propose(
            CLINIC_CLERK,
            FIRST,
            Terms {
                categories: sensitive(),
                ..terms(1)
            }
        ));
        assert_ok!(attest(OFFICER, FIRST));
        assert_eq!(state(FIRST), ConsentState::Proposed);
        assert_noop!(attest(OFFICER, FIRST), Error::<Test>::AlreadyAttested);
        assert_ok!(attest(OTHER_OFFICER, FIRST));
        assert_eq!(covering(sensitive()), Ok(FIRST));
    });
}

#[test]
fn k7_what_staff_only_witnessed_needs_two_officers() {
    in_world(|| {
        world(|world| world.bound.clear());
        let witnessed = Terms {
            assurance: AssuranceLevel::Witnessed,
            ..terms(1)
        };
        assert_ok!(propose(HOME_CLERK, FIRST, witnessed));
        assert_ok!(attest(OFFICER, FIRST));
        assert_eq!(state(FIRST), ConsentState::Proposed);
        assert_ok!(attest(OTHER_OFFICER, FIRST));
        assert_eq!(state(FIRST), ConsentState::Effective);
    });
}

#[test]
fn k8_another_village_attests_only_as_second_and_only_if_named() {
    in_world(|| {
        let named = Terms {
            categories: sensitive(),
            second_attester: Some(NEIGHBOUR),
            ..terms(1)
        };
        let unnamed = Terms {
            categories: sensitive(),
            ..terms(2)
        };
        assert_ok!(propose(CLINIC_CLERK, FIRST, named));
        assert_ok!(propose(CLINIC_CLERK, SECOND, unnamed));
        assert_noop!(
            attest(NEIGHBOUR_OFFICER, SECOND),
            Error::<Test>::AttesterNotAllowed
        );
        assert_ok!(attest(OFFICER, FIRST));
        assert_ok!(attest(NEIGHBOUR_OFFICER, FIRST));
        assert_eq!(state(FIRST), ConsentState::Effective);
    });
}

#[test]
fn k8_two_officers_of_another_village_never_suffice() {
    in_world(|| {
        let neighbour = world(|world| world.actors[&account(NEIGHBOUR_OFFICER)]);
        world(|world| world.actors.insert(account(22), neighbour));
        let named = Terms {
            categories: sensitive(),
            second_attester: Some(NEIGHBOUR),
            ..terms(1)
        };
        assert_ok!(propose(CLINIC_CLERK, FIRST, named));
        assert_ok!(attest(NEIGHBOUR_OFFICER, FIRST));
        assert_noop!(attest(22, FIRST), Error::<Test>::AttesterNotAllowed);
    });
}

#[test]
fn k8_no_other_village_learns_of_a_protected_subject() {
    in_world(|| {
        let named = Terms {
            categories: sensitive(),
            second_attester: Some(NEIGHBOUR),
            ..terms(1)
        };
        assert_ok!(propose(HOME_CLERK, FIRST, named.clone()));
        world(|world| world.protected.insert(CHILD));
        assert_noop!(
            attest(NEIGHBOUR_OFFICER, FIRST),
            Error::<Test>::AttesterNotAllowed
        );
        let refused = propose(
            HOME_CLERK,
            SECOND,
            Terms {
                nonce: [2; 32],
                ..named
            },
        );
        assert_noop!(refused, Error::<Test>::SecondAttesterNotAllowed);
    });
}

#[test]
fn k9_sensitive_scopes_need_a_card_and_cards_need_a_binding() {
    in_world(|| {
        let witnessed = Terms {
            categories: sensitive(),
            assurance: AssuranceLevel::Witnessed,
            ..terms(1)
        };
        let refused = propose(HOME_CLERK, FIRST, witnessed);
        assert_noop!(refused, Error::<Test>::AssuranceTooLow);
        assert_ok!(propose(CLINIC_CLERK, FIRST, terms(1)));
        world(|world| world.bound.clear());
        assert_noop!(attest(OFFICER, FIRST), Error::<Test>::NoActiveBinding);
    });
}

#[test]
fn k10_an_attester_that_disagrees_ends_the_proposal() {
    in_world(|| {
        assert_ok!(propose(CLINIC_CLERK, FIRST, terms(1)));
        let refused = Consent::disagree(origin(NEIGHBOUR_OFFICER), FIRST);
        assert_noop!(refused, Error::<Test>::AttesterNotAllowed);
        assert_ok!(Consent::disagree(origin(OFFICER), FIRST));
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Refused));
        let ended = TrailFact::ConsentEnded {
            consent: FIRST,
            ending: Ending::Refused,
        };
        let disagreed = TrailFact::AttestationDisagreed {
            consent: FIRST,
            attester: HOME,
        };
        assert_eq!(rows()[1..], [disagreed, ended]);
        assert_noop!(attest(OFFICER, FIRST), Error::<Test>::NotProposed);
    });
}

#[test]
fn k11_the_guardian_withdraws_once_and_for_all() {
    in_world(|| {
        in_force(FIRST, terms(1));
        for by in [FATHER_ACCOUNT, CLINIC_CLERK, STRANGER] {
            let refused = Consent::withdraw(origin(by), FIRST, EVIDENCE);
            assert_noop!(refused, Error::<Test>::NotEntitledToWithdraw);
        }
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        assert_eq!(covering(plain()), Err(DenialReason::Withdrawn));
        assert!(!Consent::is_effective(&FIRST));
        let again = Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None);
        assert_noop!(again, Error::<Test>::AlreadyEnded);
    });
}

#[test]
fn k11_the_home_counter_withdraws_on_evidence_only() {
    in_world(|| {
        in_force(FIRST, terms(1));
        let bare = Consent::withdraw(origin(HOME_CLERK), FIRST, None);
        assert_noop!(bare, Error::<Test>::NotEntitledToWithdraw);
        let foreign = Consent::withdraw(origin(NEIGHBOUR_OFFICER), FIRST, EVIDENCE);
        assert_noop!(foreign, Error::<Test>::NotEntitledToWithdraw);
        assert_ok!(Consent::withdraw(origin(HOME_CLERK), FIRST, EVIDENCE));
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Withdrawn));
    });
}

#[test]
fn k11_saying_no_to_a_proposal_refuses_it() {
    in_world(|| {
        assert_ok!(propose(CLINIC_CLERK, FIRST, terms(1)));
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Refused));
        assert_eq!(covering(plain()), Err(DenialReason::ConsentEnded));
    });
}

#[test]
fn k12_the_other_holder_of_joint_authority_pauses_and_lets_go_on() {
    in_world(|| {
        in_force(FIRST, terms(1));
        assert_ok!(Consent::object(origin(FATHER_ACCOUNT), FIRST, FATHER, None));
        assert_eq!(covering(plain()), Err(DenialReason::Paused));
        let by_mother = Consent::resume(origin(MOTHER_ACCOUNT), FIRST, None);
        assert_noop!(by_mother, Error::<Test>::NotEntitledToObject);
        assert_ok!(Consent::resume(origin(FATHER_ACCOUNT), FIRST, None));
        assert_eq!(covering(plain()), Ok(FIRST));
        let again = Consent::resume(origin(FATHER_ACCOUNT), FIRST, None);
        assert_noop!(again, Error::<Test>::NotPaused);
    });
}

#[test]
fn k12_a_paused_consent_can_still_be_withdrawn() {
    in_world(|| {
        in_force(FIRST, terms(1));
        assert_ok!(Consent::object(origin(HOME_CLERK), FIRST, FATHER, EVIDENCE));
        let twice = Consent::object(origin(FATHER_ACCOUNT), FIRST, FATHER, None);
        assert_noop!(twice, Error::<Test>::NotEffective);
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        assert_eq!(covering(plain()), Err(DenialReason::Withdrawn));
    });
}

#[test]
fn k12_only_another_joint_holder_objects() {
    in_world(|| {
        in_force(FIRST, terms(1));
        let own = Consent::object(origin(MOTHER_ACCOUNT), FIRST, MOTHER, None);
        assert_noop!(own, Error::<Test>::NoJointAuthority);
        let in_name_of_other = Consent::object(origin(MOTHER_ACCOUNT), FIRST, FATHER, None);
        assert_noop!(in_name_of_other, Error::<Test>::NotEntitledToObject);
        let single = GuardianshipFacts {
            authority: Authority::Single,
            until: NOON + DAY,
        };
        world(|world| world.guardianships.insert((FATHER, CHILD), single));
        let without_joint = Consent::object(origin(FATHER_ACCOUNT), FIRST, FATHER, None);
        assert_noop!(without_joint, Error::<Test>::NoJointAuthority);
    });
}

#[test]
fn k13_a_newer_consent_ends_the_older_one_when_it_becomes_effective() {
    in_world(|| {
        in_force(FIRST, terms(1));
        let wider = Terms {
            categories: sensitive(),
            ..terms(2)
        };
        assert_ok!(Consent::propose(
            origin(CLINIC_CLERK),
            SECOND,
            wider,
            Some(FIRST)
        ));
        assert_ok!(attest(OFFICER, SECOND));
        assert_eq!(state(FIRST), ConsentState::Effective);
        assert_ok!(attest(OTHER_OFFICER, SECOND));
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Superseded));
        assert_eq!(covering(sensitive()), Ok(SECOND));
        assert_eq!(covering(plain()), Err(DenialReason::ConsentEnded));
    });
}

#[test]
fn k13_only_a_consent_of_the_same_people_and_scope_is_superseded() {
    in_world(|| {
        in_force(FIRST, terms(1));
        let others = [
            Terms {
                guardian: FATHER,
                ..terms(2)
            },
            Terms {
                purpose: Purpose::Checkup,
                ..terms(2)
            },
            Terms {
                recipient: HOME,
                ..terms(2)
            },
        ];
        for terms in others {
            let refused = Consent::propose(origin(HOME_CLERK), SECOND, terms, Some(FIRST));
            assert_noop!(refused, Error::<Test>::NotSupersedable);
        }
    });
}

#[test]
fn k14_time_ends_a_consent_before_the_sweep_writes_it_down() {
    in_world(|| {
        in_force(FIRST, terms(1));
        pass(366 * DAY - 1);
        assert_eq!(covering(plain()), Ok(FIRST));
        pass(1);
        assert_eq!(state(FIRST), ConsentState::Ended(Ending::Expired));
        assert_eq!(covering(plain()), Err(DenialReason::OutsidePeriod));
        let before = rows();
        sweep();
        let row = TrailFact::ConsentEnded {
            consent: FIRST,
            ending: Ending::Expired,
        };
        assert_eq!(rows()[before.len()..], [row]);
        assert_eq!(covering(plain()), Err(DenialReason::OutsidePeriod));
        assert_eq!(Due::<Test>::iter().count(), 0);
        sweep();
        assert_eq!(rows().len(), before.len() + 1);
    });
}

#[test]
fn k15_a_consent_covers_what_it_names_and_nothing_else() {
    in_world(|| {
        in_force(
            FIRST,
            Terms {
                not_before: NOON + DAY,
                ..terms(1)
            },
        );
        assert_eq!(covering(plain()), Err(DenialReason::OutsidePeriod));
        pass(DAY);
        assert_eq!(covering(plain()), Ok(FIRST));
        assert_eq!(covering(sensitive()), Err(DenialReason::NoConsent));
        let no_consent = Err(DenialReason::NoConsent);
        let covers = Consent::covering;
        assert_eq!(
            covers(&CHILD, CLINIC, Purpose::Statistics, plain()),
            no_consent
        );
        assert_eq!(
            covers(&CHILD, NEIGHBOUR, Purpose::ChildCare, plain()),
            no_consent
        );
        assert_eq!(
            covers(&MOTHER, CLINIC, Purpose::ChildCare, plain()),
            no_consent
        );
    });
}

#[test]
fn k15_the_recipient_is_a_member_in_good_standing() {
    in_world(|| {
        let gone = Terms {
            recipient: musubi_primitives::MemberId(8),
            ..terms(1)
        };
        assert_noop!(
            propose(HOME_CLERK, FIRST, gone),
            Error::<Test>::RecipientNotActive
        );
    });
}

#[test]
fn k16_open_proposals_are_bounded_and_lapse() {
    in_world(|| {
        let open_max = u8::try_from(OPEN_MAX).unwrap();
        for nonce in 1..=open_max {
            assert_ok!(propose(CLINIC_CLERK, Id([nonce; 32]), terms(nonce)));
        }
        let last = Id([99; 32]);
        assert_noop!(
            propose(CLINIC_CLERK, last, terms(99)),
            Error::<Test>::TooManyOpen
        );
        pass(PROPOSAL_LIFE);
        assert_noop!(attest(OFFICER, FIRST), Error::<Test>::NotProposed);
        assert_ok!(propose(CLINIC_CLERK, last, terms(99)));
        assert_eq!(covering(plain()), Err(DenialReason::NoConsent));
    });
}

#[test]
fn k16_current_consents_are_bounded_and_ended_ones_make_room() {
    in_world(|| {
        let current_max = u8::try_from(CURRENT_MAX).unwrap();
        for nonce in 1..=current_max {
            in_force(Id([nonce; 32]), terms(nonce));
        }
        let next = Id([99; 32]);
        assert_ok!(propose(CLINIC_CLERK, next, terms(99)));
        assert_noop!(attest(OFFICER, next), Error::<Test>::TooManyCurrent);
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        assert_ok!(attest(OFFICER, next));
    });
}

#[test]
fn k16_one_sweep_settles_no_more_than_its_weight_allows() {
    in_world(|| {
        for nonce in 1..=6u8 {
            let purpose = Purpose::ALL[usize::from(nonce)];
            in_force(
                Id([nonce; 32]),
                Terms {
                    purpose,
                    ..terms(nonce)
                },
            );
        }
        pass(366 * DAY);
        let each = <() as crate::WeightInfo>::sweep_item();
        assert_eq!(
            Consent::on_idle(1, each.saturating_mul(5)),
            each.saturating_mul(5)
        );
        assert_eq!(Due::<Test>::iter().count(), 7);
        assert_eq!(Consent::on_idle(1, Weight::zero()), Weight::zero());
        sweep();
        assert_eq!(Due::<Test>::iter().count(), 0);
    });
}

#[test]
fn k17_a_consent_id_is_used_once() {
    in_world(|| {
        in_force(FIRST, terms(1));
        assert_noop!(
            propose(CLINIC_CLERK, FIRST, terms(2)),
            Error::<Test>::ConsentIdUsed
        );
    });
}

#[test]
fn the_trail_tells_the_life_of_a_consent_in_order() {
    in_world(|| {
        in_force(FIRST, terms(1));
        assert_ok!(Consent::withdraw(origin(MOTHER_ACCOUNT), FIRST, None));
        let told = [
            TrailFact::ConsentProposed {
                consent: FIRST,
                recipient: CLINIC,
                purpose: Purpose::ChildCare,
                categories: plain(),
            },
            TrailFact::ConsentAttested {
                consent: FIRST,
                attester: HOME,
            },
            TrailFact::ConsentEffective { consent: FIRST },
            TrailFact::ConsentEnded {
                consent: FIRST,
                ending: Ending::Withdrawn,
            },
        ];
        assert_eq!(rows(), told);
        let scope = Consents::<Test>::get(FIRST).unwrap().scope();
        assert!(Standings::<Test>::get(scope).current.is_empty());
    });
}
