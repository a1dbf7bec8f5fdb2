//! The rules of residents, one test each at least.

use crate::{Entries, Error, Event, Guardianships, mock::*, person::*};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Commitment, HpkeKey, Moment, Pseudonym,
    resident::{Authority, BindingState, ServiceDomain, common_date_after},
    seams::Residents as _,
    trail::TrailFact,
};

type Fault = Error<Test>;
type Residents = crate::Pallet<Test>;

const CARD: BindingId = BindingId([40; 32]);
const NEW_CARD: BindingId = BindingId([41; 32]);

fn device(seed: u8) -> DeviceKeys {
    DeviceKeys {
        account: AccountId([seed; 32]),
        hpke: HpkeKey([seed; 32]),
    }
}

fn enrol(by: AccountId, subject: Pseudonym) -> DispatchResult {
    Residents::enrol(origin(by), subject, ServiceDomain::Health, false, None)
}

fn attest(subject: Pseudonym, guardian: Pseudonym, until: Moment) -> DispatchResult {
    Residents::attest_guardianship(origin(OFFICER), subject, guardian, Authority::Joint, until)
}

fn bind(person: Pseudonym, binding: BindingId) -> DispatchResult {
    Residents::bind_card(
        origin(OFFICER),
        person,
        binding,
        Commitment(binding.0),
        AssuranceLevel::CardSigned,
    )
}

fn state(binding: BindingId) -> BindingState {
    crate::Bindings::<Test>::get(binding)
        .expect("the card is bound")
        .state
}

fn wrote(subject: Pseudonym, fact: TrailFact) -> bool {
    rows().contains(&(subject, fact))
}

#[test]
fn r1_only_officers_enrol_and_only_home_officers_change() {
    family().execute_with(|| {
        for stranger in [NURSE, DOCTOR, PHONE, AccountId([77; 32])] {
            assert_noop!(enrol(stranger, STRANGER), Fault::NotOfficer);
        }
        assert_ok!(enrol(OTHER_OFFICER, STRANGER));
        assert_eq!(Residents::home(&STRANGER), Some(MIKASA));
        assert!(wrote(STRANGER, TrailFact::Enrolled { home: MIKASA }));
        assert_noop!(
            Residents::retire(origin(OFFICER), STRANGER),
            Fault::NotHomeOfficer
        );
        assert_noop!(attest(STRANGER, MOTHER, spring()), Fault::NotHomeOfficer);
        assert_noop!(bind(STRANGER, CARD), Fault::NotHomeOfficer);
    });
}

#[test]
fn r2_a_pseudonym_is_enrolled_once() {
    family().execute_with(|| {
        assert_noop!(enrol(OFFICER, CHILD), Fault::PseudonymTaken);
        assert_noop!(enrol(OTHER_OFFICER, CHILD), Fault::PseudonymTaken);
        assert_ok!(Residents::retire(origin(OFFICER), CHILD));
        assert_noop!(enrol(OFFICER, CHILD), Fault::PseudonymTaken);
    });
}

#[test]
fn r2_an_account_speaks_in_the_health_domain_only_if_its_pseudonym_is_of_it() {
    family().execute_with(|| {
        let shopper = Pseudonym([23; 32]);
        assert_ok!(Residents::enrol(
            origin(OFFICER),
            shopper,
            ServiceDomain::Points,
            false,
            Some(device(50))
        ));
        assert_eq!(
            Residents::person_behind(&AccountId([50; 32])),
            Some(shopper)
        );
        assert_eq!(
            <Residents as musubi_primitives::seams::Residents>::person(&AccountId([50; 32])),
            None
        );
        assert_eq!(
            <Residents as musubi_primitives::seams::Residents>::person(&PHONE),
            Some(MOTHER)
        );
    });
}

#[test]
fn r3_what_is_retired_loses_everything_and_never_comes_back() {
    family().execute_with(|| {
        assert_ok!(attest(CHILD, MOTHER, spring()));
        assert_ok!(bind(MOTHER, CARD));
        assert_ok!(Residents::retire(origin(OFFICER), MOTHER));
        assert_eq!(Residents::home(&MOTHER), None);
        assert_eq!(Residents::person_behind(&PHONE), None);
        assert_eq!(System::providers(&PHONE.0.into()), 0);
        assert_eq!(state(CARD), BindingState::Revoked);
        assert_eq!(Residents::guardianship(&MOTHER, &CHILD), None);
        assert!(wrote(MOTHER, TrailFact::Retired));
        assert_noop!(
            Residents::add_device(origin(OFFICER), MOTHER, device(50)),
            Fault::NotOfficerNorSelf
        );
    });
}

#[test]
fn r3_nothing_on_chain_joins_the_old_pseudonym_and_the_new_one() {
    family().execute_with(|| {
        let reissued = Pseudonym([99; 32]);
        let before = rows().len();
        assert_ok!(Residents::retire(origin(OFFICER), CHILD));
        System::reset_events();
        assert_ok!(Residents::enrol(
            origin(OFFICER),
            reissued,
            ServiceDomain::Health,
            true,
            Some(device(60))
        ));
        assert!(Residents::is_protected(&reissued));
        let names_old = |bytes: Vec<u8>| bytes.windows(32).any(|window| window == CHILD.0);
        assert!(
            System::events()
                .iter()
                .all(|record| !names_old(record.event.encode()))
        );
        assert!(!names_old(Entries::<Test>::get(reissued).encode()));
        for (subject, fact) in rows().split_off(before) {
            let bytes = (subject, fact).encode();
            let names_new = bytes.windows(32).any(|window| window == reissued.0);
            assert!(
                !(names_old(bytes.clone()) && names_new),
                "one row names both"
            );
        }
    });
}

#[test]
fn r4_an_account_acts_for_one_person_once_and_a_person_has_four_devices() {
    family().execute_with(|| {
        assert_noop!(
            Residents::add_device(origin(OFFICER), CHILD, device(31)),
            Fault::AccountTaken
        );
        for seed in 50..53 {
            assert_ok!(Residents::add_device(origin(OFFICER), MOTHER, device(seed)));
        }
        assert_noop!(
            Residents::add_device(origin(OFFICER), MOTHER, device(53)),
            Fault::TooManyDevices
        );
        assert_ok!(Residents::drop_device(origin(OFFICER), PHONE));
        assert_noop!(
            Residents::add_device(origin(OFFICER), CHILD, device(31)),
            Fault::AccountTaken
        );
        assert_ok!(Residents::add_device(origin(OFFICER), MOTHER, device(53)));
        assert_eq!(System::providers(&AccountId([53; 32]).0.into()), 1);
    });
}

#[test]
fn r5_devices_are_changed_by_an_officer_or_by_the_person() {
    family().execute_with(|| {
        assert_ok!(Residents::add_device(origin(PHONE), MOTHER, device(50)));
        assert_ok!(Residents::drop_device(origin(AccountId([50; 32])), PHONE));
        assert_noop!(
            Residents::add_device(origin(PHONE), MOTHER, device(51)),
            Fault::NotOfficerNorSelf
        );
        assert_noop!(
            Residents::add_device(origin(AccountId([50; 32])), CHILD, device(51)),
            Fault::NotOfficerNorSelf
        );
        assert_noop!(
            Residents::drop_device(origin(OTHER_OFFICER), AccountId([50; 32])),
            Fault::NotOfficerNorSelf
        );
        assert_noop!(
            Residents::drop_device(origin(OFFICER), AccountId([88; 32])),
            Fault::DeviceUnknown
        );
    });
}

#[test]
fn r6_a_guardianship_holds_until_a_common_date_and_is_extended() {
    family().execute_with(|| {
        assert_noop!(
            attest(CHILD, MOTHER, spring() + 1),
            Fault::UntilNotCommonDate
        );
        assert_noop!(
            attest(CHILD, MOTHER, common_date_after(START, 800)),
            Fault::UntilNotCommonDate
        );
        assert_ok!(attest(CHILD, MOTHER, spring()));
        assert!(wrote(
            CHILD,
            TrailFact::GuardianshipAttested {
                guardian: MOTHER,
                until: spring()
            }
        ));
        assert_eq!(
            Residents::guardianship(&MOTHER, &CHILD).map(|facts| facts.authority),
            Some(Authority::Joint)
        );
        set_time(spring() - 1);
        assert!(Residents::guardianship(&MOTHER, &CHILD).is_some());
        let next_spring = common_date_after(spring(), 1);
        assert_ok!(attest(CHILD, MOTHER, next_spring));
        set_time(spring());
        assert_eq!(
            Residents::guardianship(&MOTHER, &CHILD).map(|facts| facts.until),
            Some(next_spring)
        );
        let attested = Guardianships::<Test>::get(CHILD, MOTHER).expect("attested");
        assert_eq!((attested.from, attested.attested_by), (START, RUSUTSU));
    });
}

#[test]
fn r6_guardian_and_subject_are_of_one_domain() {
    family().execute_with(|| {
        let shopper = Pseudonym([23; 32]);
        assert_ok!(Residents::enrol(
            origin(OFFICER),
            shopper,
            ServiceDomain::Points,
            false,
            None
        ));
        assert_noop!(attest(CHILD, shopper, spring()), Fault::DomainsDiffer);
        assert_noop!(attest(CHILD, STRANGER, spring()), Fault::SubjectUnknown);
    });
}

#[test]
fn r7_at_most_eight_guardians_and_nobody_the_own() {
    family().execute_with(|| {
        assert_noop!(attest(CHILD, CHILD, spring()), Fault::OwnGuardian);
        for seed in 60..68 {
            assert_ok!(enrol(OTHER_OFFICER, Pseudonym([seed; 32])));
            assert_ok!(attest(CHILD, Pseudonym([seed; 32]), spring()));
        }
        assert_noop!(attest(CHILD, MOTHER, spring()), Fault::TooManyGuardians);
        assert_ok!(Residents::end_guardianship(
            origin(OFFICER),
            CHILD,
            Pseudonym([60; 32])
        ));
        assert_ok!(attest(CHILD, MOTHER, spring()));
    });
}

#[test]
fn r8_a_guardianship_ends_by_date_by_an_officer_or_with_the_guardian() {
    family().execute_with(|| {
        assert_noop!(
            Residents::end_guardianship(origin(OFFICER), CHILD, MOTHER),
            Fault::GuardianshipUnknown
        );
        assert_ok!(attest(CHILD, MOTHER, spring()));
        assert_ok!(Residents::end_guardianship(origin(OFFICER), CHILD, MOTHER));
        assert_eq!(Residents::guardianship(&MOTHER, &CHILD), None);
        assert!(wrote(
            CHILD,
            TrailFact::GuardianshipAttested {
                guardian: MOTHER,
                until: START
            }
        ));
        assert_ok!(attest(CHILD, MOTHER, spring()));
        set_time(spring());
        assert_eq!(Residents::guardianship(&MOTHER, &CHILD), None);
        set_time(START);
        assert!(Residents::guardianship(&MOTHER, &CHILD).is_some());
        assert_ok!(Residents::retire(origin(OFFICER), MOTHER));
        assert_eq!(Residents::guardianship(&MOTHER, &CHILD), None);
    });
}

#[test]
fn r9_a_new_card_replaces_the_former_and_keeps_the_person() {
    family().execute_with(|| {
        assert_ok!(bind(MOTHER, CARD));
        assert!(Residents::has_active_binding(&MOTHER));
        assert_noop!(bind(CHILD, CARD), Fault::BindingTaken);
        assert_ok!(bind(MOTHER, NEW_CARD));
        assert_eq!(
            (state(CARD), state(NEW_CARD)),
            (BindingState::Replaced, BindingState::Active)
        );
        assert!(wrote(
            MOTHER,
            TrailFact::CardBindingChanged {
                binding: CARD,
                state: BindingState::Replaced
            }
        ));
        assert_eq!(Residents::person_behind(&PHONE), Some(MOTHER));
        assert_noop!(
            Residents::reinstate_card(origin(OFFICER), CARD),
            Fault::BindingStateNotFit
        );
        for seed in 100..130 {
            assert_ok!(bind(MOTHER, BindingId([seed; 32])));
        }
        assert_noop!(bind(MOTHER, BindingId([130; 32])), Fault::TooManyBindings);
    });
}

#[test]
fn r10_a_card_is_suspended_by_the_person_lifted_by_an_officer_and_revoked_for_ever() {
    family().execute_with(|| {
        assert_ok!(bind(MOTHER, CARD));
        assert_noop!(
            Residents::suspend_card(origin(OTHER_OFFICER), CARD),
            Fault::NotOfficerNorSelf
        );
        assert_ok!(Residents::suspend_card(origin(PHONE), CARD));
        assert!(!Residents::has_active_binding(&MOTHER));
        assert_noop!(
            Residents::reinstate_card(origin(PHONE), CARD),
            Fault::NotHomeOfficer
        );
        assert_ok!(Residents::reinstate_card(origin(OFFICER), CARD));
        assert!(Residents::has_active_binding(&MOTHER));
        assert_ok!(Residents::revoke_card(origin(OFFICER), CARD));
        assert_noop!(
            Residents::reinstate_card(origin(OFFICER), CARD),
            Fault::BindingStateNotFit
        );
        assert_noop!(
            Residents::suspend_card(origin(OFFICER), NEW_CARD),
            Fault::BindingUnknown
        );
        assert_ok!(bind(MOTHER, NEW_CARD));
        assert_eq!(state(CARD), BindingState::Revoked);
    });
}

#[test]
fn r11_the_family_freezes_and_an_officers_freeze_is_lifted_by_an_officer() {
    family().execute_with(|| {
        assert_noop!(
            Residents::freeze(origin(PHONE), CHILD),
            Fault::NotEntitledToFreeze
        );
        assert_ok!(attest(CHILD, MOTHER, spring()));
        assert_ok!(Residents::freeze(origin(PHONE), CHILD));
        assert!(Residents::is_frozen(&CHILD));
        assert!(wrote(CHILD, TrailFact::FreezeSwitched { frozen: true }));
        assert_noop!(Residents::freeze(origin(PHONE), CHILD), Fault::FreezeNotFit);
        assert_ok!(Residents::unfreeze(origin(PHONE), CHILD));
        assert!(!Residents::is_frozen(&CHILD));
        assert_noop!(
            Residents::unfreeze(origin(PHONE), CHILD),
            Fault::FreezeNotFit
        );

        assert_ok!(Residents::freeze(origin(PHONE), CHILD));
        assert_ok!(Residents::freeze(origin(OFFICER), CHILD));
        assert_noop!(
            Residents::unfreeze(origin(PHONE), CHILD),
            Fault::FrozenByOfficer
        );
        assert_ok!(Residents::unfreeze(origin(OFFICER), CHILD));
        assert_ok!(Residents::freeze(origin(PHONE), MOTHER));
        for stranger in [DOCTOR, NURSE, OTHER_OFFICER] {
            assert_noop!(
                Residents::unfreeze(origin(stranger), MOTHER),
                Fault::NotEntitledToFreeze
            );
        }
    });
}

#[test]
fn r12_a_hand_over_takes_both_villages() {
    family().execute_with(|| {
        assert_noop!(
            Residents::accept_hand_over(origin(OTHER_OFFICER), CHILD),
            Fault::HandOverNotOffered
        );
        assert_noop!(
            Residents::offer_hand_over(origin(OTHER_OFFICER), CHILD, MIKASA),
            Fault::NotHomeOfficer
        );
        assert_noop!(
            Residents::offer_hand_over(origin(OFFICER), CHILD, CLINIC),
            Fault::NotOtherMunicipality
        );
        assert_noop!(
            Residents::offer_hand_over(origin(OFFICER), CHILD, RUSUTSU),
            Fault::NotOtherMunicipality
        );
        assert_ok!(Residents::offer_hand_over(origin(OFFICER), CHILD, MIKASA));
        assert_noop!(
            Residents::accept_hand_over(origin(OFFICER), CHILD),
            Fault::HandOverNotOffered
        );
        assert_eq!(Residents::home(&CHILD), Some(RUSUTSU));
        assert_ok!(Residents::accept_hand_over(origin(OTHER_OFFICER), CHILD));
        assert_eq!(Residents::home(&CHILD), Some(MIKASA));
        assert!(wrote(
            CHILD,
            TrailFact::HandedOver {
                from: RUSUTSU,
                to: MIKASA
            }
        ));
        assert_noop!(attest(CHILD, MOTHER, spring()), Fault::NotHomeOfficer);
    });
}

#[test]
fn r12_an_offer_lapses_and_either_side_declines() {
    family().execute_with(|| {
        assert_ok!(Residents::offer_hand_over(origin(OFFICER), CHILD, MIKASA));
        assert_ok!(Residents::decline_hand_over(origin(OTHER_OFFICER), CHILD));
        assert_ok!(Residents::offer_hand_over(origin(OFFICER), CHILD, MIKASA));
        assert_ok!(Residents::decline_hand_over(origin(OFFICER), CHILD));
        assert_noop!(
            Residents::decline_hand_over(origin(OFFICER), CHILD),
            Fault::HandOverNotOffered
        );
        assert_ok!(Residents::offer_hand_over(origin(OFFICER), CHILD, MIKASA));
        set_time(START + HAND_OVER_LIFE);
        assert_noop!(
            Residents::accept_hand_over(origin(OTHER_OFFICER), CHILD),
            Fault::HandOverNotOffered
        );
    });
}

#[test]
fn r13_a_protected_person_is_not_handed_over_in_the_open() {
    family().execute_with(|| {
        assert_ok!(Residents::enrol(
            origin(OFFICER),
            STRANGER,
            ServiceDomain::Health,
            true,
            None
        ));
        assert_noop!(
            Residents::offer_hand_over(origin(OFFICER), STRANGER, MIKASA),
            Fault::ProtectedStays
        );
    });
}

#[test]
fn r15_a_protected_person_is_nobody_to_whoever_may_not_change_the_entry() {
    family().execute_with(|| {
        let (hidden, nobody) = (Pseudonym([98; 32]), Pseudonym([99; 32]));
        assert_ok!(Residents::enrol(
            origin(OFFICER),
            hidden,
            ServiceDomain::Health,
            true,
            None
        ));
        for curious in [OTHER_OFFICER, NURSE, DOCTOR, PHONE] {
            let by = || origin(curious);
            let heard = |subject| {
                [
                    Residents::retire(by(), subject),
                    Residents::add_device(by(), subject, device(50)),
                    Residents::attest_guardianship(
                        by(),
                        subject,
                        MOTHER,
                        Authority::Joint,
                        spring(),
                    ),
                    Residents::end_guardianship(by(), subject, MOTHER),
                    Residents::freeze(by(), subject),
                    Residents::unfreeze(by(), subject),
                    Residents::offer_hand_over(by(), subject, MIKASA),
                    Residents::accept_hand_over(by(), subject),
                    Residents::decline_hand_over(by(), subject),
                    Residents::entrust(by(), subject, MIKASA, spring()),
                    Residents::end_custody(by(), subject),
                ]
            };
            let (of_hidden, of_nobody) = (heard(hidden), heard(nobody));
            assert_eq!(of_hidden, of_nobody);
            assert!(of_hidden.iter().all(Result::is_err));
        }
    });
}

#[test]
fn r14_a_municipality_of_stay_is_custodian_for_a_while() {
    family().execute_with(|| {
        let entrust = |until| Residents::entrust(origin(OFFICER), CHILD, MIKASA, until);
        assert_noop!(entrust(START), Fault::CustodyOutOfBounds);
        assert_noop!(
            entrust(START + CUSTODY_LIFE_MAX + 1),
            Fault::CustodyOutOfBounds
        );
        assert_ok!(entrust(START + 10));
        assert!(wrote(
            CHILD,
            TrailFact::CustodyEntrusted {
                custodian: MIKASA,
                until: START + 10
            }
        ));
        assert!(
            Residents::is_custodian(&CHILD, MIKASA) && Residents::is_custodian(&CHILD, RUSUTSU)
        );
        set_time(START + 10);
        assert!(
            !Residents::is_custodian(&CHILD, MIKASA) && Residents::is_custodian(&CHILD, RUSUTSU)
        );
        assert_ok!(entrust(START + 20));
        assert_ok!(Residents::end_custody(origin(OTHER_OFFICER), CHILD));
        assert!(!Residents::is_custodian(&CHILD, MIKASA));
        assert_noop!(
            Residents::end_custody(origin(OFFICER), CHILD),
            Fault::CustodyUnknown
        );
        let ended = Event::<Test>::CustodyEntrusted {
            subject: CHILD,
            custodian: MIKASA,
            until: START + 10,
        };
        assert!(
            System::events()
                .iter()
                .any(|record| record.event == ended.clone().into())
        );
    });
}
