//! Where blocks come from.

use crate::{actions::actions_of, error::IndexError};
use codec::{Decode, Encode};
use musubi_node_core::{executor::Block, ports::ChainStore};
use musubi_primitives::{BlockHash, Moment, trail::TrailRow};
use musubi_runtime::{RuntimeCall, UncheckedExtrinsic};
use pallet_consortium::proposal::Action;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// What the index takes from one finalised block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// Its time.
    pub time: Moment,
    /// The round in which it was decided.
    pub round: u32,
    /// How many validators signed.
    pub signers: u32,
    /// Hashes of its extrinsics, in order.
    pub extrinsics: Vec<[u8; 32]>,
    /// What its extrinsics propose to the members, by their place.
    pub actions: BTreeMap<u32, Action>,
    /// Its trail rows, in order.
    pub rows: Vec<TrailRow>,
    /// Its SCALE-encoded events.
    pub events: Vec<u8>,
}

/// Finalised blocks, from the first that is kept to the newest. Reads are synchronous; the keeper makes them off async executors.
pub trait Source: Send + Sync + 'static {
    /// The first height with a body.
    ///
    /// # Errors
    /// As the source says.
    fn first(&self) -> Result<u64, IndexError>;

    /// A block; none above the newest.
    ///
    /// # Errors
    /// As the source says.
    fn block(&self, height: u64) -> Result<Option<BlockFacts>, IndexError>;
}

/// The chain's own store.
#[derive(Clone)]
pub struct ChainSource(pub Arc<dyn ChainStore>);

impl fmt::Debug for ChainSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainSource").finish_non_exhaustive()
    }
}

impl Source for ChainSource {
    fn first(&self) -> Result<u64, IndexError> {
        Ok(self.0.history_start()?)
    }

    fn block(&self, height: u64) -> Result<Option<BlockFacts>, IndexError> {
        let Some(hash) = self.0.hash_at(height)? else {
            return Ok(None);
        };
        let Some(stored) = self.0.block(&hash)? else {
            return Ok(None);
        };
        let unreadable = |cause: String| IndexError::Block { height, cause };
        let block = Block::parse(&stored.bytes).map_err(|error| unreadable(error.to_string()))?;
        let certificate = self.0.certificate(height)?;
        let signers = certificate.as_ref().map_or(0, |one| one.signatures.len());
        Ok(Some(BlockFacts {
            height,
            hash,
            time: time_of(&block).ok_or_else(|| unreadable("it has no time".to_owned()))?,
            round: certificate.map_or(0, |certificate| certificate.round),
            signers: u32::try_from(signers).unwrap_or(u32::MAX),
            extrinsics: block.extrinsic_hashes(),
            actions: actions_of(&block),
            rows: self.0.trail_of_block(height)?,
            events: self.0.events(height)?.unwrap_or_default(),
        }))
    }
}

/// The time that the block's first extrinsic sets.
fn time_of(block: &Block) -> Option<Moment> {
    let first = block.extrinsics.first()?.encode();
    let extrinsic = UncheckedExtrinsic::decode(&mut first.as_slice()).ok()?;
    if let RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }) = extrinsic.function {
        Some(now)
    } else {
        None
    }
}
