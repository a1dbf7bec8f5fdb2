//! Weights of `pallet-access`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_access::WeightInfo for Measured<T> {
    fn close_break_glass() -> Weight {
        Weight::from_parts(51_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(9, 8))
    }
    fn close_session() -> Weight {
        Weight::from_parts(20_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(4, 1))
    }
    fn deliver() -> Weight {
        Weight::from_parts(91_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 11))
    }
    fn open_break_glass() -> Weight {
        Weight::from_parts(80_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(11, 11))
    }
    fn open_session() -> Weight {
        Weight::from_parts(104_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(19, 8))
    }
    fn request_access(candidates: u32) -> Weight {
        let each =
            Weight::from_parts(11_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 0));
        Weight::from_parts(98_000_000, 0)
            .saturating_add(T::DbWeight::get().reads_writes(21, 8))
            .saturating_add(each.saturating_mul(candidates.into()))
    }
    fn review_break_glass() -> Weight {
        Weight::from_parts(64_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(13, 8))
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(42_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(6, 2))
    }
}
