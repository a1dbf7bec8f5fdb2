//! Weights of `pallet-residents`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_residents::WeightInfo for Measured<T> {
    fn bind_card() -> Weight {
        Weight::from_parts(138_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 15))
    }
    fn change_card() -> Weight {
        Weight::from_parts(66_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(12, 8))
    }
    fn change_custody() -> Weight {
        Weight::from_parts(55_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 8))
    }
    fn change_device() -> Weight {
        Weight::from_parts(73_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(14, 11))
    }
    fn change_guardianship() -> Weight {
        Weight::from_parts(133_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 12))
    }
    fn enrol() -> Weight {
        Weight::from_parts(91_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(7, 15))
    }
    fn hand_over() -> Weight {
        Weight::from_parts(55_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 8))
    }
    fn retire() -> Weight {
        Weight::from_parts(271_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(40, 20))
    }
    fn switch_freeze() -> Weight {
        Weight::from_parts(86_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(19, 8))
    }
}
