//! How each pallet is wired into the runtime. The seams between pallets are filled here and nowhere else.

use crate::{
    AccountId, Block, Consent, Consortium, Nonce, PalletInfo, Records, Residents, Runtime,
    RuntimeCall, RuntimeEvent, RuntimeOrigin, RuntimeTask, Timestamp, Trail, extension, spec,
    weights,
};
use frame_support::{derive_impl, traits::ConstU16, traits::ConstU32, traits::ConstU64};
use sp_runtime::traits::AccountIdLookup;

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type Nonce = Nonce;
    type AccountId = AccountId;
    type Lookup = AccountIdLookup<AccountId, ()>;
    type AccountData = ();
    type Version = spec::ActiveVersion;
    type SingleBlockMigrations = spec::Migrations;
    type BaseCallFilter = extension::NoSystemCalls;
    type BlockWeights = weights::BlockWeights;
    type DbWeight = weights::NodeWeight;
    type ExtensionsWeightInfo = weights::Extensions;
    type BlockLength = weights::BlockLength;
    /// Eras up to 4096 blocks: an offline terminal has a quarter of an hour at the fastest pace, hours at the idle beat.
    type BlockHashCount = ConstU32<4096>;
    type SS58Prefix = ConstU16<42>;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = ();
    type MinimumPeriod = ConstU64<1>;
    type WeightInfo = ();
}

impl pallet_consortium::Config for Runtime {
    type Time = Timestamp;
    type SpecNotice = ConstU32<10>;
    type WeightInfo = weights::consortium::Measured<Self>;
}

impl pallet_residents::Config for Runtime {
    type Consortium = Consortium;
    type Trail = Trail;
    type WeightInfo = weights::residents::Measured<Self>;
}

impl pallet_consent::Config for Runtime {
    type Consortium = Consortium;
    type Residents = Residents;
    type Trail = Trail;
    type WeightInfo = weights::consent::Measured<Self>;
}

impl pallet_records::Config for Runtime {
    type Consortium = Consortium;
    type Residents = Residents;
    type Trail = Trail;
    type WeightInfo = weights::records::Measured<Self>;
}

impl pallet_access::Config for Runtime {
    type Consortium = Consortium;
    type Residents = Residents;
    type Consents = Consent;
    type Records = Records;
    type Trail = Trail;
    type WeightInfo = weights::access::Measured<Self>;
}

impl pallet_trail::Config for Runtime {
    type Consortium = Consortium;
    type WeightInfo = weights::trail::Measured<Self>;
}
