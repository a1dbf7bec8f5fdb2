//! What the hooks cost, in picoseconds of one core.

use frame_support::weights::Weight;

/// Cost of this pallet's hooks.
pub trait WeightInfo {
    /// Both hooks of one block.
    fn hooks() -> Weight;
}

impl WeightInfo for () {
    fn hooks() -> Weight {
        Weight::from_parts(30_000_000, 0)
    }
}
