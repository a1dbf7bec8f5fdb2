//! What is printed, judged by programs that share no code with us: pdftotext reads it, pdftoppm draws it, zbarimg scans it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests start the judges and write files for them"
)]

mod fonts;
mod printed;
mod world;
