//! `musubi demo`: a consortium of real processes and the family's story on it.

pub mod cards;
pub mod consortium;
pub mod family;
pub mod gateway;
pub mod plan;
pub mod processes;
pub mod proofs;
pub mod reading;
pub mod report;
pub mod story;
mod visit;
pub mod wallet;
