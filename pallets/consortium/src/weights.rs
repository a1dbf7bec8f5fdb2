//! What calls cost, in picoseconds of one core.

use frame_support::weights::Weight;

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
        Weight::from_parts(150_000_000, 0)
    }
    fn vote() -> Weight {
        Weight::from_parts(150_000_000, 0)
    }
    fn register_key() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn extend_key() -> Weight {
        Weight::from_parts(50_000_000, 0)
    }
    fn withdraw_key() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn register_node() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn withdraw_node() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn hooks() -> Weight {
        Weight::from_parts(30_000_000, 0)
    }
}
