//! Each rule of the crate docs, as a sentence that can fail.

use crate::{Error, Event, RuleSets, Verdicts, mock::*};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use musubi_primitives::{
    Category, CiphertextHash, Commitment, MemberId, OverrideReason, RecordId, RecordState,
    VerdictCode, seams::Records as _, trail::TrailFact,
};
use sp_runtime::AccountId32;

const FIRST: RecordId = RecordId([1; 32]);
const SECOND: RecordId = RecordId([2; 32]);
const THIRD: RecordId = RecordId([3; 32]);
const BYTES: CiphertextHash = CiphertextHash([8; 32]);
const RECEIPT: Commitment = Commitment([7; 32]);
const INPUTS: Commitment = Commitment([6; 32]);

fn origin(number: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(AccountId32::new([number; 32]))
}

fn commit(by: u8, id: RecordId, category: Category) -> DispatchResult {
    Records::commit_record(
        origin(by),
        id,
        CHILD,
        category,
        Commitment(id.0),
        BYTES,
        HOME,
    )
}

fn dose(id: RecordId) {
    assert_ok!(commit(DOCTOR, id, Category::Immunization));
}

fn acknowledge(by: u8, id: RecordId) -> DispatchResult {
    Records::acknowledge(origin(by), id, BYTES)
}

fn state(id: RecordId) -> RecordState {
    Records::record(&id)
        .expect("the record was committed")
        .state
}

fn rows() -> Vec<TrailFact> {
    world(|world| world.rows.iter().map(|(_, fact)| fact.clone()).collect())
}

fn judge(by: u8, verdict: VerdictCode, reason: Option<OverrideReason>) -> DispatchResult {
    Records::record_verdict(origin(by), CHILD, 1, INPUTS, verdict, reason)
}

#[test]
fn d1_staff_with_a_writing_role_commits_and_nobody_else() {
    in_world(|| {
        for (number, by) in [DOCTOR, GATEWAY, NURSE, OFFICER].into_iter().enumerate() {
            let id = RecordId([u8::try_from(number).unwrap(); 32]);
            assert_ok!(commit(by, id, Category::Immunization));
        }
        for by in [HOME_CLERK, CLINIC_VAULT, STRANGER] {
            let refused = commit(by, RecordId([9; 32]), Category::Immunization);
            assert_noop!(refused, Error::<Test>::NotEntitledToWrite);
        }
        assert_ok!(commit(
            HOME_CLERK,
            RecordId([9; 32]),
            Category::Questionnaire
        ));
    });
}

#[test]
fn d2_the_subject_is_known_and_the_key_went_to_its_home() {
    in_world(|| {
        let commit_for = |home| {
            let (category, commitment) = (Category::Growth, Commitment([1; 32]));
            Records::commit_record(
                origin(DOCTOR),
                FIRST,
                CHILD,
                category,
                commitment,
                BYTES,
                home,
            )
        };
        assert_noop!(commit_for(MemberId(2)), Error::<Test>::NotTheHome);
        world(|world| world.homes.clear());
        assert_noop!(commit_for(HOME), Error::<Test>::SubjectNotAvailable);
    });
}

#[test]
fn d3_a_record_id_is_used_once() {
    in_world(|| {
        dose(FIRST);
        assert_noop!(
            commit(NURSE, FIRST, Category::Growth),
            Error::<Test>::RecordIdUsed
        );
    });
}

#[test]
fn d4_a_record_is_stored_when_author_and_home_have_it() {
    in_world(|| {
        dose(FIRST);
        assert_ok!(acknowledge(CLINIC_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Pending);
        assert!(Records::is_holder(&FIRST, CLINIC) && !Records::is_holder(&FIRST, HOME));
        assert_ok!(acknowledge(HOME_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Stored);
        assert_eq!(rows()[1..], [TrailFact::RecordStored { record: FIRST }]);
    });
}

#[test]
fn d4_two_vaults_of_one_member_are_one_holder() {
    in_world(|| {
        dose(FIRST);
        assert_ok!(acknowledge(HOME_VAULT, FIRST));
        assert_noop!(
            acknowledge(SECOND_HOME_VAULT, FIRST),
            Error::<Test>::AlreadyAcknowledged
        );
        assert_eq!(state(FIRST), RecordState::Pending);
    });
}

#[test]
fn d4_another_municipality_stands_in_but_strangers_and_two_stand_ins_do_not_suffice() {
    in_world(|| {
        dose(FIRST);
        for by in [OTHER_CLINIC_VAULT, DOCTOR, STRANGER] {
            assert_noop!(acknowledge(by, FIRST), Error::<Test>::NotAHolder);
        }
        assert_ok!(acknowledge(NEIGHBOUR_VAULT, FIRST));
        assert_ok!(acknowledge(FAR_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Pending);
        assert_noop!(
            acknowledge(FARTHER_VAULT, FIRST),
            Error::<Test>::TooManyHolders
        );
        assert_ok!(acknowledge(CLINIC_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Stored);
        assert_ok!(acknowledge(HOME_VAULT, FIRST));
        assert_eq!(rows().len(), 2);
    });
}

#[test]
fn d4_what_the_home_municipality_writes_needs_a_stand_in() {
    in_world(|| {
        assert_ok!(commit(NURSE, FIRST, Category::Checkup));
        assert_ok!(acknowledge(HOME_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Pending);
        assert_ok!(acknowledge(NEIGHBOUR_VAULT, FIRST));
        assert_eq!(state(FIRST), RecordState::Stored);
    });
}

#[test]
fn d4_other_bytes_are_no_acknowledgement() {
    in_world(|| {
        dose(FIRST);
        let other = Records::acknowledge(origin(HOME_VAULT), FIRST, CiphertextHash([9; 32]));
        assert_noop!(other, Error::<Test>::CiphertextDiffers);
        assert_noop!(
            acknowledge(HOME_VAULT, SECOND),
            Error::<Test>::UnknownRecord
        );
    });
}

#[test]
fn d5_a_record_is_superseded_once_by_its_author_and_never_in_a_circle() {
    in_world(|| {
        [FIRST, SECOND, THIRD].into_iter().for_each(dose);
        let by_other = Records::supersede(origin(OTHER_DOCTOR), FIRST, SECOND);
        assert_noop!(by_other, Error::<Test>::NotEntitledToCorrect);
        assert_noop!(
            Records::supersede(origin(DOCTOR), FIRST, FIRST),
            Error::<Test>::NotASuccessor
        );
        assert_ok!(Records::supersede(origin(DOCTOR), FIRST, SECOND));
        assert_noop!(
            Records::supersede(origin(DOCTOR), FIRST, THIRD),
            Error::<Test>::AlreadySuperseded
        );
        assert_noop!(
            Records::supersede(origin(DOCTOR), SECOND, FIRST),
            Error::<Test>::NotASuccessor
        );
        assert_ok!(Records::supersede(origin(GATEWAY), SECOND, THIRD));
    });
}

#[test]
fn d5_a_successor_is_of_the_same_subject_category_and_author_and_not_older() {
    in_world(|| {
        dose(FIRST);
        world(|world| world.now += 1);
        let (category, salted) = (Category::Immunization, Commitment([2; 32]));
        let siblings = RecordId([9; 32]);
        assert_ok!(Records::commit_record(
            origin(DOCTOR),
            siblings,
            SIBLING,
            category,
            salted,
            BYTES,
            HOME
        ));
        assert_ok!(commit(DOCTOR, SECOND, Category::Growth));
        assert_ok!(commit(NURSE, THIRD, Category::Immunization));
        let error = RecordId([4; 32]);
        dose(error);
        assert_ok!(Records::enter_in_error(origin(DOCTOR), error));
        for newer in [siblings, SECOND, THIRD, error] {
            let refused = Records::supersede(origin(DOCTOR), FIRST, newer);
            assert_noop!(refused, Error::<Test>::NotASuccessor);
        }
        let late = RecordId([5; 32]);
        dose(late);
        assert_noop!(
            Records::supersede(origin(DOCTOR), late, FIRST),
            Error::<Test>::NotASuccessor
        );
        assert_ok!(Records::supersede(origin(DOCTOR), FIRST, late));
    });
}

#[test]
fn d6_the_author_or_the_home_officer_enters_in_error_for_good() {
    in_world(|| {
        [FIRST, SECOND].into_iter().for_each(dose);
        for by in [
            OTHER_DOCTOR,
            NEIGHBOUR_OFFICER,
            CLINIC_VAULT,
            NURSE,
            STRANGER,
        ] {
            let refused = Records::enter_in_error(origin(by), FIRST);
            assert_noop!(refused, Error::<Test>::NotEntitledToCorrect);
        }
        assert_ok!(Records::enter_in_error(origin(DOCTOR), FIRST));
        assert_ok!(Records::enter_in_error(origin(OFFICER), SECOND));
        assert_noop!(
            Records::enter_in_error(origin(DOCTOR), FIRST),
            Error::<Test>::AlreadyInError
        );
    });
}

#[test]
fn d7_an_officer_of_the_home_municipality_orders_erasure_for_good() {
    in_world(|| {
        dose(FIRST);
        for by in [DOCTOR, NURSE, NEIGHBOUR_OFFICER, STRANGER] {
            let refused = Records::order_erasure(origin(by), FIRST);
            assert_noop!(refused, Error::<Test>::NotEntitledToErase);
        }
        assert_ok!(Records::order_erasure(origin(OFFICER), FIRST));
        assert_eq!(state(FIRST), RecordState::Erased);
        assert_noop!(acknowledge(HOME_VAULT, FIRST), Error::<Test>::RecordErased);
        let again = Records::order_erasure(origin(OFFICER), FIRST);
        assert_noop!(again, Error::<Test>::RecordErased);
    });
}

#[test]
fn d7_after_a_move_the_new_home_orders_erasure() {
    in_world(|| {
        dose(FIRST);
        world(|world| world.homes.insert(CHILD, MemberId(2)));
        let by_old = Records::order_erasure(origin(OFFICER), FIRST);
        assert_noop!(by_old, Error::<Test>::NotEntitledToErase);
        assert_ok!(Records::order_erasure(origin(NEIGHBOUR_OFFICER), FIRST));
    });
}

#[test]
fn d8_erasure_is_complete_when_every_holder_gave_its_receipt_once() {
    in_world(|| {
        dose(FIRST);
        assert_ok!(acknowledge(CLINIC_VAULT, FIRST));
        assert_ok!(acknowledge(NEIGHBOUR_VAULT, FIRST));
        let receipt = |by| Records::erasure_receipt(origin(by), FIRST, RECEIPT);
        assert_noop!(receipt(CLINIC_VAULT), Error::<Test>::ErasureNotOrdered);
        assert_ok!(Records::order_erasure(origin(OFFICER), FIRST));
        assert_ok!(receipt(CLINIC_VAULT));
        assert_noop!(receipt(CLINIC_VAULT), Error::<Test>::ReceiptGiven);
        assert_noop!(receipt(FAR_VAULT), Error::<Test>::NotAHolder);
        assert_ok!(receipt(NEIGHBOUR_VAULT));
        let completed = RuntimeEvent::Records(Event::ErasureCompleted { record: FIRST });
        assert!(System::events().iter().all(|seen| seen.event != completed));
        // The home municipality never acknowledged, but the key was wrapped to it: it owes a receipt too.
        assert_ok!(receipt(HOME_VAULT));
        System::assert_last_event(completed);
        let erased = rows()
            .iter()
            .filter(|row| matches!(row, TrailFact::RecordErased { .. }))
            .count();
        assert_eq!(erased, 3);
    });
}

#[test]
fn d9_municipal_officers_publish_rule_sets_in_rising_versions() {
    in_world(|| {
        let publish = |by, version| Records::publish_rule_set(origin(by), version, [1; 32], 0);
        for by in [DOCTOR, NURSE, STRANGER] {
            assert_noop!(publish(by, 1), Error::<Test>::NotEntitledToPublish);
        }
        assert_ok!(publish(OFFICER, 2));
        for version in [0, 1, 2] {
            let refused = publish(NEIGHBOUR_OFFICER, version);
            assert_noop!(refused, Error::<Test>::VersionNotAbove);
        }
        assert_ok!(publish(NEIGHBOUR_OFFICER, 3));
        assert_eq!(RuleSets::<Test>::get(2).unwrap().publisher, HOME);
    });
}

#[test]
fn d10_a_verdict_names_published_rules_and_is_recorded_once() {
    in_world(|| {
        let met = VerdictCode::ConditionsMet;
        assert_noop!(judge(DOCTOR, met, None), Error::<Test>::UnknownRuleSet);
        assert_ok!(Records::publish_rule_set(origin(OFFICER), 1, [1; 32], 0));
        assert_noop!(
            judge(HOME_CLERK, met, None),
            Error::<Test>::NotEntitledToJudge
        );
        assert_ok!(judge(GATEWAY, met, None));
        assert_noop!(judge(DOCTOR, met, None), Error::<Test>::VerdictRecorded);
        assert_eq!(Verdicts::<Test>::get(INPUTS).unwrap().member, CLINIC);
    });
}

#[test]
fn d10_only_a_doctor_overrides_and_only_what_is_not_met() {
    in_world(|| {
        assert_ok!(Records::publish_rule_set(origin(OFFICER), 1, [1; 32], 0));
        let reason = Some(OverrideReason::CatchUp);
        let not_met = VerdictCode::ConditionsNotMet;
        assert_noop!(
            judge(NURSE, not_met, reason),
            Error::<Test>::NotEntitledToJudge
        );
        let met = judge(DOCTOR, VerdictCode::ConditionsMet, reason);
        assert_noop!(met, Error::<Test>::NothingToOverride);
        assert_ok!(judge(DOCTOR, not_met, reason));
        let row = TrailFact::ScheduleChecked {
            inputs: INPUTS,
            rule_set: 1,
            verdict: not_met,
            override_reason: reason,
        };
        assert_eq!(rows(), [row]);
    });
}
