//! The two texts of a backup: `backup.json`, which says what it is of, and `SHA256SUMS`, the hash of every file as `sha256sum` writes and checks
//! them. The hash of that list is the backup's seal. Knows of no folder and no disk.

use musubi_primitives::{BlockHash, Moment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

/// The form of backups that this program writes and reads.
pub const VERSION: u32 = 1;

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Facts {
    /// Form of the backup.
    pub version: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Name of the node in its logs.
    pub node: String,
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// The newest block that is certainly in it.
    pub height: u64,
    /// That block's hash.
    pub hash: BlockHash,
    /// When it was begun, in milliseconds since 1970.
    pub made_at: Moment,
}

impl Facts {
    /// The file's text.
    pub fn to_text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("numbers and strings serialize");
        format!("{text}\n")
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// A sentence that says what is wrong in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let facts: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if facts.version == VERSION {
            return Ok(facts);
        }
        Err(format!(
            "backup of form {}, this program reads form {VERSION}: use the program that made it",
            facts.version
        ))
    }
}

/// SHA-256 of one file.
pub type Sum = [u8; 32];

/// Hashes by path below the backup's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, Sum>);

impl Sums {
    /// Notes the hash of a file.
    pub fn note(&mut self, name: String, sum: Sum) {
        self.0.insert(name, sum);
    }

    /// Every file, in order of its name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Sum)> {
        self.0.iter().map(|(name, sum)| (name.as_str(), sum))
    }

    /// The list as a file: two spaces stand between hash and name.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, sum) in &self.0 {
            writeln!(text, "{}  {name}", hex::encode(sum)).expect("text takes text");
        }
        text
    }

    /// Reads a list; none for a line of another form, or a name that leaves the folder.
    pub fn parse(text: &str) -> Option<Self> {
        text.lines()
            .map(parse_line)
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// The seal of a list: its own hash.
pub fn seal(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn parse_line(line: &str) -> Option<(String, Sum)> {
    let (digits, name) = line.split_once("  ")?;
    let mut sum = [0; 32];
    hex::decode_to_slice(digits, &mut sum).ok()?;
    let is_inside = !name.is_empty()
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    is_inside.then(|| (name.to_owned(), sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leaves_the_folder_is_no_name() {
        let sum = "00".repeat(32);
        for name in ["../key.pem", "/etc/passwd", "a/../../b", "", "a//b"] {
            assert_eq!(parse_line(&format!("{sum}  {name}")), None, "{name}");
        }
        assert!(parse_line(&format!("{sum}  chain/CURRENT")).is_some());
    }
}
