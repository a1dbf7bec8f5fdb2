//! A scanner for invariant I3: no name, date of birth, address, 12-digit number, certificate, vaccine or disease word of the input may lie
//! readable in anything that a node keeps, says or shows.
//!
//! [`facts`] collects what went in, [`needle`] spells each fact in the ways a leak would, [`scan`] looks for all spellings at once, and
//! [`sink`] opens the places where they could lie: databases column by column (their files are compressed, so raw bytes show
//! nothing), logs and other files as they are. A test plants a leak in each kind of sink and must see it found.
#![allow(
    clippy::disallowed_methods,
    reason = "this crate reads what nodes left on disk"
)]

pub mod facts;
pub mod needle;
pub mod scan;
pub mod sink;

pub use facts::Facts;
pub use scan::{Finding, Scanner};
