//! What validators vote on: the hash of a block. The block itself travels in parts and is bound to the signed proposal by this hash.

use arc_malachitebft_core_types as engine;
use codec::{Decode, Encode};
use musubi_primitives::BlockHash;

/// A block, known by its hash.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct BlockValue(pub BlockHash);

impl engine::Value for BlockValue {
    type Id = BlockHash;

    fn id(&self) -> BlockHash {
        self.0
    }
}
