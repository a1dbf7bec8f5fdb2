//! What a bundle claims: each statement is one sentence about the chain that its proof must bear out exactly.

use super::{storage, wire::PathProof};
use musubi_primitives::{
    Category, CategorySet, CiphertextHash, Commitment, ConsentId, MemberId, Moment, Pseudonym,
    Purpose, RecordId, trail::TrailRow,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One claim. `height` is always the block whose state or rows prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Statement {
    /// This record was committed, with exactly these facts.
    RecordExisted {
        /// After this block.
        height: u64,
        /// Which.
        record: RecordId,
        /// Whose.
        subject: Pseudonym,
        /// Its class.
        category: Category,
        /// Who wrote it.
        author: MemberId,
        /// Salted commitment to its canonical bytes.
        commitment: Commitment,
        /// Address of its ciphertext.
        ciphertext: CiphertextHash,
    },
    /// This consent was in force.
    ConsentHeld {
        /// After this block.
        height: u64,
        /// The time of that block.
        at: Moment,
        /// Which.
        consent: ConsentId,
        /// Whose records.
        subject: Pseudonym,
        /// Who might ask.
        recipient: MemberId,
        /// What for.
        purpose: Purpose,
        /// Which classes of records.
        categories: CategorySet,
    },
    /// This row was written in this block, whatever has been pruned since.
    RowWritten {
        /// In this block.
        height: u64,
        /// The row.
        row: TrailRow,
        /// Its leaf among the block's rows.
        proof: PathProof,
    },
    /// These are all rows of a subject's trail.
    WholeTrail {
        /// As of this block.
        height: u64,
        /// Whose.
        subject: Pseudonym,
        /// All rows, in order.
        rows: Vec<TrailRow>,
    },
    /// So many reads were permitted, and so many of them without a grant that the trail bears out. Needs the whole trail as of the
    /// same block earlier in the bundle.
    ReadsWithoutGrant {
        /// As of this block.
        height: u64,
        /// Whose.
        subject: Pseudonym,
        /// Reads permitted.
        permits: u64,
        /// Rows of them that lack a grant, by number.
        without_grant: Vec<u64>,
    },
}

impl Statement {
    /// The block that proves it.
    pub fn height(&self) -> u64 {
        match self {
            Self::RecordExisted { height, .. }
            | Self::ConsentHeld { height, .. }
            | Self::RowWritten { height, .. }
            | Self::WholeTrail { height, .. }
            | Self::ReadsWithoutGrant { height, .. } => *height,
        }
    }

    /// Key of the entry that its height's read proof must show, if any; every read proof also shows [`storage::block_time`].
    pub fn state_key(&self) -> Option<Vec<u8>> {
        match self {
            Self::RecordExisted { record, .. } => Some(storage::record(record)),
            Self::ConsentHeld { consent, .. } => Some(storage::consent(consent)),
            Self::WholeTrail { subject, .. } => Some(storage::trail_head(subject)),
            Self::RowWritten { .. } | Self::ReadsWithoutGrant { .. } => None,
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordExisted {
                height,
                record,
                author,
                category,
                ..
            } => {
                write!(
                    f,
                    "record {record} ({category:?}, by {author}) existed at height {height}"
                )
            }
            Self::ConsentHeld {
                height,
                consent,
                recipient,
                purpose,
                ..
            } => {
                write!(
                    f,
                    "consent {consent} to {recipient} for {purpose:?} was in force at height {height}"
                )
            }
            Self::RowWritten { height, row, .. } => {
                write!(
                    f,
                    "row {} of the trail of {} was written at height {height}",
                    row.index, row.subject
                )
            }
            Self::WholeTrail {
                height,
                subject,
                rows,
            } => {
                write!(
                    f,
                    "these {} rows are the whole trail of {subject} as of height {height}",
                    rows.len()
                )
            }
            Self::ReadsWithoutGrant {
                height,
                subject,
                permits,
                without_grant,
            } => write!(
                f,
                "reads without grant: {} of {permits} permitted for {subject} as of height {height}",
                without_grant.len()
            ),
        }
    }
}
