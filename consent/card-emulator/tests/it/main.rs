//! What the card crate and the virtual card must do together, one sentence per test.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod face;
mod faults;
mod judged_by_myna_card;
mod kept;
mod signing;
mod states;
mod support;
