//! Files from elsewhere: what is read, what is refused with which words, what is done after a crash, and what leaves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod dates;
mod encodings;
mod export;
mod files;
mod journal;
