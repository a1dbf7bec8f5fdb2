//! The rules of the consortium, one test each at least.

use crate::{
    Accounts, Deciding, Error, Event, Members, OpenProposals, Proposals,
    member::{Capacity, STAFF_KEY_LIFE_MAX, Standing},
    mock::*,
    proposal::{Action, PROPOSAL_LIFE, ProposalId},
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, Moment, Role, VerifyingKey, parameter::Parameters,
    seams::Consortium as _,
};

type Fault = Error<Test>;

fn propose(by: u8, action: Action) -> DispatchResult {
    Consortium::propose(origin(operator(by)), action)
}

fn vote(by: u8, proposal: ProposalId, approve: bool) -> DispatchResult {
    Consortium::vote(origin(operator(by)), proposal, approve)
}

fn newest() -> ProposalId {
    *OpenProposals::<Test>::get()
        .last()
        .expect("a proposal is open")
}

/// Proposed by the first village and approved by the next two: three of four.
fn pass(action: Action) {
    assert_ok!(propose(0, action));
    let proposal = newest();
    assert_ok!(vote(1, proposal, true));
    assert_ok!(vote(2, proposal, true));
}

fn admit(seed: u8, kind: MemberKind) -> Action {
    Action::Admit {
        kind,
        keys: keys(seed),
    }
}

fn standing(member: u32) -> Standing {
    Members::<Test>::get(MemberId(member))
        .expect("the member exists")
        .standing
}

fn happened(event: Event<Test>) -> bool {
    System::events()
        .iter()
        .any(|record| record.event == RuntimeEvent::Consortium(event.clone()))
}

fn register(by: u8, account: u8, role: Role, until: Moment) -> DispatchResult {
    Consortium::register_key(
        origin(operator(by)),
        AccountId([account; 32]),
        role,
        HpkeKey([account; 32]),
        until,
    )
}

fn actor_role(account: u8) -> Option<Role> {
    Consortium::actor(&AccountId([account; 32])).map(|actor| actor.role)
}

fn decides(height_ahead: u64) -> usize {
    (0..height_ahead).for_each(|_| next_block());
    Deciding::<Test>::get().len()
}

#[test]
fn c1_only_operators_of_municipalities_in_good_standing_propose_and_vote() {
    four_villages().execute_with(|| {
        assert_noop!(
            propose(4, admit(9, MemberKind::Shop)),
            Fault::NotMunicipalityOperator
        );
        assert_noop!(
            propose(77, admit(9, MemberKind::Shop)),
            Fault::NotMunicipalityOperator
        );
        assert_ok!(register(0, 50, Role::Officer, 2_000));
        assert_noop!(
            propose(50, admit(9, MemberKind::Shop)),
            Fault::NotMunicipalityOperator
        );
        pass(Action::Suspend(MemberId(3)));
        assert_noop!(
            propose(3, admit(9, MemberKind::Shop)),
            Fault::NotMunicipalityOperator
        );
        assert_ok!(propose(0, admit(9, MemberKind::Shop)));
        assert_noop!(vote(3, newest(), true), Fault::NotMunicipalityOperator);
    });
}

#[test]
fn c2_three_of_four_enact_and_two_do_not() {
    four_villages().execute_with(|| {
        assert_ok!(propose(0, admit(9, MemberKind::Clinic)));
        let proposal = newest();
        assert_ok!(vote(1, proposal, true));
        assert_eq!(Members::<Test>::get(MemberId(5)), None);
        assert_ok!(vote(2, proposal, true));
        assert_eq!(
            Members::<Test>::get(MemberId(5)).map(|member| member.kind),
            Some(MemberKind::Clinic)
        );
        assert!(happened(Event::Enacted { proposal }));
        assert!(Proposals::<Test>::get(proposal).is_none());
    });
}

#[test]
fn c2_what_cannot_be_enacted_is_refused_at_once_or_changes_nothing() {
    four_villages().execute_with(|| {
        assert_noop!(
            propose(0, Action::Suspend(MemberId(99))),
            Fault::MemberUnknown
        );
        assert_ok!(propose(0, admit(9, MemberKind::Shop)));
        let first = newest();
        assert_ok!(propose(1, admit(9, MemberKind::Clinic)));
        let second = newest();
        assert_ok!(vote(1, first, true));
        assert_ok!(vote(2, first, true));
        assert_ok!(vote(0, second, true));
        assert_ok!(vote(2, second, true));
        assert!(happened(Event::EnactmentFailed {
            proposal: second,
            error: Fault::AccountTaken.into()
        }));
        assert_eq!(
            Members::<Test>::get(MemberId(5)).map(|member| member.kind),
            Some(MemberKind::Shop)
        );
        assert_eq!(Members::<Test>::get(MemberId(6)), None);
    });
}

#[test]
fn c3_a_village_has_one_vote_and_may_change_it() {
    four_villages().execute_with(|| {
        assert_ok!(propose(0, admit(9, MemberKind::Clinic)));
        let proposal = newest();
        assert_ok!(vote(0, proposal, true));
        assert_ok!(vote(1, proposal, true));
        assert_ok!(vote(1, proposal, true));
        assert_eq!(Members::<Test>::get(MemberId(5)), None);
        assert_ok!(vote(1, proposal, false));
        assert_ok!(vote(2, proposal, true));
        assert_eq!(Members::<Test>::get(MemberId(5)), None);
        assert_ok!(vote(1, proposal, true));
        assert!(Members::<Test>::get(MemberId(5)).is_some());
        assert_noop!(vote(3, proposal, true), Fault::ProposalNotOpen);
    });
}

#[test]
fn c3_votes_of_a_suspended_village_do_not_count() {
    four_villages().execute_with(|| {
        assert_ok!(propose(3, admit(9, MemberKind::Clinic)));
        let proposal = newest();
        assert_ok!(vote(0, proposal, true));
        pass(Action::Suspend(MemberId(3)));
        assert_ok!(vote(1, proposal, true));
        assert_eq!(
            Members::<Test>::get(MemberId(5)),
            None,
            "two of three is no more than two thirds"
        );
        assert_ok!(vote(2, proposal, true));
        assert!(Members::<Test>::get(MemberId(5)).is_some());
    });
}

#[test]
fn c4_a_proposal_is_rejected_when_two_thirds_are_out_of_reach_and_lapses_after_a_week() {
    four_villages().execute_with(|| {
        assert_ok!(propose(0, admit(9, MemberKind::Clinic)));
        let proposal = newest();
        assert_ok!(vote(1, proposal, false));
        assert!(Proposals::<Test>::get(proposal).is_some());
        assert_ok!(vote(2, proposal, false));
        assert!(happened(Event::Rejected { proposal }));
        assert_noop!(vote(3, proposal, true), Fault::ProposalNotOpen);

        assert_ok!(propose(0, admit(9, MemberKind::Clinic)));
        let proposal = newest();
        TestClock::set(1_000 + PROPOSAL_LIFE);
        assert_noop!(vote(1, proposal, true), Fault::ProposalNotOpen);
        assert_ok!(propose(1, admit(9, MemberKind::Clinic)));
        assert!(happened(Event::Lapsed { proposal }));
        assert_eq!(OpenProposals::<Test>::get().len(), 1);
    });
}

#[test]
fn c5_one_village_opens_at_most_eight_proposals() {
    four_villages().execute_with(|| {
        for seed in 10..18 {
            assert_ok!(propose(0, admit(seed, MemberKind::Shop)));
        }
        assert_noop!(
            propose(0, admit(18, MemberKind::Shop)),
            Fault::TooManyProposals
        );
        assert_ok!(propose(1, admit(18, MemberKind::Shop)));
    });
}

#[test]
fn c6_an_account_stands_for_one_member_once() {
    four_villages().execute_with(|| {
        assert_ok!(register(0, 50, Role::Nurse, 2_000));
        assert_noop!(register(1, 50, Role::Nurse, 2_000), Fault::AccountTaken);
        assert_noop!(register(1, 2, Role::Nurse, 2_000), Fault::AccountTaken);
        assert_ok!(Consortium::withdraw_key(
            origin(operator(0)),
            AccountId([50; 32])
        ));
        assert_eq!(actor_role(50), None);
        assert_eq!(System::providers(&[50; 32].into()), 0);
        assert_noop!(register(0, 50, Role::Nurse, 2_000), Fault::AccountTaken);
        pass(Action::RotateKeys {
            member: CLINIC,
            keys: keys(60),
        });
        assert_eq!(
            (actor_role(4), actor_role(60)),
            (None, Some(Role::Operator))
        );
        assert_noop!(
            propose(
                0,
                Action::RotateKeys {
                    member: CLINIC,
                    keys: keys(4)
                }
            ),
            Fault::AccountTaken
        );
    });
}

#[test]
fn c7_roles_fit_the_kind_and_only_the_own_operator_manages_keys() {
    four_villages().execute_with(|| {
        assert_noop!(register(4, 50, Role::Officer, 2_000), Fault::RoleNotOfKind);
        assert_noop!(register(4, 50, Role::Operator, 2_000), Fault::RoleNotOfKind);
        assert_ok!(register(4, 50, Role::Doctor, 2_000));
        assert_noop!(register(50, 51, Role::Doctor, 2_000), Fault::NotOperator);
        assert_noop!(
            Consortium::withdraw_key(origin(operator(0)), AccountId([50; 32])),
            Fault::KeyUnknown
        );
        assert_noop!(
            Consortium::extend_key(origin(operator(0)), AccountId([50; 32]), 3_000),
            Fault::KeyUnknown
        );
    });
}

#[test]
fn c8_a_key_expires_within_two_years() {
    four_villages().execute_with(|| {
        assert_noop!(
            register(0, 50, Role::Nurse, 1_000),
            Fault::KeyLifeOutOfBounds
        );
        assert_noop!(
            register(0, 50, Role::Nurse, 1_001 + STAFF_KEY_LIFE_MAX),
            Fault::KeyLifeOutOfBounds
        );
        assert_ok!(register(0, 50, Role::Nurse, 2_000));
        TestClock::set(1_999);
        assert_eq!(actor_role(50), Some(Role::Nurse));
        TestClock::set(2_000);
        assert_eq!(actor_role(50), None);
        assert_ok!(Consortium::extend_key(
            origin(operator(0)),
            AccountId([50; 32]),
            9_000
        ));
        assert_eq!(actor_role(50), Some(Role::Nurse));
    });
}

#[test]
fn c8_a_member_has_at_most_a_thousand_keys() {
    four_villages().execute_with(|| {
        Members::<Test>::mutate(CLINIC, |member| {
            member.as_mut().expect("the clinic exists").staff_keys = 999;
        });
        assert_ok!(register(4, 50, Role::Nurse, 2_000));
        assert_noop!(register(4, 51, Role::Nurse, 2_000), Fault::TooManyKeys);
        assert_ok!(Consortium::withdraw_key(
            origin(operator(4)),
            AccountId([50; 32])
        ));
        assert_ok!(register(4, 51, Role::Nurse, 2_000));
    });
}

#[test]
fn c9_a_suspended_member_is_silent_until_reinstated_and_a_removed_one_for_ever() {
    four_villages().execute_with(|| {
        assert_ok!(register(4, 50, Role::Doctor, 2_000));
        pass(Action::Suspend(CLINIC));
        assert_eq!((actor_role(4), actor_role(50)), (None, None));
        assert!(Consortium::member(CLINIC).is_none());
        assert_noop!(propose(0, Action::Suspend(CLINIC)), Fault::StandingNotFit);
        pass(Action::Reinstate(CLINIC));
        assert_eq!(actor_role(50), Some(Role::Doctor));
        pass(Action::Remove(CLINIC));
        assert_eq!((standing(4), actor_role(50)), (Standing::Removed, None));
        assert_noop!(propose(0, Action::Reinstate(CLINIC)), Fault::StandingNotFit);
        assert_eq!(Accounts::<Test>::get(operator(4)), Some(Capacity::Retired));
        assert!(happened(Event::StandingChanged {
            member: CLINIC,
            standing: Standing::Removed
        }));
    });
}

#[test]
fn c10_validators_are_municipalities_with_distinct_keys() {
    four_villages().execute_with(|| {
        assert_noop!(
            propose(
                0,
                Action::AddValidator {
                    member: CLINIC,
                    key: VerifyingKey([9; 32])
                }
            ),
            Fault::NotMunicipality
        );
        pass(admit(9, MemberKind::Municipality));
        let member = MemberId(5);
        assert_noop!(
            propose(
                0,
                Action::AddValidator {
                    member,
                    key: seat_key(1)
                }
            ),
            Fault::ValidatorKeyTaken
        );
        assert_noop!(propose(0, Action::DropValidator(member)), Fault::NoSeat);
        assert_ok!(propose(
            0,
            Action::AddValidator {
                member,
                key: VerifyingKey([9; 32])
            }
        ));
        let proposal = newest();
        for village in 1..4 {
            assert_ok!(vote(village, proposal, true));
        }
        let set = Consortium::next_validators();
        assert_eq!(set.validators().len(), 5);
        assert_eq!(set.total_power(), 5);
    });
}

#[test]
fn c10_the_last_validator_stays_and_suspension_takes_the_seat() {
    four_villages().execute_with(|| {
        pass(Action::Suspend(MemberId(3)));
        assert_eq!(Consortium::next_validators().validators().len(), 3);
        pass(Action::DropValidator(MemberId(2)));
        pass(Action::DropValidator(MemberId(1)));
        assert_noop!(
            propose(0, Action::DropValidator(MemberId(0))),
            Fault::LastValidator
        );
        assert_noop!(
            propose(0, Action::Suspend(MemberId(0))),
            Fault::LastValidator
        );
        assert_noop!(
            propose(0, Action::Remove(MemberId(0))),
            Fault::LastValidator
        );
    });
}

#[test]
fn c11_a_change_decides_two_heights_later() {
    four_villages().execute_with(|| {
        pass(Action::DropValidator(MemberId(3)));
        // Changed in block 1: after it, four still decide block 2, and three decide block 3.
        assert_eq!(Consortium::height_parameters().height, 2);
        assert_eq!(decides(0), 4);
        assert_eq!(Consortium::next_validators().validators().len(), 3);
        assert_eq!(decides(1), 3);
        assert_eq!(Consortium::height_parameters().height, 3);
    });
}

#[test]
fn c12_parameters_stay_within_bounds() {
    four_villages().execute_with(|| {
        let slow = Parameters {
            block_time: 1_000,
            ..Parameters::default()
        };
        let bad = Parameters {
            block_time: 1_001,
            ..slow
        };
        assert_noop!(
            propose(0, Action::ChangeParameters(bad)),
            Fault::ParameterOutOfBounds
        );
        pass(Action::ChangeParameters(slow));
        assert_eq!(Consortium::height_parameters().parameters, slow);
        let brief = Parameters {
            ticket_life: 5_000,
            ..slow
        };
        pass(Action::ChangeParameters(brief));
        assert_eq!(Consortium::ticket_life(), 5_000);
    });
}

#[test]
fn c13_one_newer_spec_is_scheduled_with_notice() {
    four_villages().execute_with(|| {
        assert_noop!(
            propose(0, Action::ScheduleSpec { spec: 1, height: 9 }),
            Fault::SpecNotNewer
        );
        assert_noop!(
            propose(0, Action::ScheduleSpec { spec: 2, height: 3 }),
            Fault::SpecTooSoon
        );
        assert_noop!(propose(0, Action::CancelSpec), Fault::SpecScheduleNotFit);
        pass(Action::ScheduleSpec { spec: 2, height: 4 });
        assert_noop!(
            propose(0, Action::ScheduleSpec { spec: 3, height: 9 }),
            Fault::SpecScheduleNotFit
        );
        pass(Action::CancelSpec);
        assert_eq!(Consortium::spec_status().scheduled, None);
    });
}

#[test]
fn c14_the_block_before_the_height_leaves_the_new_spec_active() {
    four_villages().execute_with(|| {
        let code = || {
            sp_io::storage::get(sp_core::storage::well_known_keys::CODE).map(|code| code.to_vec())
        };
        pass(Action::ScheduleSpec { spec: 2, height: 4 });
        next_block();
        next_block();
        assert_eq!(
            (System::block_number(), Consortium::spec_status().active),
            (3, 1)
        );
        next_block();
        assert_eq!(
            (System::block_number(), Consortium::spec_status().active),
            (4, 2)
        );
        assert_eq!(code(), Some(crate::pseudo_code(2)));
        assert_eq!(Consortium::spec_status().scheduled, None);
    });
}

#[test]
fn c15_a_member_has_four_nodes_and_a_node_one_member() {
    four_villages().execute_with(|| {
        let node = |seed: u8| VerifyingKey([seed; 32]);
        assert_eq!(Consortium::member_of_node(&node(204)), Some(CLINIC));
        assert_noop!(
            Consortium::register_node(origin(operator(4)), node(200)),
            Fault::NodeTaken
        );
        for seed in 10..13 {
            assert_ok!(Consortium::register_node(origin(operator(4)), node(seed)));
        }
        assert_noop!(
            Consortium::register_node(origin(operator(4)), node(13)),
            Fault::TooManyNodes
        );
        assert_noop!(
            Consortium::withdraw_node(origin(operator(0)), node(10)),
            Fault::NodeUnknown
        );
        assert_ok!(Consortium::withdraw_node(origin(operator(4)), node(10)));
        assert_eq!(Consortium::member_of_node(&node(10)), None);
        pass(Action::Suspend(CLINIC));
        assert_eq!(Consortium::member_of_node(&node(11)), None);
    });
}
