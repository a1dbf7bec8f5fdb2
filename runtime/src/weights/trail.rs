//! Weights of `pallet-trail`, as measured. Written by `examples/weigh`, which says how; not edited by hand.
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

impl<T: frame_system::Config> pallet_trail::WeightInfo for Measured<T> {
    fn hooks() -> Weight {
        Weight::from_parts(67_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(14, 8))
    }
}
