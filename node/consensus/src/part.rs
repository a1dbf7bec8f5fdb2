//! The parts in which a block's bytes travel: an announcement, chunks, an end.

use crate::context::MusubiContext;
use arc_malachitebft_core_types as engine;
use codec::{Decode, Encode};
use musubi_primitives::BlockHash;

/// One part of a block on its way to the validators.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BlockPart {
    /// Comes first: how many bytes the chunks add up to.
    #[codec(index = 0)]
    Init {
        /// Bytes of the whole block.
        bytes: u32,
    },
    /// A chunk of the block's bytes, in order.
    #[codec(index = 1)]
    Data(Vec<u8>),
    /// Comes last: the hash that the whole block must have.
    #[codec(index = 2)]
    Fin {
        /// Hash of the block.
        block: BlockHash,
    },
}

impl engine::ProposalPart<MusubiContext> for BlockPart {
    fn is_first(&self) -> bool {
        matches!(self, Self::Init { .. })
    }

    fn is_last(&self) -> bool {
        matches!(self, Self::Fin { .. })
    }
}
