//! Records in from elsewhere, and out to the family: what a municipality or clinic already has becomes FHIR, and a child's record leaves as it is.
//!
//! A crate of its own so that only who moves files carries readers for them. Pure: bytes and a column map go in, checked resources and a
//! report by line come out; the edge reads files and posts. **Must never:** guess a date, a code or an encoding; take a 12-digit number.
//!
//! - [`encoding`] says what the bytes are, [`japanese_date`] reads dates as people here write them.
//! - [`columns`] is the map from a file's columns, or a JSON document's members, to FHIR.
//! - [`batch`] converts a whole file; [`journal`] remembers what was posted, so that nothing is imported twice.
//! - [`export`] makes a Bundle and the lines of a printed copy.

pub mod batch;
pub mod columns;
mod convert;
pub mod encoding;
pub mod export;
mod fhir_file;
pub mod japanese_date;
pub mod journal;
mod report;
mod source;

pub use report::{Fault, Line, Outcome};
