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
        Weight::from_parts(41_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(10, 9))
    }
    fn close_session() -> Weight {
        Weight::from_parts(13_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(5, 1))
    }
    fn deliver() -> Weight {
        Weight::from_parts(60_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 13))
    }
    fn open_break_glass() -> Weight {
        Weight::from_parts(52_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 12))
    }
    fn open_session() -> Weight {
        Weight::from_parts(56_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(21, 9))
    }
    fn request_access(candidates: u32) -> Weight {
        let each =
            Weight::from_parts(9_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(4, 0));
        Weight::from_parts(71_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(24, 9))
            .saturating_add(each.saturating_mul(candidates.into()))
    }
    fn review_break_glass() -> Weight {
        Weight::from_parts(47_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(15, 9))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(34_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(4, 1))
    }
}
