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
    fn attest() -> Weight {
        Weight::from_parts(2_858_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(56, 19))
    }
    fn disagree() -> Weight {
        Weight::from_parts(710_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(21, 15))
    }
    fn object() -> Weight {
        Weight::from_parts(826_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(20, 9))
    }
    fn propose() -> Weight {
        Weight::from_parts(2_283_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(63, 17))
    }
    fn resume() -> Weight {
        Weight::from_parts(517_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 9))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(236_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 6))
    }
    fn withdraw() -> Weight {
        Weight::from_parts(1_361_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(24, 14))
    }
}
