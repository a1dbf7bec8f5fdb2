//! The anchor: what every header's digest commits to beside state and extrinsics.
//!
//! It stands in the digest as `DigestItem::Consensus(ENGINE_ID, Anchor)`, so a light client reads it from the header alone: the trail
//! rows of this block, the validator set that decides the block after next, and all earlier headers.

use crate::mountain_range::NodeHash;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Marks Musubi's item in a header digest.
pub const ENGINE_ID: [u8; 4] = *b"MSBI";

/// The anchor of one block.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct Anchor {
    /// Root of the mountain range over this block's trail rows, in order.
    pub trail_root: NodeHash,
    /// Number of those rows.
    pub trail_rows: u32,
    /// Hash of the validator set that decides the block after the next (height + 2); see [`crate::finality::ValidatorSet::hash`].
    pub next_validators: NodeHash,
    /// Root of the mountain range over the hashes of headers `0 ..= height - 1`; leaf `i` is header `i`.
    pub history_root: NodeHash,
}
