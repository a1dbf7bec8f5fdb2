//! Every parser that reads what a card, a certificate holder or a responder wrote, as a target for hostile bytes.
//!
//! A target takes any bytes and says whether a parser accepted them. It fails by panicking: on a panic below it, when an
//! accepted value does not write itself back to the same bytes, or when a parser takes more memory than [`memory::allowed`].
//! `tests/replay.rs` runs the kept corpora through all targets in every test run; the folder `engine` puts libFuzzer behind them.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fuzzing target reports by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the pinned roots of the corpora are files beside this crate"
)]

mod documents;
mod evidence;
pub mod memory;
mod scripted_card;
mod signatures;

/// Reads any bytes; true when at least one parser accepted them.
pub type Read = fn(&[u8]) -> bool;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name in commands and of its corpus folder.
    pub name: &'static str,
    /// Longest input worth trying, in bytes: a little more than the parser's own limit, or enough for its structure.
    pub bytes_max: usize,
    read: Read,
    is_foreign: bool,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 10] = [
        Self::new("card-answers", 8 * 1024, scripted_card::answers),
        Self::new("card-face", 2 * 1024, scripted_card::face),
        // A card of the emulator is a file of whoever runs it: it may not crash, and its memory is its owner's affair.
        Self {
            is_foreign: false,
            ..Self::new("card-image", 16 * 1024, scripted_card::image)
        },
        Self::new("certificate", 5 * 1024, signatures::certificate),
        Self::new("revocation-list", 16 * 1024, signatures::revocation_list),
        Self::new("ocsp-answer", 17 * 1024, signatures::ocsp_answer),
        Self::new("cms", 9 * 1024, signatures::cms),
        Self::new("documents", 17 * 1024, documents::documents),
        Self::new("evidence", 16 * 1024, evidence::evidence),
        Self::new("receipt", 17 * 1024, documents::receipt),
    ];

    const fn new(name: &'static str, bytes_max: usize, read: Read) -> Self {
        Self {
            name,
            bytes_max,
            read,
            is_foreign: true,
        }
    }

    /// The target with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name == name)
    }

    /// Runs one input and holds its memory against the bound.
    pub fn run(&self, bytes: &[u8]) -> bool {
        let (accepted, taken) = memory::taken_by(|| (self.read)(bytes));
        let allowed = memory::allowed(bytes.len());
        assert!(
            taken <= allowed || !self.is_foreign,
            "{}: {taken} bytes of memory for {} bytes of input, {allowed} are allowed",
            self.name,
            bytes.len()
        );
        accepted
    }
}
