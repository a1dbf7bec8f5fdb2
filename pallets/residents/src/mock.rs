//! A runtime of system and residents, beside a consortium of two villages and a clinic.

use crate as pallet_residents;
use frame_support::derive_impl;
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, Moment, Pseudonym, Role, VerifyingKey,
    finality::{Validator, ValidatorSet},
    resident::{ServiceDomain, common_date_after},
    seams::{Actor, Consortium, MemberFacts, Trail},
    trail::TrailFact,
};
use sp_runtime::{AccountId32, BuildStorage, traits::IdentityLookup};
use std::cell::{Cell, RefCell};

frame_support::construct_runtime!(
    pub enum Test { System: frame_system, Residents: pallet_residents }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
}

impl crate::Config for Test {
    type Consortium = Villages;
    type Trail = Rows;
    type WeightInfo = ();
}

pub(crate) const RUSUTSU: MemberId = MemberId(0);
pub(crate) const MIKASA: MemberId = MemberId(1);
pub(crate) const CLINIC: MemberId = MemberId(2);

/// Officer of the first village.
pub(crate) const OFFICER: AccountId = AccountId([1; 32]);
/// Officer of the second village.
pub(crate) const OTHER_OFFICER: AccountId = AccountId([2; 32]);
/// Nurse of the first village.
pub(crate) const NURSE: AccountId = AccountId([3; 32]);
/// Doctor of the clinic.
pub(crate) const DOCTOR: AccountId = AccountId([4; 32]);

pub(crate) const CHILD: Pseudonym = Pseudonym([20; 32]);
pub(crate) const MOTHER: Pseudonym = Pseudonym([21; 32]);
pub(crate) const STRANGER: Pseudonym = Pseudonym([22; 32]);
/// The mother's phone.
pub(crate) const PHONE: AccountId = AccountId([31; 32]);

std::thread_local! {
    static NOW: Cell<Moment> = const { Cell::new(0) };
    static ROWS: RefCell<Vec<(Pseudonym, TrailFact)>> = const { RefCell::new(Vec::new()) };
}

/// 2026-11-01T00:00:00Z.
pub(crate) const START: Moment = 1_793_491_200_000;

pub(crate) fn set_time(now: Moment) {
    NOW.set(now);
}

/// The first common date after the start: 1 April 2027.
pub(crate) fn spring() -> Moment {
    common_date_after(START, 0)
}

/// What was written to the trails so far.
pub(crate) fn rows() -> Vec<(Pseudonym, TrailFact)> {
    ROWS.with_borrow(Clone::clone)
}

/// Trails that tests can read.
#[derive(Debug)]
pub struct Rows;

impl Trail for Rows {
    fn append(subject: &Pseudonym, fact: TrailFact) {
        ROWS.with_borrow_mut(|rows| rows.push((*subject, fact)));
    }
}

/// Two villages and a clinic.
#[derive(Debug)]
pub struct Villages;

impl Consortium for Villages {
    fn actor(account: &AccountId) -> Option<Actor> {
        let (member, kind, role) = match *account {
            OFFICER => (RUSUTSU, MemberKind::Municipality, Role::Officer),
            OTHER_OFFICER => (MIKASA, MemberKind::Municipality, Role::Officer),
            NURSE => (RUSUTSU, MemberKind::Municipality, Role::Nurse),
            DOCTOR => (CLINIC, MemberKind::Clinic, Role::Doctor),
            _ => return None,
        };
        Some(Actor { member, kind, role })
    }
    fn member(id: MemberId) -> Option<MemberFacts> {
        let kind = match id {
            RUSUTSU | MIKASA => MemberKind::Municipality,
            CLINIC => MemberKind::Clinic,
            MemberId(_) => return None,
        };
        Some(MemberFacts {
            kind,
            operator: AccountId([9; 32]),
            verifier: VerifyingKey([9; 32]),
            hpke: HpkeKey([9; 32]),
        })
    }
    fn next_validators() -> ValidatorSet {
        let validator = Validator {
            key: VerifyingKey([1; 32]),
            member: RUSUTSU,
            power: 1,
        };
        ValidatorSet::new(vec![validator]).expect("one validator with power")
    }
    fn now() -> Moment {
        NOW.get()
    }
}

pub(crate) fn origin(account: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(account.0.into())
}

/// The village enrolled a child and its mother, who has a phone; nobody attested anything yet.
pub(crate) fn family() -> sp_io::TestExternalities {
    set_time(START);
    ROWS.with_borrow_mut(Vec::clear);
    let storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("an empty genesis builds");
    let mut externalities = sp_io::TestExternalities::from(storage);
    externalities.execute_with(|| {
        System::set_block_number(1);
        let phone = crate::person::DeviceKeys {
            account: PHONE,
            hpke: HpkeKey([31; 32]),
        };
        let health = ServiceDomain::Health;
        Residents::enrol(origin(OFFICER), CHILD, health, false, None).expect("the child is new");
        Residents::enrol(origin(OFFICER), MOTHER, health, false, Some(phone))
            .expect("the mother is new");
    });
    externalities
}
