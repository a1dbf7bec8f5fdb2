//! A bundle: one file with everything that proves what it claims, from a trusted genesis or checkpoint on.
//!
//! The text is JSON in exactly the form that this program writes, to the byte: two spellings of one bundle do not exist, and an altered
//! byte is either a different claim or no bundle.

use super::{
    follow::{Ancestor, Step},
    state::StateProof,
    statement::Statement,
    storage,
};
use musubi_primitives::BlockHash;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// First field of every bundle.
pub const FORMAT: &str = "musubi-bundle";

/// The version of the format that this program reads and writes.
pub const VERSION: u32 = 1;

/// The most bytes of a bundle that are read.
pub const BYTES_MAX: usize = 256 << 20;

/// Proofs and the statements they are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Bundle {
    format: String,
    version: u32,
    /// Which chain.
    pub genesis: BlockHash,
    /// Steps from the checkpoint to the newest block, which all else is proved under; at least one.
    pub steps: Vec<Step>,
    /// Older headers that statements need, proved in the newest block's history.
    pub ancestors: Vec<Ancestor>,
    /// Read proofs, at most one for a block and one for the newest in any case, since its time is what the report is as of.
    pub states: Vec<StateProof>,
    /// What is claimed.
    pub statements: Vec<Statement>,
}

/// Why a text is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Longer than [`BYTES_MAX`].
    #[error("the bundle has {0} bytes, at most {BYTES_MAX} are read")]
    TooLarge(usize),
    /// No JSON, or not of this shape.
    #[error("the bundle does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// Some other file, or written by another version.
    #[error("this is no {FORMAT} of version {VERSION}")]
    Format,
    /// The same content in another spelling.
    #[error("the bundle is not spelled as this program writes it: it was edited")]
    Edited,
}

impl Bundle {
    /// A bundle without content yet.
    pub fn new(genesis: BlockHash) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            genesis,
            steps: Vec::new(),
            ancestors: Vec::new(),
            states: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// What the maker of a bundle must have proved: for each height whose state its statements speak of, and for the newest block, the
    /// keys that the read proof must show.
    pub fn keys_to_prove(&self, newest: u64) -> BTreeMap<u64, BTreeSet<Vec<u8>>> {
        let mut keys = BTreeMap::from([(newest, BTreeSet::from([storage::block_time()]))]);
        for statement in &self.statements {
            if let Some(key) = statement.state_key() {
                let of_height = keys
                    .entry(statement.height())
                    .or_insert_with(|| BTreeSet::from([storage::block_time()]));
                of_height.insert(key);
            }
        }
        keys
    }

    /// Reads a bundle. Nothing in it is proved yet.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn parse(text: &[u8]) -> Result<Self, BundleError> {
        if text.len() > BYTES_MAX {
            return Err(BundleError::TooLarge(text.len()));
        }
        let bundle: Self = serde_json::from_slice(text)?;
        if bundle.format != FORMAT || bundle.version != VERSION {
            return Err(BundleError::Format);
        }
        if bundle.to_text().as_bytes() == text {
            Ok(bundle)
        } else {
            Err(BundleError::Edited)
        }
    }

    /// The bundle's text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("numbers, text, lists and structs always serialize");
        text.push('\n');
        text
    }
}
