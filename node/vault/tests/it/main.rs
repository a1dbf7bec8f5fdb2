//! The vault judged from outside: what it takes in, what it releases and to whom, and what is left after an erasure.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the erasure test reads the store's files to see that the bytes are gone"
)]

mod erasure;
mod intake;
mod outbox;
mod release;
mod repair;
mod world;
