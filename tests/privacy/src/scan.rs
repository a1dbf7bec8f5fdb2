//! All spellings of all facts at once, over any bytes.

use crate::{
    Facts,
    needle::{Needle, is_word, of_bytes, of_text},
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
    words: Vec<String>,
    word_automaton: AhoCorasick,
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
        let words = facts.texts.iter().filter(|text| is_word(text));
        let words: Vec<String> = words.cloned().collect();
        Ok(Self {
            word_automaton: AhoCorasick::new(&words)?,
            words,
            needles,
            automaton,
        })
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

    /// The same in a text, where short codes are looked for as well, as whole words.
    pub fn look_at_text(&self, place: &str, text: &[u8]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .word_automaton
            .find_overlapping_iter(text)
            .filter(|hit| stands_alone(text, hit.start(), hit.end()))
            .map(|hit| Finding {
                place: place.to_owned(),
                fact: self.words[hit.pattern().as_usize()].clone(),
                spelling: "a word",
            })
            .collect();
        findings.sort();
        findings.dedup();
        findings.extend(self.look(place, text));
        findings
    }
}

/// Whether nothing beside a word belongs to it. What base64 is made of does: a code of two letters is soon somewhere in it.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-".contains(byte);
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let after = text.get(end);
    !before.is_some_and(belongs) && !after.is_some_and(|byte| belongs(byte) || *byte == b'/')
}
