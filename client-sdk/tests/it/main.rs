//! The light client judged from outside: by Substrate's own trie, and by a chain small enough to forge in every way.

mod bundle;
mod chain;
mod follow;
mod trail;
mod trie;
