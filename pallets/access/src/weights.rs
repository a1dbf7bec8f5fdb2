//! Weights of the calls: execution time on one validator, state root included, signature check excluded.
//!
//! The runtime's are measured. Those of `()` are round figures for the tests of this pallet alone.

use frame_support::weights::Weight;

const MICROSECOND: u64 = 1_000_000;

/// Weight of each call and of one swept item.
pub trait WeightInfo {
    /// `request_access`, where this many consents stand between subject and recipient for the purpose; the later forgetting is the sweep's.
    fn request_access(candidates: u32) -> Weight;
    /// `deliver`: 6 reads, 3 writes, row and event.
    fn deliver() -> Weight;
    /// `open_session`: 6 reads, 3 writes, row and event.
    fn open_session() -> Weight;
    /// `close_session`: 3 reads, 2 writes, event.
    fn close_session() -> Weight;
    /// `open_break_glass`: 5 reads, 4 writes, row and event.
    fn open_break_glass() -> Weight;
    /// `close_break_glass`: 4 reads, 3 writes, row and event.
    fn close_break_glass() -> Weight;
    /// `review_break_glass`: 5 reads, 4 writes, two rows and events.
    fn review_break_glass() -> Weight;
    /// One item of the sweep: a queue key and an item that it ends or forgets.
    fn sweep_item() -> Weight;
}

impl WeightInfo for () {
    fn request_access(_candidates: u32) -> Weight {
        Weight::from_parts(95 * MICROSECOND, 0)
    }
    fn deliver() -> Weight {
        Weight::from_parts(80 * MICROSECOND, 0)
    }
    fn open_session() -> Weight {
        Weight::from_parts(80 * MICROSECOND, 0)
    }
    fn close_session() -> Weight {
        Weight::from_parts(45 * MICROSECOND, 0)
    }
    fn open_break_glass() -> Weight {
        Weight::from_parts(85 * MICROSECOND, 0)
    }
    fn close_break_glass() -> Weight {
        Weight::from_parts(70 * MICROSECOND, 0)
    }
    fn review_break_glass() -> Weight {
        Weight::from_parts(95 * MICROSECOND, 0)
    }
    fn sweep_item() -> Weight {
        Weight::from_parts(35 * MICROSECOND, 0)
    }
}
