//! A runtime with this pallet alone, in a world of two villages, a clinic and one family that tests arrange as they need.
#![allow(
    unexpected_cfgs,
    reason = "the runtime macro asks for a std feature, which no crate here has"
)]

use crate as pallet_consent;
use frame_support::derive_impl;
use musubi_primitives::{
    AccountId, Category, CategorySet, HpkeKey, MemberId, MemberKind, Moment, Pseudonym, Role,
    VerifyingKey,
    finality::ValidatorSet,
    resident::Authority,
    seams::{self, Actor, GuardianshipFacts, MemberFacts},
    trail::TrailFact,
};
use sp_runtime::{AccountId32, BuildStorage, traits::IdentityLookup};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

pub(crate) const HOME: MemberId = MemberId(1);
pub(crate) const NEIGHBOUR: MemberId = MemberId(2);
pub(crate) const CLINIC: MemberId = MemberId(3);

pub(crate) const OFFICER: u8 = 11;
pub(crate) const OTHER_OFFICER: u8 = 12;
pub(crate) const HOME_CLERK: u8 = 13;
pub(crate) const NEIGHBOUR_OFFICER: u8 = 21;
pub(crate) const CLINIC_CLERK: u8 = 31;
pub(crate) const CLINIC_VAULT: u8 = 32;
pub(crate) const MOTHER_ACCOUNT: u8 = 41;
pub(crate) const FATHER_ACCOUNT: u8 = 42;
pub(crate) const STRANGER: u8 = 99;

pub(crate) const CHILD: Pseudonym = Pseudonym([51; 32]);
pub(crate) const MOTHER: Pseudonym = Pseudonym([52; 32]);
pub(crate) const FATHER: Pseudonym = Pseudonym([53; 32]);

/// Noon of the first day.
pub(crate) const NOON: Moment = 1_000_000_000_000;

/// What the other pallets would answer.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: Moment,
    pub(crate) actors: BTreeMap<AccountId, Actor>,
    pub(crate) persons: BTreeMap<AccountId, Pseudonym>,
    pub(crate) homes: BTreeMap<Pseudonym, MemberId>,
    pub(crate) guardianships: BTreeMap<(Pseudonym, Pseudonym), GuardianshipFacts>,
    pub(crate) protected: BTreeSet<Pseudonym>,
    pub(crate) bound: BTreeSet<Pseudonym>,
    pub(crate) rows: Vec<(Pseudonym, TrailFact)>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

pub(crate) fn world<R>(look: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(look)
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId([number; 32])
}

pub(crate) fn sensitive() -> CategorySet {
    CategorySet::of(&[Category::Growth, Category::Sensitive])
}

pub(crate) fn plain() -> CategorySet {
    CategorySet::of(&[Category::Immunization, Category::Growth])
}

pub struct Seams;

impl seams::Consortium for Seams {
    fn actor(account: &AccountId) -> Option<Actor> {
        world(|world| world.actors.get(account).copied())
    }
    fn member(id: MemberId) -> Option<MemberFacts> {
        let kind = match id {
            HOME | NEIGHBOUR => MemberKind::Municipality,
            CLINIC => MemberKind::Clinic,
            _ => return None,
        };
        let (operator, verifier, hpke) = (account(1), VerifyingKey::default(), HpkeKey::default());
        Some(MemberFacts {
            kind,
            operator,
            verifier,
            hpke,
        })
    }
    fn next_validators() -> ValidatorSet {
        unreachable!("consents do not ask for validators")
    }
    fn now() -> Moment {
        world(|world| world.now)
    }
}

impl seams::Residents for Seams {
    fn home(subject: &Pseudonym) -> Option<MemberId> {
        world(|world| world.homes.get(subject).copied())
    }
    fn person(account: &AccountId) -> Option<Pseudonym> {
        world(|world| world.persons.get(account).copied())
    }
    fn guardianship(guardian: &Pseudonym, subject: &Pseudonym) -> Option<GuardianshipFacts> {
        world(|world| {
            let held = world.guardianships.get(&(*guardian, *subject)).copied();
            held.filter(|held| world.now < held.until)
        })
    }
    fn is_protected(subject: &Pseudonym) -> bool {
        world(|world| world.protected.contains(subject))
    }
    fn is_frozen(_: &Pseudonym) -> bool {
        false
    }
    fn has_active_binding(person: &Pseudonym) -> bool {
        world(|world| world.bound.contains(person))
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
    pub type Consent = pallet_consent;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_consent::Config for Test {
    type Consortium = Seams;
    type Residents = Seams;
    type Trail = Seams;
    type WeightInfo = ();
}

fn population() -> World {
    let staff = [
        (OFFICER, HOME, MemberKind::Municipality, Role::Officer),
        (OTHER_OFFICER, HOME, MemberKind::Municipality, Role::Officer),
        (HOME_CLERK, HOME, MemberKind::Municipality, Role::Clerk),
        (
            NEIGHBOUR_OFFICER,
            NEIGHBOUR,
            MemberKind::Municipality,
            Role::Officer,
        ),
        (CLINIC_CLERK, CLINIC, MemberKind::Clinic, Role::Clerk),
        (CLINIC_VAULT, CLINIC, MemberKind::Clinic, Role::Vault),
    ];
    let joint = GuardianshipFacts {
        authority: Authority::Joint,
        until: NOON + 1000 * crate::DAY,
    };
    World {
        now: NOON,
        actors: staff
            .map(|(number, member, kind, role)| (account(number), Actor { member, kind, role }))
            .into(),
        persons: [
            (account(MOTHER_ACCOUNT), MOTHER),
            (account(FATHER_ACCOUNT), FATHER),
        ]
        .into(),
        homes: [(CHILD, HOME), (MOTHER, HOME), (FATHER, HOME)].into(),
        guardianships: [((MOTHER, CHILD), joint), ((FATHER, CHILD), joint)].into(),
        protected: BTreeSet::new(),
        bound: [MOTHER].into(),
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
