//! A runtime with this pallet alone, in a world of two villages, a clinic, a fire service and two children.
#![allow(
    unexpected_cfgs,
    reason = "the runtime macro asks for a std feature, which no crate here has"
)]

use crate as pallet_access;
use frame_support::derive_impl;
use musubi_primitives::{
    AccountId, Category, CategorySet, ConsentId, ConsentState, DenialReason, HpkeKey, MemberId,
    MemberKind, Moment, Pseudonym, Purpose, RecordId, RecordState, Role, VerifyingKey,
    finality::ValidatorSet,
    seams::{self, Actor, ConsentFacts, GuardianshipFacts, MemberFacts, RecordFacts},
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
pub(crate) const FIRE_SERVICE: MemberId = MemberId(5);

pub(crate) const OFFICER: u8 = 11;
pub(crate) const NURSE: u8 = 12;
pub(crate) const HOME_VAULT: u8 = 14;
pub(crate) const HOME_REVIEWER: u8 = 15;
pub(crate) const NEIGHBOUR_NURSE: u8 = 22;
pub(crate) const NEIGHBOUR_VAULT: u8 = 24;
pub(crate) const NEIGHBOUR_REVIEWER: u8 = 25;
pub(crate) const DOCTOR: u8 = 31;
pub(crate) const CLERK: u8 = 32;
pub(crate) const CLINIC_VAULT: u8 = 34;
pub(crate) const OTHER_DOCTOR: u8 = 41;
pub(crate) const CREW: u8 = 51;
pub(crate) const OTHER_CREW: u8 = 52;
pub(crate) const FIRE_REVIEWER: u8 = 53;
pub(crate) const STRANGER: u8 = 99;

pub(crate) const CHILD: Pseudonym = Pseudonym([61; 32]);
pub(crate) const PROTECTED: Pseudonym = Pseudonym([62; 32]);
pub(crate) const UNKNOWN: Pseudonym = Pseudonym([63; 32]);

pub(crate) const CONSENT: ConsentId = ConsentId([71; 32]);
pub(crate) const DOSE: RecordId = RecordId([81; 32]);
pub(crate) const LETTER: RecordId = RecordId([82; 32]);

pub(crate) const NOON: Moment = 1_000_000_000_000;

/// What the other pallets would answer.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) now: Moment,
    pub(crate) actors: BTreeMap<AccountId, Actor>,
    pub(crate) suspended: BTreeSet<MemberId>,
    pub(crate) homes: BTreeMap<Pseudonym, MemberId>,
    pub(crate) custodians: BTreeSet<(Pseudonym, MemberId)>,
    pub(crate) frozen: BTreeSet<Pseudonym>,
    pub(crate) consents: BTreeMap<ConsentId, ConsentFacts>,
    pub(crate) records: BTreeMap<RecordId, RecordFacts>,
    pub(crate) rows: Vec<(Pseudonym, TrailFact)>,
    /// What the other pallets were asked, in order.
    pub(crate) asked: Vec<&'static str>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

pub(crate) fn world<R>(look: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(look)
}

/// Notes a question and answers it.
fn asked<R>(question: &'static str, answer: impl FnOnce(&mut World) -> R) -> R {
    world(|world| {
        world.asked.push(question);
        answer(world)
    })
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId([number; 32])
}

pub struct Seams;

impl seams::Consortium for Seams {
    fn actor(account: &AccountId) -> Option<Actor> {
        let actor = Self::actor_on_record(account);
        actor.filter(|actor| world(|world| !world.suspended.contains(&actor.member)))
    }
    fn actor_on_record(account: &AccountId) -> Option<Actor> {
        asked("actor_on_record", |world| {
            world.actors.get(account).copied()
        })
    }
    fn member(_: MemberId) -> Option<MemberFacts> {
        let (operator, verifier, hpke) = (account(1), VerifyingKey::default(), HpkeKey([9; 32]));
        Some(MemberFacts {
            kind: MemberKind::Clinic,
            operator,
            verifier,
            hpke,
        })
    }
    fn next_validators() -> ValidatorSet {
        unreachable!("access does not ask for validators")
    }
    fn now() -> Moment {
        world(|world| world.now)
    }
}

impl seams::Residents for Seams {
    fn home(subject: &Pseudonym) -> Option<MemberId> {
        asked("home", |world| world.homes.get(subject).copied())
    }
    fn is_custodian(subject: &Pseudonym, municipality: MemberId) -> bool {
        let is_home = Self::home(subject) == Some(municipality);
        is_home
            | asked("is_custodian", |world| {
                world.custodians.contains(&(*subject, municipality))
            })
    }
    fn person(_: &AccountId) -> Option<Pseudonym> {
        None
    }
    fn guardianship(_: &Pseudonym, _: &Pseudonym) -> Option<GuardianshipFacts> {
        None
    }
    fn is_protected(subject: &Pseudonym) -> bool {
        asked("is_protected", |_| *subject == PROTECTED)
    }
    fn is_frozen(subject: &Pseudonym) -> bool {
        asked("is_frozen", |world| world.frozen.contains(subject))
    }
    fn has_active_binding(_: &Pseudonym) -> bool {
        true
    }
}

impl seams::Consents for Seams {
    fn covering(
        subject: &Pseudonym,
        recipient: MemberId,
        purpose: Purpose,
        categories: CategorySet,
    ) -> Result<ConsentId, DenialReason> {
        let found = asked("covering", |world| {
            let mut all = world.consents.clone().into_iter();
            all.find(|(_, consent)| {
                consent.subject == *subject
                    && consent.recipient == recipient
                    && consent.purpose == purpose
                    && consent.categories.contains_all(categories)
            })
        });
        let (id, _) = found.ok_or(DenialReason::NoConsent)?;
        if Self::is_effective(&id) {
            Ok(id)
        } else {
            Err(DenialReason::Withdrawn)
        }
    }
    fn consent(id: &ConsentId) -> Option<ConsentFacts> {
        asked("consent", |world| world.consents.get(id).copied())
    }
    fn is_effective(id: &ConsentId) -> bool {
        Self::consent(id).is_some_and(|consent| consent.state == ConsentState::Effective)
    }
}

impl seams::Records for Seams {
    fn record(id: &RecordId) -> Option<RecordFacts> {
        asked("record", |world| world.records.get(id).copied())
    }
    fn is_holder(record: &RecordId, member: MemberId) -> bool {
        Self::record(record).is_some() && [HOME, CLINIC].contains(&member)
    }
}

impl seams::Trail for Seams {
    fn append(subject: &Pseudonym, fact: TrailFact) {
        asked("append", |world| world.rows.push((*subject, fact)));
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
    pub type Access = pallet_access;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_access::Config for Test {
    type Consortium = Seams;
    type Residents = Seams;
    type Consents = Seams;
    type Records = Seams;
    type Trail = Seams;
    type WeightInfo = ();
}

/// The categories that the arranged consent names.
pub(crate) fn consented() -> CategorySet {
    CategorySet::of(&[Category::Immunization, Category::Growth])
}

fn population() -> World {
    use MemberKind::{Clinic, FireService, Municipality};
    let staff = [
        (OFFICER, HOME, Municipality, Role::Officer),
        (NURSE, HOME, Municipality, Role::Nurse),
        (HOME_VAULT, HOME, Municipality, Role::Vault),
        (HOME_REVIEWER, HOME, Municipality, Role::Reviewer),
        (NEIGHBOUR_NURSE, NEIGHBOUR, Municipality, Role::Nurse),
        (NEIGHBOUR_VAULT, NEIGHBOUR, Municipality, Role::Vault),
        (NEIGHBOUR_REVIEWER, NEIGHBOUR, Municipality, Role::Reviewer),
        (DOCTOR, CLINIC, Clinic, Role::Doctor),
        (CLERK, CLINIC, Clinic, Role::Clerk),
        (CLINIC_VAULT, CLINIC, Clinic, Role::Vault),
        (OTHER_DOCTOR, MemberId(4), Clinic, Role::Doctor),
        (CREW, FIRE_SERVICE, FireService, Role::Crew),
        (OTHER_CREW, FIRE_SERVICE, FireService, Role::Crew),
        (FIRE_REVIEWER, FIRE_SERVICE, FireService, Role::Reviewer),
    ];
    let actor = |(number, member, kind, role)| (account(number), Actor { member, kind, role });
    let consent = ConsentFacts {
        subject: CHILD,
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: consented(),
        state: ConsentState::Effective,
        until: NOON + 1_000_000,
    };
    let record = |category| RecordFacts {
        subject: CHILD,
        category,
        author: CLINIC,
        state: RecordState::Stored,
    };
    World {
        now: NOON,
        actors: staff.map(actor).into(),
        homes: [(CHILD, HOME), (PROTECTED, HOME)].into(),
        consents: [(CONSENT, consent)].into(),
        records: [
            (DOSE, record(Category::Immunization)),
            (LETTER, record(Category::Document)),
        ]
        .into(),
        ..World::default()
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
