//! Weights of `pallet-consortium`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_consortium::WeightInfo for Measured<T> {
    fn extend_key() -> Weight {
        Weight::from_parts(52_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(14, 10))
    }
    fn hooks() -> Weight {
        Weight::from_parts(57_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(7, 8))
    }
    fn propose() -> Weight {
        Weight::from_parts(335_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(119, 14))
    }
    fn register_key() -> Weight {
        Weight::from_parts(86_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 21))
    }
    fn register_node() -> Weight {
        Weight::from_parts(50_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 11))
    }
    fn vote() -> Weight {
        Weight::from_parts(145_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(36, 31))
    }
    fn withdraw_key() -> Weight {
        Weight::from_parts(96_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(17, 17))
    }
    fn withdraw_node() -> Weight {
        Weight::from_parts(48_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(10, 9))
    }
}
