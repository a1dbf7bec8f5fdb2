//! One file for each subcommand of `musubi`.

pub mod backup;
pub mod bench;
pub mod card;
pub mod care;
pub mod demo;
pub mod import;
pub mod key;
pub mod member;
pub mod node;
pub mod recover;
pub mod restore;
pub mod spec;
pub mod verify;
