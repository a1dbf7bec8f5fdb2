//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Weight of each call and of one swept item.
pub trait WeightInfo {
    /// `propose`, where this many consents of the scope are not over.
    fn propose(standing: u32) -> Weight;
    /// `attest`, with the coming into force and the ending of a superseded consent, where this many consents of the scope are not over.
    fn attest(standing: u32) -> Weight;
    /// `disagree`: as an ending, with one more row.
    fn disagree() -> Weight;
    /// `withdraw`: 4 reads, 3 writes, row and event.
    fn withdraw() -> Weight;
    /// `object`: 4 reads, 1 write, row and event.
    fn object() -> Weight;
    /// `resume`: as `object`.
    fn resume() -> Weight;
    /// One item of the sweep: a queue key and at most one ending.
    fn sweep_item() -> Weight;
}

impl WeightInfo for () {
    fn propose(_standing: u32) -> Weight {
        Weight::from_parts(110 * MICROSECOND, 0)
    }
    fn attest(_standing: u32) -> Weight {
        Weight::from_parts(190 * MICROSECOND, 0)
    }
    fn disagree() -> Weight {
        Weight::from_parts(100 * MICROSECOND, 0)
    }
    fn withdraw() -> Weight {
        Weight::from_parts(80 * MICROSECOND, 0)
    }
    fn object() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn resume() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(80 * MICROSECOND, 0)
    }
}
