//! Weights of `pallet-records`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_records::WeightInfo for Measured<T> {
    fn acknowledge() -> Weight {
        Weight::from_parts(43_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 9))
    }
    fn commit_record() -> Weight {
        Weight::from_parts(42_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(12, 10))
    }
    fn enter_in_error() -> Weight {
        Weight::from_parts(38_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 9))
    }
    fn erasure_receipt() -> Weight {
        Weight::from_parts(39_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 9))
    }
    fn order_erasure() -> Weight {
        Weight::from_parts(25_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 5))
    }
    fn publish_rule_set() -> Weight {
        Weight::from_parts(15_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 5))
    }
    fn record_verdict() -> Weight {
        Weight::from_parts(44_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(14, 9))
    }
    fn supersede() -> Weight {
        Weight::from_parts(44_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 9))
    }
}
