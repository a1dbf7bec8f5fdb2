//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Cost of this pallet's calls and hooks.
pub trait WeightInfo {
    /// `propose`, including its enactment when the proposer's vote decides.
    fn propose() -> Weight;
    /// `vote`, including the enactment when it decides.
    fn vote() -> Weight;
    /// `register_key`.
    fn register_key() -> Weight;
    /// `extend_key`.
    fn extend_key() -> Weight;
    /// `withdraw_key`.
    fn withdraw_key() -> Weight;
    /// `register_node`.
    fn register_node() -> Weight;
    /// `withdraw_node`.
    fn withdraw_node() -> Weight;
    /// Both hooks of one block.
    fn hooks() -> Weight;
}

impl WeightInfo for () {
    fn propose() -> Weight {
        Weight::from_parts(150 * MICROSECOND, 0)
    }
    fn vote() -> Weight {
        Weight::from_parts(150 * MICROSECOND, 0)
    }
    fn register_key() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn extend_key() -> Weight {
        Weight::from_parts(50 * MICROSECOND, 0)
    }
    fn withdraw_key() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn register_node() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn withdraw_node() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn hooks() -> Weight {
        Weight::from_parts(30 * MICROSECOND, 0)
    }
}
