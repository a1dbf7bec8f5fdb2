//! Weights of `pallet-consent`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
//!
//! * Command: `cargo run --release -p musubi-runtime --example weigh -- 2000`
//! * Machine: AMD EPYC, 2 cores, shared with other work
//! * Date: 2026-11-26
//! * State: 2000 families, 42891 entries

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Measured weights.
#[derive(Clone, Copy, Debug)]
pub struct Measured<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_consent::WeightInfo for Measured<T> {
    fn attest(standing: u32) -> Weight {
        let each =
            Weight::from_parts(7_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 0));
        Weight::from_parts(124_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(32, 20))
            .saturating_add(each.saturating_mul(standing.into()))
    }
    fn disagree() -> Weight {
        Weight::from_parts(81_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(21, 15))
    }
    fn object() -> Weight {
        Weight::from_parts(60_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(20, 9))
    }
    fn propose(standing: u32) -> Weight {
        let each =
            Weight::from_parts(7_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(4, 0));
        Weight::from_parts(97_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(24, 17))
            .saturating_add(each.saturating_mul(standing.into()))
    }
    fn resume() -> Weight {
        Weight::from_parts(45_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 9))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(40_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 6))
    }
    fn withdraw() -> Weight {
        Weight::from_parts(78_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(24, 14))
    }
}
