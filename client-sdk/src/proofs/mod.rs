//! Proofs: a light client that checks, offline, what a server says about the chain.
//!
//! The chain of reasons, each link in one file: trust begins at genesis or a checkpoint ([`follow`]); a certificate signed by the
//! height's validators makes a [`header`] final; the header's state root proves a value or its absence ([`trie`], at the keys of
//! [`storage`]); its anchor proves earlier headers and trail rows; rows make a [`trail`]. A [`bundle`] carries all of that in
//! one file together with what it claims, and [`verify()`] believes nothing else; [`assembly`] makes one.
//!
//! What is assumed: fewer than a third of the trusted validators' power is dishonest. Nothing here opens a socket or reads a clock;
//! a report says as of when it holds, and the reader judges whether that is recent enough.

pub mod assembly;
pub mod bundle;
pub mod follow;
pub mod hashing;
pub mod header;
pub mod state;
pub mod statement;
pub mod storage;
pub mod trail;
pub mod trie;
pub mod verify;
pub mod wire;

pub use bundle::{Bundle, BundleError};
pub use follow::{Checkpoint, FollowError, Step};
pub use header::{Header, HeaderError};
pub use statement::Statement;
pub use trie::{ReadProof, TrieError};
pub use verify::{Report, VerifyError, verify};
