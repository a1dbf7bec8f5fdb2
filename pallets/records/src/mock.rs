//! A runtime with this pallet alone, in a world of three villages, two clinics and one child.
#![allow(
    unexpected_cfgs,
    reason = "the runtime macro asks for a std feature, which no crate here has"
)]

use crate as pallet_records;
use frame_support::derive_impl;
use musubi_primitives::{
    AccountId, MemberId, MemberKind, Moment, Pseudonym, Role,
    finality::ValidatorSet,
    seams::{self, Actor, GuardianshipFacts, MemberFacts},
    trail::TrailFact,
};
use sp_runtime::{AccountId32, BuildStorage, traits::IdentityLookup};
use std::{cell::RefCell, collections::BTreeMap};

pub(crate) const HOME: MemberId = MemberId(1);
pub(crate) const CLINIC: MemberId = MemberId(3);

pub(crate) const OFFICER: u8 = 11;
pub(crate) const NURSE: u8 = 12;
pub(crate) const HOME_CLERK: u8 = 13;
pub(crate) const HOME_VAULT: u8 = 14;
pub(crate) const SECOND_HOME_VAULT: u8 = 15;
pub(crate) const NEIGHBOUR_OFFICER: u8 = 21;
pub(crate) const NEIGHBOUR_VAULT: u8 = 24;
pub(crate) const FAR_VAULT: u8 = 25;
pub(crate) const FARTHER_VAULT: u8 = 26;
pub(crate) const DOCTOR: u8 = 31;
pub(crate) const GATEWAY: u8 = 32;
pub(crate) const CLINIC_VAULT: u8 = 34;
pub(crate) const OTHER_DOCTOR: u8 = 41;
pub(crate) const OTHER_CLINIC_VAULT: u8 = 44;
pub(crate) const STRANGER: u8 = 99;

pub(crate) const CHILD: Pseudonym = Pseudonym([51; 32]);
pub(crate) const SIBLING: Pseudonym = Pseudonym([52; 32]);

/// What the other pallets would answer.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: Moment,
    pub(crate) actors: BTreeMap<AccountId, Actor>,
    pub(crate) homes: BTreeMap<Pseudonym, MemberId>,
    pub(crate) rows: Vec<(Pseudonym, TrailFact)>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

pub(crate) fn world<R>(look: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(look)
}

pub struct Seams;

impl seams::Consortium for Seams {
    fn actor(account: &AccountId) -> Option<Actor> {
        world(|world| world.actors.get(account).copied())
    }
    fn member(_: MemberId) -> Option<MemberFacts> {
        None
    }
    fn next_validators() -> ValidatorSet {
        unreachable!("records do not ask for validators")
    }
    fn now() -> Moment {
        world(|world| world.now)
    }
}

impl seams::Residents for Seams {
    fn home(subject: &Pseudonym) -> Option<MemberId> {
        world(|world| world.homes.get(subject).copied())
    }
    fn person(_: &AccountId) -> Option<Pseudonym> {
        None
    }
    fn guardianship(_: &Pseudonym, _: &Pseudonym) -> Option<GuardianshipFacts> {
        None
    }
    fn is_protected(_: &Pseudonym) -> bool {
        false
    }
    fn is_frozen(_: &Pseudonym) -> bool {
        false
    }
    fn has_active_binding(_: &Pseudonym) -> bool {
        false
    }
}

impl seams::Trail for Seams {
    fn append(subject: &Pseudonym, fact: TrailFact) {
        world(|world| world.rows.push((*subject, fact)));
    }
}

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Test;
    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Records = pallet_records;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_records::Config for Test {
    type Consortium = Seams;
    type Residents = Seams;
    type Trail = Seams;
    type WeightInfo = ();
}

fn population() -> World {
    use MemberKind::{Clinic, Municipality};
    let staff = [
        (OFFICER, HOME, Municipality, Role::Officer),
        (NURSE, HOME, Municipality, Role::Nurse),
        (HOME_CLERK, HOME, Municipality, Role::Clerk),
        (HOME_VAULT, HOME, Municipality, Role::Vault),
        (SECOND_HOME_VAULT, HOME, Municipality, Role::Vault),
        (NEIGHBOUR_OFFICER, MemberId(2), Municipality, Role::Officer),
        (NEIGHBOUR_VAULT, MemberId(2), Municipality, Role::Vault),
        (FAR_VAULT, MemberId(5), Municipality, Role::Vault),
        (FARTHER_VAULT, MemberId(6), Municipality, Role::Vault),
        (DOCTOR, CLINIC, Clinic, Role::Doctor),
        (GATEWAY, CLINIC, Clinic, Role::Gateway),
        (CLINIC_VAULT, CLINIC, Clinic, Role::Vault),
        (OTHER_DOCTOR, MemberId(4), Clinic, Role::Doctor),
        (OTHER_CLINIC_VAULT, MemberId(4), Clinic, Role::Vault),
    ];
    let actor =
        |(number, member, kind, role)| (AccountId([number; 32]), Actor { member, kind, role });
    World {
        now: 1_000_000_000_000,
        actors: staff.map(actor).into(),
        homes: [(CHILD, HOME), (SIBLING, HOME)].into(),
        rows: Vec::new(),
    }
}

/// Runs a test in a fresh state and a fresh world.
pub(crate) fn in_world(test: impl FnOnce()) {
    world(|world| *world = population());
    let storage = frame_system::GenesisConfig::<Test>::default().build_storage();
    sp_io::TestExternalities::new(storage.expect("the empty genesis builds")).execute_with(|| {
        System::set_block_number(1);
        test();
    });
}
