//! Figures about many people: tables of counts, and what of them may be published where villages are small.
//!
//! The national report goes to the prefecture with all its counts. Whatever is public passes [`Table::publish`] first.

pub mod checkups;
pub mod doses;
pub mod maternal;
mod network;
mod table;
pub mod vaccinated;

pub use table::{Published, Table, Threshold};
