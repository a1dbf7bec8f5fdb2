//! Statements and receipts on paper: A4, large type, one table of labelled fields, a QR code, ready to print.
//!
//! A crate of its own so that only who prints carries fonts and PDF. Everything but finding the font ([`font`]) is pure: the same rows and
//! the same font make the same bytes. Rows come from [`musubi_consent::rendering`] and [`musubi_consent::receipt_rendering`], so what is
//! printed is made from the bytes that were signed.
//!
//! The font is the machine's: `apt-get install fonts-ipafont-gothic`, or any TrueType font with Japanese that the configuration
//! names. Only the characters used are embedded. A character that the font lacks is an error, never a blank on a form that somebody signs.
#![allow(
    clippy::disallowed_methods,
    reason = "reading the font file is this crate's only IO"
)]

pub mod font;
mod layout;
mod page;
mod pdf;
mod qr;

pub use font::{Font, FontError};
pub use page::{PaperError, copy_pdf, letters_pdf, receipt_pdf, statement_pdf};
