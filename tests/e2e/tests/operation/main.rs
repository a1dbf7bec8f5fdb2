//! What an operator does, rehearsed on real processes: backup and restore, keys that rotate or are lost, what monitoring sees, and strangers who flood
//! every door. The pages in `node/operation` tell the same as instructions, and name these tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start processes, change their files, and sign at this machine's time"
)]

mod backup;
mod hostile;
mod keys;
mod liar;
mod metrics;
mod practice;
mod quorum;
mod unit;
