//! A consortium in one thread: the engine's own consensus core, many times over, on seeded time, network and disks, among named traitors.
//!
//! [`run`] plays one seed and gives a [`Report`]: what was violated, how far the chain got, and a hash of everything that happened. The same
//! seed plays the same run, event for event, so a failure is a number that anybody can replay with `./dev soak sim --runs 1 --seed N`.
//!
//! Real here: Malachite's state machine, its write-ahead log entries in our encoding, our context, validator sets, timeouts and the
//! reassembly of bodies. Simulated: clock, network, disks, and blocks, which are a few bytes under four rules (see [`block`]). The engine's
//! actors are not here; `world` and `node` do by hand what they do, in the same order.
//!
//! Reading order: [`scenario`] (what a seed means), [`judge`] (what must hold), `world` (the loop), `node` (one validator), `disk`, `treason`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a simulation fails loudly where it stands"
)]

pub mod block;
mod chance;
mod disk;
pub mod judge;
mod message;
mod node;
pub mod scenario;
mod signatures;
mod treason;
mod world;

pub use judge::{Report, Violation};
pub use scenario::{Flaw, Scenario, Treason};

/// Plays one seed of the product as it is.
pub fn run(seed: u64) -> Report {
    play(&Scenario::draw(seed))
}

/// Plays a scenario, planted flaws and all. A panic of the core is a violation like any other.
pub fn play(scenario: &Scenario) -> Report {
    let played = std::panic::catch_unwind(|| world::World::new(scenario).play());
    played.unwrap_or_else(|_| Report::panicked(scenario.seed))
}
