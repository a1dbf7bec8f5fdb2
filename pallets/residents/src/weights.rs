//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Cost of this pallet's calls.
pub trait WeightInfo {
    /// `enrol`.
    fn enrol() -> Weight;
    /// `retire`, with four devices and eight guardians.
    fn retire() -> Weight;
    /// `add_device` and `drop_device`.
    fn change_device() -> Weight;
    /// `attest_guardianship` and `end_guardianship`.
    fn change_guardianship() -> Weight;
    /// `bind_card`, replacing another.
    fn bind_card() -> Weight;
    /// `suspend_card`, `reinstate_card` and `revoke_card`.
    fn change_card() -> Weight;
    /// `freeze` and `unfreeze`.
    fn switch_freeze() -> Weight;
    /// The three calls of a hand-over.
    fn hand_over() -> Weight;
    /// `entrust` and `end_custody`.
    fn change_custody() -> Weight;
}

impl WeightInfo for () {
    fn enrol() -> Weight {
        Weight::from_parts(80 * MICROSECOND, 0)
    }
    fn retire() -> Weight {
        Weight::from_parts(200 * MICROSECOND, 0)
    }
    fn change_device() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn change_guardianship() -> Weight {
        Weight::from_parts(70 * MICROSECOND, 0)
    }
    fn bind_card() -> Weight {
        Weight::from_parts(90 * MICROSECOND, 0)
    }
    fn change_card() -> Weight {
        Weight::from_parts(70 * MICROSECOND, 0)
    }
    fn switch_freeze() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn hand_over() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn change_custody() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
}
