//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Cost of this pallet's hooks.
pub trait WeightInfo {
    /// Both hooks of one block.
    fn hooks() -> Weight;
}

impl WeightInfo for () {
    fn hooks() -> Weight {
        Weight::from_parts(30 * MICROSECOND, 0)
    }
}
