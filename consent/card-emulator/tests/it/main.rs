//! What the card crate and the virtual card must do together, one sentence per test.

mod face;
mod faults;
mod kept;
mod signing;
mod states;
mod support;
