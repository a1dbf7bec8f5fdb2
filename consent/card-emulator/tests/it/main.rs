//! What the card crate and the virtual card must do together, one sentence per test.

mod face;
mod faults;
mod judged_by_myna_card;
mod kept;
mod signing;
mod states;
mod support;
