//! What the consent crate promises, one sentence per test.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the openssl binary is an independent judge and reads files"
)]

mod at_the_counter;
mod attesting;
mod auditing;
mod cards;
mod certificates;
mod cms;
mod documents;
mod hostile_bytes;
mod judged_by_openssl;
mod life_events;
mod lifecycle;
mod nonces;
mod ocsp;
mod profile;
mod receipts;
mod revocations;
mod roots;
mod sealing;
mod shown;
mod support;
mod witnessed;
