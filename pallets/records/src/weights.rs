//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Weight of each call.
pub trait WeightInfo {
    /// `commit_record`: 4 reads, 2 writes, row and event.
    fn commit_record() -> Weight;
    /// `acknowledge`: 4 reads, 2 writes, row and two events.
    fn acknowledge() -> Weight;
    /// `supersede`: 5 reads, 2 writes, row and event.
    fn supersede() -> Weight;
    /// `enter_in_error`: 5 reads, 2 writes, row and event.
    fn enter_in_error() -> Weight;
    /// `order_erasure`: 4 reads, 1 write, event.
    fn order_erasure() -> Weight;
    /// `erasure_receipt`: 4 reads, 2 writes, row and two events.
    fn erasure_receipt() -> Weight;
    /// `publish_rule_set`: 3 reads, 2 writes, event.
    fn publish_rule_set() -> Weight;
    /// `record_verdict`: 5 reads, 2 writes, row and event.
    fn record_verdict() -> Weight;
}

impl WeightInfo for () {
    fn commit_record() -> Weight {
        Weight::from_parts(60 * MICROSECOND, 0)
    }
    fn acknowledge() -> Weight {
        Weight::from_parts(65 * MICROSECOND, 0)
    }
    fn supersede() -> Weight {
        Weight::from_parts(65 * MICROSECOND, 0)
    }
    fn enter_in_error() -> Weight {
        Weight::from_parts(65 * MICROSECOND, 0)
    }
    fn order_erasure() -> Weight {
        Weight::from_parts(45 * MICROSECOND, 0)
    }
    fn erasure_receipt() -> Weight {
        Weight::from_parts(65 * MICROSECOND, 0)
    }
    fn publish_rule_set() -> Weight {
        Weight::from_parts(45 * MICROSECOND, 0)
    }
    fn record_verdict() -> Weight {
        Weight::from_parts(65 * MICROSECOND, 0)
    }
}
