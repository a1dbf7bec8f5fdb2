//! Weights of `pallet-consent`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
//!
//! * Command: `cargo run --release -p musubi-runtime --example weigh -- 5000`
//! * Machine: AMD EPYC, 2 cores, shared with other work
//! * Date: 2026-11-26
//! * State: 5000 families, 106701 entries

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Measured weights.
#[derive(Clone, Copy, Debug)]
pub struct Measured<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_consent::WeightInfo for Measured<T> {
    fn attest(standing: u32) -> Weight {
        let each =
            Weight::from_parts(10_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 1));
        Weight::from_parts(174_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(27, 16))
            .saturating_add(each.saturating_mul(standing.into()))
    }
    fn disagree() -> Weight {
        Weight::from_parts(114_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(18, 13))
    }
    fn object() -> Weight {
        Weight::from_parts(98_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(18, 8))
    }
    fn propose(standing: u32) -> Weight {
        let each =
            Weight::from_parts(12_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 0));
        Weight::from_parts(128_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(21, 15))
            .saturating_add(each.saturating_mul(standing.into()))
    }
    fn resume() -> Weight {
        Weight::from_parts(77_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(12, 8))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(48_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 7))
    }
    fn withdraw() -> Weight {
        Weight::from_parts(102_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(22, 13))
    }
}
