//! What the facade says of itself, held against what it does: capability statement, OpenAPI document, routes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod away;
mod capability;
mod openapi;
