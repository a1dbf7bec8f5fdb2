//! What the home municipality does for its people, through its gateway and on a real chain: second words, people without a card, life
//! events, protection, papers, receipts, audits and erasures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start processes, change their files, and sign at this machine's time"
)]

mod cards;
mod guardians;
mod papers;
mod protection;
mod receipts;
mod second_word;
mod town;
mod witnessed;
