//! Every column and every key of the database. Numbers are big-endian, so that order in the store equals numeric order.

use musubi_primitives::{BlockHash, Pseudonym, mountain_range::Position};

/// A column family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Height → block hash and SCALE bytes of the block.
    Blocks,
    /// Block hash → height.
    Heights,
    /// Height → commit certificate.
    Certificates,
    /// Height → validator set that decided it.
    Validators,
    /// Height → SCALE bytes of the block's events.
    Events,
    /// Prefixed node hash → height that wrote it and the node.
    TrieNodes,
    /// Height → keys of trie nodes that the block's state no longer refers to.
    DroppedNodes,
    /// Height and place → trail row.
    TrailRows,
    /// Subject and row number → height and place.
    TrailIndex,
    /// Extrinsic hash → height and index.
    Extrinsics,
    /// Position → node of the mountain range of headers.
    MountainNodes,
    /// Height, round and hash → an undecided block's place and verdict.
    Undecided,
    /// Hash → height and SCALE bytes of an undecided block.
    UndecidedBlocks,
    /// Hash → executions begun and not ended.
    Attempts,
    /// Number → an extrinsic of the pool.
    PoolJournal,
    /// What the database knows about itself.
    Meta,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 16] = [
        Self::Blocks,
        Self::Heights,
        Self::Certificates,
        Self::Validators,
        Self::Events,
        Self::TrieNodes,
        Self::DroppedNodes,
        Self::TrailRows,
        Self::TrailIndex,
        Self::Extrinsics,
        Self::MountainNodes,
        Self::Undecided,
        Self::UndecidedBlocks,
        Self::Attempts,
        Self::PoolJournal,
        Self::Meta,
    ];

    /// Its name on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Heights => "heights",
            Self::Certificates => "certificates",
            Self::Validators => "validators",
            Self::Events => "events",
            Self::TrieNodes => "trie-nodes",
            Self::DroppedNodes => "dropped-nodes",
            Self::TrailRows => "trail-rows",
            Self::TrailIndex => "trail-index",
            Self::Extrinsics => "extrinsics",
            Self::MountainNodes => "mountain-nodes",
            Self::Undecided => "undecided",
            Self::UndecidedBlocks => "undecided-blocks",
            Self::Attempts => "attempts",
            Self::PoolJournal => "pool-journal",
            Self::Meta => "meta",
        }
    }
}

/// Meta: version of this layout, `u32`.
pub const SCHEMA: &[u8] = b"schema";
/// Meta: hash of the genesis block.
pub const GENESIS: &[u8] = b"genesis";
/// Meta: chain id, text.
pub const CHAIN: &[u8] = b"chain";
/// Meta: height and hash of the newest finalised block.
pub const TIP: &[u8] = b"tip";
/// Meta: lowest height whose block is here, `u64`.
pub const HISTORY_START: &[u8] = b"history-start";
/// Meta: lowest height whose state is here, `u64`.
pub const STATE_START: &[u8] = b"state-start";

/// Key of something that belongs to one height.
pub fn height(height: u64) -> [u8; 8] {
    height.to_be_bytes()
}

/// Key of a row among a block's trail rows.
pub fn trail_row(height: u64, place: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&height.to_be_bytes());
    key[8..].copy_from_slice(&place.to_be_bytes());
    key
}

/// Key of a row within its subject's trail.
pub fn trail_index(subject: &Pseudonym, row: u64) -> [u8; 40] {
    let mut key = [0; 40];
    key[..32].copy_from_slice(&subject.0);
    key[32..].copy_from_slice(&row.to_be_bytes());
    key
}

/// Key of a node of the mountain range.
pub fn mountain_node(position: Position) -> [u8; 9] {
    let mut key = [0; 9];
    key[0] = position.height;
    key[1..].copy_from_slice(&position.index.to_be_bytes());
    key
}

/// Start of the keys of one height's and round's undecided blocks.
pub fn undecided_round(height: u64, round: u32) -> [u8; 12] {
    trail_row(height, round)
}

/// Key of an undecided block's place.
pub fn undecided(height: u64, round: u32, hash: &BlockHash) -> [u8; 44] {
    let mut key = [0; 44];
    key[..12].copy_from_slice(&undecided_round(height, round));
    key[12..].copy_from_slice(&hash.0);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn columns_have_distinct_names() {
        let names: BTreeSet<_> = Column::ALL.iter().map(|column| column.name()).collect();
        assert_eq!(names.len(), Column::ALL.len());
    }

    #[test]
    fn order_in_the_store_is_numeric_order() {
        assert!(height(255) < height(256));
        assert!(trail_row(1, u32::MAX) < trail_row(2, 0));
        let subject = Pseudonym([9; 32]);
        assert!(trail_index(&subject, 255) < trail_index(&subject, 256));
    }
}
