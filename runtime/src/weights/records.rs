//! Weights of `pallet-records`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_records::WeightInfo for Measured<T> {
    fn acknowledge() -> Weight {
        Weight::from_parts(60_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 8))
    }
    fn commit_record() -> Weight {
        Weight::from_parts(66_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(10, 8))
    }
    fn enter_in_error() -> Weight {
        Weight::from_parts(55_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 8))
    }
    fn erasure_receipt() -> Weight {
        Weight::from_parts(56_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 8))
    }
    fn order_erasure() -> Weight {
        Weight::from_parts(37_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(8, 4))
    }
    fn publish_rule_set() -> Weight {
        Weight::from_parts(17_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(2, 4))
    }
    fn record_verdict() -> Weight {
        Weight::from_parts(66_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(12, 8))
    }
    fn supersede() -> Weight {
        Weight::from_parts(66_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(11, 8))
    }
}
