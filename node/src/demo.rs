//! `musubi demo`: a consortium of real processes and the family's story on it.

pub mod cards;
pub mod consortium;
pub mod plan;
