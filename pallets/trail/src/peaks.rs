//! A mountain range as state keeps it: leaf count and at most 64 peaks.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::mountain_range::{MountainRange, NodeHash, PEAKS_MAX};
use scale_info::TypeInfo;

/// The stored form of a [`MountainRange`]; its SCALE bytes are the range's own.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Peaks {
    leaves: u64,
    peaks: BoundedVec<NodeHash, ConstU32<PEAKS_MAX>>,
}

impl Peaks {
    /// Number of leaves.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// What the range is known by.
    pub fn root(&self) -> NodeHash {
        self.range().root()
    }

    /// The range itself.
    pub fn range(&self) -> MountainRange {
        MountainRange::from_parts(self.leaves, self.peaks.to_vec())
            .expect("only append writes the fields, and a range has one peak for each one-bit of its leaf count")
    }

    pub(crate) fn append(&mut self, leaf: NodeHash) {
        let mut range = self.range();
        range.append(leaf, |_, _| ());
        self.leaves = range.leaves();
        // A range has as many peaks as its leaf count has one-bits: never more than PEAKS_MAX.
        self.peaks = BoundedVec::truncate_from(range.peaks().to_vec());
    }
}
