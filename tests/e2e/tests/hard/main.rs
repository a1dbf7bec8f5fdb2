//! The hard cases of families, clinics and villages, each on real processes and through the doors that people use.
//!
//! The cases of one test share one consortium; each has a family of its own and leaves nothing that another depends on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start processes, write their configuration, and sign at this machine's time"
)]

mod actor;
mod bedside;
mod cut_off;
mod damage;
mod family;
mod follow_up;
mod followed;
mod forms;
mod moving;
mod people;
mod phone;
mod protection;
mod proved;
mod same_work;
mod schedule;
mod standing_in;
mod vaults;
mod visible;
mod world;
