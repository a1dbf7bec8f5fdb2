//! A scanner for invariant I3: no name, date of birth, address, 12-digit number, certificate, vaccine or disease word of the input may lie
//! readable in anything that a node keeps, says or shows.
//!
//! [`facts`] collects what went in, [`needle`] spells each fact in the ways a leak would, [`scan`] looks for all spellings at once, and
//! [`sink`] opens the places where they could lie: databases column by column (their files are compressed, so raw bytes show
//! nothing), logs and other files as they are. [`remains`] is all that a consortium leaves: every test that tells nodes about people ends
//! with [`tells_nothing`], which looks through it and then sees a leak found in each kind of sink ([`plant`]).
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "this crate reads what nodes left on disk, and fails a test loudly"
)]

pub mod facts;
pub mod needle;
pub mod plant;
pub mod remains;
pub mod scan;
pub mod sink;

pub use facts::Facts;
pub use remains::{Remains, tells_nothing};
pub use scan::{Finding, Scanner};
