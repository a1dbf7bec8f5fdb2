//! The runtime as a node runs it: genesis from JSON, blocks built and executed again, signatures verified once, specifications switched.

mod blocks;
mod chain;
mod genesis;
mod specs;
mod story;
mod wiring;
