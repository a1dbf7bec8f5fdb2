//! One file for each subcommand of `musubi`.

pub mod care;
pub mod key;
pub mod spec;
