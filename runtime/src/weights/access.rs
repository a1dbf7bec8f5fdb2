//! Weights of `pallet-access`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_access::WeightInfo for Measured<T> {
    fn close_break_glass() -> Weight {
        Weight::from_parts(921_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(10, 9))
    }
    fn close_session() -> Weight {
        Weight::from_parts(827_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(5, 1))
    }
    fn deliver() -> Weight {
        Weight::from_parts(1_150_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 13))
    }
    fn open_break_glass() -> Weight {
        Weight::from_parts(1_203_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 12))
    }
    fn open_session() -> Weight {
        Weight::from_parts(1_185_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(21, 9))
    }
    fn request_access() -> Weight {
        Weight::from_parts(1_205_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(50, 9))
    }
    fn review_break_glass() -> Weight {
        Weight::from_parts(1_064_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 9))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(84_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(4, 1))
    }
}
