//! All spellings of all facts at once, over any bytes.

use crate::{
    Facts,
    needle::{Needle, of_bytes, of_text},
};
use aho_corasick::{AhoCorasick, BuildError};
use std::fmt;

/// A fact that lies where it must not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where: file, database and column, address.
    pub place: String,
    /// Which fact of the input.
    pub fact: String,
    /// In which spelling.
    pub spelling: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in {}", self.place, self.fact, self.spelling)
    }
}

/// Looks for the facts of an input.
#[derive(Debug)]
pub struct Scanner {
    needles: Vec<Needle>,
    automaton: AhoCorasick,
}

impl Scanner {
    /// A scanner for these facts.
    ///
    /// # Errors
    /// When they are too many for one automaton.
    pub fn new(facts: &Facts) -> Result<Self, BuildError> {
        let texts = facts.texts.iter().flat_map(|text| of_text(text));
        let stretches = facts.bytes.iter();
        let stretches = stretches.flat_map(|bytes| {
            let fact = format!(
                "certificate bytes {}…",
                hex::encode(&bytes[..4.min(bytes.len())])
            );
            of_bytes(&fact, bytes)
        });
        let needles: Vec<Needle> = texts.chain(stretches).collect();
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(needles.iter().map(|needle| &needle.bytes))?;
        Ok(Self { needles, automaton })
    }

    /// How many spellings it looks for.
    pub fn spellings(&self) -> usize {
        self.needles.len()
    }

    /// Every fact that lies in these bytes, once for each spelling.
    pub fn look(&self, place: &str, bytes: &[u8]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .automaton
            .find_overlapping_iter(bytes)
            .map(|hit| &self.needles[hit.pattern().as_usize()])
            .map(|needle| Finding {
                place: place.to_owned(),
                fact: needle.fact.clone(),
                spelling: needle.spelling,
            })
            .collect();
        findings.sort();
        findings.dedup();
        findings
    }
}
