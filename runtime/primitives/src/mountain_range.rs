//! A Merkle mountain range: an append-only list whose root proves any leaf, however old, in a logarithm of hashes.
//!
//! Used twice: over the hashes of all earlier headers (so that a pruned block stays provable) and over the trail rows of one block.
//! A mountain of height `h` is a perfect binary tree over `2^h` leaves; the range keeps one peak for each one-bit of its leaf count,
//! highest first. A node is named by [`Position`]: the height of its tree and its index among the trees of that height.
//! Structure after Peter Todd's "Merkle Mountain Range" (OpenTimestamps); leaf and node hashes are separated by domain tags
//! (RFC 6962 section 2.1 gives the reason).

use crate::{commitment::hash_parts, domain};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// SHA-256 of a leaf, a node or the whole range.
pub type NodeHash = [u8; 32];

/// The most peaks a range of `u64` leaves can have.
pub const PEAKS_MAX: u32 = 64;

/// Names one node: the perfect tree over leaves `index << height .. (index + 1) << height`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Position {
    /// Height of the tree; leaves have 0.
    pub height: u8,
    /// Index among the trees of that height, from the left.
    pub index: u64,
}

impl Position {
    fn parent(self) -> Self {
        Self {
            height: self.height.saturating_add(1),
            index: self.index >> 1,
        }
    }

    fn sibling(self) -> Self {
        Self {
            index: self.index ^ 1,
            ..self
        }
    }

    fn is_right(self) -> bool {
        self.index & 1 == 1
    }
}

/// Hash of a leaf's data.
pub fn leaf_hash(data: &[u8]) -> NodeHash {
    hash_parts(&[domain::MERKLE_LEAF, data])
}

fn node_hash(left: &NodeHash, right: &NodeHash) -> NodeHash {
    hash_parts(&[domain::MERKLE_NODE, left, right])
}

/// The range in its smallest form: leaf count and peaks, highest first.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize,
)]
pub struct MountainRange {
    leaves: u64,
    peaks: Vec<NodeHash>,
}

impl MountainRange {
    /// The range over all of `leaves` (leaf hashes).
    pub fn over(leaves: impl IntoIterator<Item = NodeHash>) -> Self {
        let mut range = Self::default();
        for leaf in leaves {
            range.append(leaf, |_, _| ());
        }
        range
    }

    /// Puts a range back together from its stored parts; `None` unless the number of peaks fits the leaf count.
    pub fn from_parts(leaves: u64, peaks: Vec<NodeHash>) -> Option<Self> {
        (usize::try_from(leaves.count_ones()) == Ok(peaks.len())).then_some(Self { leaves, peaks })
    }

    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The peaks, highest first.
    pub fn peaks(&self) -> &[NodeHash] {
        &self.peaks
    }

    /// Appends a leaf hash; `created` hears of every node that this makes, so that a store can keep them for proofs.
    pub fn append(&mut self, leaf: NodeHash, mut created: impl FnMut(Position, NodeHash)) {
        let mut position = Position {
            height: 0,
            index: self.leaves,
        };
        let mut hash = leaf;
        created(position, hash);
        while position.is_right() {
            let left = self
                .peaks
                .pop()
                .expect("a one-bit of the leaf count has its peak");
            hash = node_hash(&left, &hash);
            position = position.parent();
            created(position, hash);
        }
        self.peaks.push(hash);
        self.leaves = self
            .leaves
            .checked_add(1)
            .expect("2^64 leaves take longer than the sun lives");
    }

    /// What the range is known by: a hash over leaf count and peaks.
    pub fn root(&self) -> NodeHash {
        let peaks = self.peaks.concat();
        hash_parts(&[domain::MOUNTAIN_RANGE, &self.leaves.to_be_bytes(), &peaks])
    }
}

/// Proof that a leaf stands at an index of a range with a known root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct LeafProof {
    /// Leaves in the range.
    pub leaves: u64,
    /// Index of the leaf, from 0.
    pub index: u64,
    /// Siblings from the leaf up to its peak.
    pub siblings: Vec<NodeHash>,
    /// The other peaks, highest first.
    pub other_peaks: Vec<NodeHash>,
}

/// Where the mountain over leaf `index` stands: its height and its place among the peaks.
fn mountain_of(leaves: u64, index: u64) -> Option<(u8, usize)> {
    let mut start = 0u64;
    let mut place = 0usize;
    for height in (0..64u8).rev() {
        let size = 1u64.checked_shl(u32::from(height))?;
        if leaves & size == 0 {
            continue;
        }
        let end = start.checked_add(size)?;
        if index < end {
            return Some((height, place));
        }
        start = end;
        place = place.checked_add(1)?;
    }
    None
}

impl LeafProof {
    /// Builds the proof for leaf `index` of a range with `leaves` leaves; `node` looks up stored nodes.
    /// `None` if the index is out of the range or a node is missing.
    pub fn build(
        leaves: u64,
        index: u64,
        node: impl Fn(Position) -> Option<NodeHash>,
    ) -> Option<Self> {
        let (height, place) = mountain_of(leaves, index)?;
        let mut position = Position { height: 0, index };
        let mut siblings = Vec::new();
        while position.height < height {
            siblings.push(node(position.sibling())?);
            position = position.parent();
        }
        let peaks = peak_positions(leaves)
            .map(&node)
            .collect::<Option<Vec<_>>>()?;
        let other_peaks = peaks
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at != place)
            .map(|(_, peak)| peak)
            .collect();
        Some(Self {
            leaves,
            index,
            siblings,
            other_peaks,
        })
    }

    /// Whether `leaf` stands at this proof's index of the range whose root is `root`.
    pub fn verifies(&self, root: &NodeHash, leaf: &NodeHash) -> bool {
        self.implied_root(leaf).as_ref() == Some(root)
    }

    fn implied_root(&self, leaf: &NodeHash) -> Option<NodeHash> {
        let (height, place) = mountain_of(self.leaves, self.index)?;
        if self.siblings.len() != usize::from(height) || place > self.other_peaks.len() {
            return None;
        }
        let mut position = Position {
            height: 0,
            index: self.index,
        };
        let mut hash = *leaf;
        for sibling in &self.siblings {
            hash = if position.is_right() {
                node_hash(sibling, &hash)
            } else {
                node_hash(&hash, sibling)
            };
            position = position.parent();
        }
        let mut peaks = self.other_peaks.clone();
        peaks.insert(place, hash);
        MountainRange::from_parts(self.leaves, peaks).map(|range| range.root())
    }
}

/// The positions of the peaks of a range, highest first.
pub fn peak_positions(leaves: u64) -> impl Iterator<Item = Position> {
    let mut start = 0u64;
    (0..64u8).rev().filter_map(move |height| {
        let size = 1u64.checked_shl(u32::from(height))?;
        (leaves & size != 0).then(|| {
            let position = Position {
                height,
                index: start >> height,
            };
            start = start.saturating_add(size);
            position
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn range_with_nodes(count: u64) -> (MountainRange, BTreeMap<Position, NodeHash>) {
        let mut range = MountainRange::default();
        let mut nodes = BTreeMap::new();
        for i in 0..count {
            range.append(leaf_hash(&i.to_be_bytes()), |position, hash| {
                nodes.insert(position, hash);
            });
        }
        (range, nodes)
    }

    proptest! {
        #[test]
        fn every_leaf_proves_and_no_other_does(count in 1u64..200, pick in 0u64..200) {
            let index = pick % count;
            let (range, nodes) = range_with_nodes(count);
            let proof = LeafProof::build(count, index, |position| nodes.get(&position).copied()).expect("all nodes are there");
            prop_assert!(proof.verifies(&range.root(), &leaf_hash(&index.to_be_bytes())));
            prop_assert!(!proof.verifies(&range.root(), &leaf_hash(&(index + 1).to_be_bytes())));
            let elsewhere = LeafProof { index: (index + 1) % count, ..proof.clone() };
            prop_assert!(count == 1 || !elsewhere.verifies(&range.root(), &leaf_hash(&index.to_be_bytes())));
        }

        #[test]
        fn a_flipped_bit_breaks_the_proof(count in 2u64..100, pick in 0u64..100, bit in 0usize..256) {
            let index = pick % count;
            let (range, nodes) = range_with_nodes(count);
            let mut proof = LeafProof::build(count, index, |position| nodes.get(&position).copied()).expect("all nodes are there");
            let target = proof.siblings.first_mut().or(proof.other_peaks.first_mut()).expect("two leaves need one sibling or two peaks");
            target[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!proof.verifies(&range.root(), &leaf_hash(&index.to_be_bytes())));
        }
    }

    #[test]
    fn roots_of_different_lengths_differ() {
        let roots: std::collections::BTreeSet<_> = (0..64)
            .map(|count| range_with_nodes(count).0.root())
            .collect();
        assert_eq!(roots.len(), 64);
    }
}
