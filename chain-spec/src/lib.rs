//! The chain specification: the one file that every node of a consortium shares, and from which genesis is built.
//!
//! It is JSON so that it can be read, reviewed and signed on paper. The `genesis` part is the runtime's own genesis configuration, kept as
//! JSON here: this crate knows nothing of FRAME, and the runtime refuses unknown and missing keys by name.

pub mod continuation;

use continuation::Continuation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The newest format this crate reads and the one it writes.
pub const VERSION: u32 = 1;

/// The most bytes a specification file may have; a consortium of a hundred members needs a tenth.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whether test certificates and demonstration keys are acceptable on this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Demonstrations and tests: test card roots are accepted.
    Development,
    /// Real people: only production card roots.
    Production,
}

/// A chain specification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ChainSpec {
    /// Format of this file.
    pub version: u32,
    /// Name for people.
    pub name: String,
    /// Name for machines: lower-case letters, digits and hyphens, 1 to 32 characters.
    pub id: String,
    /// Development or production.
    pub environment: Environment,
    /// The runtime's genesis configuration.
    pub genesis: Value,
    /// The chain that this one goes on from, if its members restarted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continuation>,
}

/// Why a file is no chain specification.
#[derive(Debug, thiserror::Error)]
pub enum ParseSpecError {
    /// Longer than [`BYTES_MAX`].
    #[error("the chain specification has {0} bytes, at most {BYTES_MAX} are read")]
    TooLarge(usize),
    /// No JSON, or not of this shape.
    #[error("the chain specification does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error(
        "the chain specification has version {0}, this program reads version {VERSION}: upgrade the program"
    )]
    Version(u32),
    /// An id with other characters or length.
    #[error("chain id {0:?}: expected 1 to 32 lower-case letters, digits and hyphens")]
    Id(String),
    /// A genesis that is no object.
    #[error("genesis: expected an object with one entry for each pallet")]
    Genesis,
}

impl ChainSpec {
    /// Reads a specification.
    ///
    /// # Errors
    /// See [`ParseSpecError`].
    pub fn parse(text: &str) -> Result<Self, ParseSpecError> {
        if text.len() > BYTES_MAX {
            return Err(ParseSpecError::TooLarge(text.len()));
        }
        let spec: Self = serde_json::from_str(text)?;
        spec.check()?;
        Ok(spec)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self)
            .expect("strings, numbers and JSON values always serialize")
    }

    fn check(&self) -> Result<(), ParseSpecError> {
        if self.version != VERSION {
            return Err(ParseSpecError::Version(self.version));
        }
        let is_id_character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || self.id.len() > 32 || !self.id.chars().all(is_id_character) {
            return Err(ParseSpecError::Id(self.id.clone()));
        }
        if self.genesis.is_object() {
            Ok(())
        } else {
            Err(ParseSpecError::Genesis)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec() -> Value {
        json!({"version": 1, "name": "four villages", "id": "musubi-demo", "environment": "development", "genesis": {}})
    }

    #[test]
    fn what_is_written_reads_back() {
        let parsed = ChainSpec::parse(&spec().to_string()).expect("the sample is right");
        assert_eq!(
            ChainSpec::parse(&parsed.to_text()).expect("own output parses"),
            parsed
        );
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let with = |key: &str, value: Value| {
            let mut changed = spec();
            changed[key] = value;
            ChainSpec::parse(&changed.to_string())
                .expect_err("the mistake is refused")
                .to_string()
        };
        assert!(with("version", json!(2)).contains("upgrade the program"));
        assert!(with("id", json!("Musubi!")).contains("lower-case"));
        assert!(with("genesis", json!(3)).contains("one entry for each pallet"));
        assert!(with("surprise", json!(3)).contains("surprise"));
        assert!(ChainSpec::parse(&" ".repeat(BYTES_MAX + 1)).is_err());
    }
}
