//! Weights of `pallet-consortium`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_consortium::WeightInfo for Measured<T> {
    fn extend_key() -> Weight {
        Weight::from_parts(36_286_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(16, 10))
    }
    fn hooks() -> Weight {
        Weight::from_parts(49_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(7, 8))
    }
    fn propose() -> Weight {
        Weight::from_parts(28_283_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(121, 15))
    }
    fn register_key() -> Weight {
        Weight::from_parts(34_549_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(18, 21))
    }
    fn register_node() -> Weight {
        Weight::from_parts(33_480_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(10, 11))
    }
    fn vote() -> Weight {
        Weight::from_parts(28_132_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(37, 29))
    }
    fn withdraw_key() -> Weight {
        Weight::from_parts(36_319_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(20, 17))
    }
    fn withdraw_node() -> Weight {
        Weight::from_parts(30_812_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(12, 9))
    }
}
