//! The runtime as a node runs it: genesis from JSON, blocks built and executed again, signatures verified once, specifications switched.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod blocks;
mod chain;
mod genesis;
mod life_events;
mod specs;
mod story;
mod weights;
mod wiring;
