//! Weights of `pallet-residents`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_residents::WeightInfo for Measured<T> {
    fn bind_card() -> Weight {
        Weight::from_parts(71_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(14, 16))
    }
    fn change_card() -> Weight {
        Weight::from_parts(41_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 9))
    }
    fn change_custody() -> Weight {
        Weight::from_parts(39_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 9))
    }
    fn change_device() -> Weight {
        Weight::from_parts(50_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 12))
    }
    fn change_guardianship() -> Weight {
        Weight::from_parts(66_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 14))
    }
    fn enrol() -> Weight {
        Weight::from_parts(60_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 17))
    }
    fn hand_over() -> Weight {
        Weight::from_parts(39_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 9))
    }
    fn retire() -> Weight {
        Weight::from_parts(187_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(45, 24))
    }
    fn switch_freeze() -> Weight {
        Weight::from_parts(72_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(21, 9))
    }
}
