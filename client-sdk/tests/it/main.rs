//! The light client judged from outside: by Substrate's own trie, and by a chain small enough to forge in every way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "vectors are files: a test reads them, and writes them anew where it is told to"
)]

mod assembly;
mod bundle;
mod chain;
mod follow;
mod shared;
mod trail;
mod trie;
