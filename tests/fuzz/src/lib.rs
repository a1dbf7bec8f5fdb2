//! Every parser that reads what a card, a certificate holder, a responder, another node or anybody with a network wrote, as a target for hostile
//! bytes.
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
mod keepsakes;
pub mod memory;
mod nodes;
mod rpc;
mod scripted_card;
mod signatures;
#[path = "../../../node/api/tests/it/village.rs"]
#[allow(
    dead_code,
    missing_debug_implementations,
    clippy::cast_possible_truncation,
    clippy::cast_lossless,
    clippy::unwrap_used,
    reason = "the village in memory of the API's own tests, of which a part is used here"
)]
mod village;

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
    pub const ALL: [Self; 18] = [
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
        Self::new("extrinsic", 8 * 1024, nodes::extrinsic),
        Self::new("block", 16 * 1024, nodes::block),
        Self::new("members", 16 * 1024, nodes::members),
        Self::new("consensus", 16 * 1024, nodes::consensus),
        // What the library for HTTP and the tasks of an answer take is no parser's doing, and most of it is on other threads.
        Self {
            is_foreign: false,
            ..Self::new("json-rpc", 5 * 1024, rpc::json_rpc)
        },
        Self::new("proofs", 64 * 1024, nodes::proofs),
        Self::new("backup", 4 * 1024, keepsakes::backup),
        Self::new("snapshot", 16 * 1024, keepsakes::snapshot),
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
