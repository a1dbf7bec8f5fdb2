//! What calls cost, in picoseconds of one core.

use frame_support::weights::Weight;

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
        Weight::from_parts(80_000_000, 0)
    }
    fn retire() -> Weight {
        Weight::from_parts(200_000_000, 0)
    }
    fn change_device() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn change_guardianship() -> Weight {
        Weight::from_parts(70_000_000, 0)
    }
    fn bind_card() -> Weight {
        Weight::from_parts(90_000_000, 0)
    }
    fn change_card() -> Weight {
        Weight::from_parts(70_000_000, 0)
    }
    fn switch_freeze() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn hand_over() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
    fn change_custody() -> Weight {
        Weight::from_parts(60_000_000, 0)
    }
}
