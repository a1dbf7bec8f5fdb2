//! A runtime of system, clock and consortium, with four villages and a clinic.

use crate::{self as pallet_consortium, GenesisMember, GenesisSeat, member::MemberKeys};
use frame_support::{
    derive_impl,
    traits::{ConstU32, Hooks},
};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, Moment, VerifyingKey, parameter::Parameters,
};
use sp_runtime::{AccountId32, BuildStorage, traits::IdentityLookup};
use std::cell::Cell;

frame_support::construct_runtime!(
    pub enum Test { System: frame_system, Consortium: pallet_consortium }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
}

impl crate::Config for Test {
    type Time = TestClock;
    type SpecNotice = ConstU32<3>;
    type WeightInfo = ();
}

std::thread_local! {
    static NOW: Cell<Moment> = const { Cell::new(1_000) };
}

/// A clock that tests turn by hand.
#[derive(Debug)]
pub struct TestClock;

impl TestClock {
    pub(crate) fn set(now: Moment) {
        NOW.set(now);
    }
}

impl frame_support::traits::Time for TestClock {
    type Moment = Moment;
    fn now() -> Moment {
        NOW.get()
    }
}

pub(crate) const CLINIC: MemberId = MemberId(4);

pub(crate) fn keys(seed: u8) -> MemberKeys {
    MemberKeys {
        operator: operator(seed),
        verifier: VerifyingKey([seed; 32]),
        hpke: HpkeKey([seed; 32]),
    }
}

/// Operator account of the member founded with this number.
pub(crate) fn operator(seed: u8) -> AccountId {
    AccountId([seed; 32])
}

pub(crate) fn origin(account: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(account.0.into())
}

pub(crate) fn seat_key(member: u8) -> VerifyingKey {
    VerifyingKey([member.saturating_add(100); 32])
}

/// Four villages (members 0 to 3), all validating, and a clinic (member 4).
pub(crate) fn four_villages() -> sp_io::TestExternalities {
    TestClock::set(1_000);
    let founder = |seed: u8, kind| GenesisMember {
        kind,
        keys: keys(seed),
        nodes: vec![VerifyingKey([seed.saturating_add(200); 32])],
    };
    let mut members: Vec<_> = (0..4)
        .map(|seed| founder(seed, MemberKind::Municipality))
        .collect();
    members.push(founder(4, MemberKind::Clinic));
    let validators = (0..4u8)
        .map(|member| GenesisSeat {
            member: MemberId(member.into()),
            key: seat_key(member),
        })
        .collect();
    let config = pallet_consortium::GenesisConfig::<Test> {
        members,
        validators,
        keys: vec![],
        parameters: Parameters::default(),
        _runtime: Default::default(),
    };
    let mut storage = frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("an empty genesis builds");
    config
        .assimilate_storage(&mut storage)
        .expect("four villages and a clinic break no rule");
    let mut externalities = sp_io::TestExternalities::from(storage);
    externalities.execute_with(|| begin(1));
    externalities
}

/// Starts a block.
pub(crate) fn begin(height: u64) {
    System::set_block_number(height);
    Consortium::on_initialize(height);
}

/// Ends the current block and starts the next.
pub(crate) fn next_block() {
    let height = System::block_number();
    Consortium::on_finalize(height);
    begin(height + 1);
}
