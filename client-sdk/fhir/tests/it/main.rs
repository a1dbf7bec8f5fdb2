//! Forms as others see them: what is asked, which responses pass, what becomes of drafts, and what hostile input does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod asking;
mod definitions;
mod drafts;
mod hostile;
mod responses;
mod world;
