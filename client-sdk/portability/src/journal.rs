//! The journal beside an import: one line for each record that the gateway has taken in, so that after a crash nothing is posted twice.
//!
//! A line is written after the gateway's answer. A crash in between leaves a record without a line; posted again, its content gives the
//! same record at the gateway, which answers that it has it. Lines hold hashes and record ids only.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const FORMAT: &str = "musubi/import-journal/1";

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    done: BTreeSet<String>,
    /// Bytes of whole lines: what comes after was torn by a crash.
    pub whole_bytes: usize,
}

/// Why a file is no journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the journal is not one of this program's: move the file away if the import is another one"
)]
pub struct JournalError {
    /// Which line.
    pub line: usize,
}

impl Journal {
    /// Reads a journal; a last line without its end is torn, and does not count.
    ///
    /// # Errors
    /// When a whole line is not a journal's.
    pub fn read(text: &str) -> Result<Self, JournalError> {
        let mut journal = Self::default();
        for (line, number) in text.split_inclusive('\n').zip(1_usize..) {
            if !line.ends_with('\n') {
                break;
            }
            let entry: Value =
                serde_json::from_str(line).map_err(|_| JournalError { line: number })?;
            let key = entry["done"].as_str();
            if entry["format"] != FORMAT || key.is_none() {
                return Err(JournalError { line: number });
            }
            journal.done.extend(key.map(str::to_owned));
            journal.whole_bytes += line.len();
        }
        Ok(journal)
    }

    /// Whether a record was taken in.
    pub fn has(&self, key: &str) -> bool {
        self.done.contains(key)
    }

    /// Notes a record as taken in; the line to be appended and flushed.
    pub fn note(&mut self, key: &str, answer: &Value) -> String {
        self.done.insert(key.to_owned());
        format!(
            "{}\n",
            json!({"format": FORMAT, "done": key, "record": answer["record"]})
        )
    }
}

/// What a record is known by: the person's number in the source and the record's canonical bytes.
pub fn key(person: &str, canonical: &[u8]) -> String {
    let hash = Sha256::new()
        .chain_update(FORMAT)
        .chain_update(person)
        .chain_update([0])
        .chain_update(canonical);
    hex::encode(hash.finalize())
}
