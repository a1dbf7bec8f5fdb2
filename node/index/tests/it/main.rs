//! The index, filled from blocks that tests make up, asked as the API asks it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod asking;
mod filling;
mod grants;
mod village;
