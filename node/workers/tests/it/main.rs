//! The revocation desk over real HTTP, against the test authority's responder and against OpenSSL's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests start responders, look at files and compare with the machine's clock"
)]

mod asking;
mod disbelief;
mod finalising;
mod judged_by_openssl;
mod keeping;
mod settings;
mod world;
