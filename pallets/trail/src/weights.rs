//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! Estimates from the costs of single state accesses (about 5 µs per cached read, 12 µs per written key with its share of the
//! state root, 6 µs per event or row). `cargo run --release -p musubi-runtime --example weigh` prints measured ones.

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
