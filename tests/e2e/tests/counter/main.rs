//! Counters with a card reader: check-ins that open visits, and documents signed where there is no network. Real nodes, real cards on a
//! PC/SC service, and terminals that try what they must not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start processes, read their files, and sign at this machine's time"
)]

mod check_in;
mod desk;
mod documents;
mod offline;
mod refused;
mod renewal;
