//! Joining by snapshot: follow the validators from a trusted point by certificates, fetch the state of a final block, and check its root.
//!
//! Peers are trusted for nothing: a header counts only with a certificate of the validator set that an earlier, already checked header
//! committed to, and the state only if the trie over it has that header's root.

use crate::{
    handle::{AskError, Network},
    message::{FinalBlock, Request, Response},
};
use codec::{Decode, DecodeAll};
use musubi_primitives::{
    BlockHash,
    anchor::{Anchor, ENGINE_ID},
    finality::{CertificateError, ValidatorSet},
    mountain_range::NodeHash,
};
use sp_core::{Blake2Hasher, H256};
use sp_runtime::{
    DigestItem, generic,
    traits::{BlakeTwo256, Hash, Header as _},
};
use sp_trie::TrieConfiguration;
use std::collections::BTreeMap;

type Header = generic::Header<u32, BlakeTwo256>;

/// Why a block does not follow from what is trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// Not a header.
    #[error("block after {0} does not decode")]
    Undecodable(u64),
    /// A gap, or another chain.
    #[error("block {height} is not the child of the block that was followed last")]
    NotTheChild {
        /// Height that was needed.
        height: u64,
    },
    /// Decided by others than the chain named.
    #[error("block {0} comes with another validator set than its chain committed to")]
    OtherValidators(u64),
    /// The certificate is for something else.
    #[error("the certificate with block {0} is for another block")]
    OtherBlock(u64),
    /// The certificate proves nothing.
    #[error("block {height}: {cause}")]
    Certificate {
        /// Which block.
        height: u64,
        /// Why not.
        cause: CertificateError,
    },
    /// A header without the anchor that names later validators.
    #[error("block {0} has no anchor")]
    NoAnchor(u64),
}

/// Follows a chain of final blocks, one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    genesis: BlockHash,
    height: u64,
    hash: BlockHash,
    /// Hashes of the sets that decide the next block and the one after it.
    next: [NodeHash; 2],
}

impl Follower {
    /// Starts from genesis, whose set decides blocks 1 and 2.
    pub fn from_genesis(genesis: BlockHash, validators: &ValidatorSet) -> Self {
        Self {
            genesis,
            height: 0,
            hash: genesis,
            next: [validators.hash(); 2],
        }
    }

    /// Height followed so far.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Hash of the block followed last.
    pub fn hash(&self) -> BlockHash {
        self.hash
    }

    /// Takes the next block, or says why it is not.
    ///
    /// # Errors
    /// See [`FollowError`]; the follower stays where it was.
    pub fn advance(&mut self, block: &FinalBlock) -> Result<(), FollowError> {
        let header = Header::decode_all(&mut block.header.as_slice())
            .map_err(|_| FollowError::Undecodable(self.height))?;
        let (height, hash) = (
            u64::from(header.number),
            BlockHash(BlakeTwo256::hash(&block.header).0),
        );
        let [expected, after] = self.next;
        if height != self.height.saturating_add(1) || header.parent_hash.0 != self.hash.0 {
            return Err(FollowError::NotTheChild {
                height: self.height.saturating_add(1),
            });
        }
        if block.validators.hash() != expected {
            return Err(FollowError::OtherValidators(height));
        }
        if (block.certificate.height, block.certificate.block) != (height, hash) {
            return Err(FollowError::OtherBlock(height));
        }
        let verified = block.certificate.verify(&self.genesis, &block.validators);
        verified.map_err(|cause| FollowError::Certificate { height, cause })?;
        let anchor = anchor_of(&header).ok_or(FollowError::NoAnchor(height))?;
        *self = Self {
            genesis: self.genesis,
            height,
            hash,
            next: [after, anchor.next_validators],
        };
        Ok(())
    }
}

fn anchor_of(header: &Header) -> Option<Anchor> {
    header.digest().logs().iter().find_map(|item| match item {
        DigestItem::Consensus(ENGINE_ID, bytes) => Anchor::decode(&mut bytes.as_slice()).ok(),
        _ => None,
    })
}

/// Verified state after a final block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The block, with its certificate and validators.
    pub block: FinalBlock,
    /// The follower at that block, to go on from.
    pub follower: Follower,
    /// Every key and value of state.
    pub pairs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Why no snapshot could be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Nobody answers, or nobody has it.
    #[error("no peer gives the snapshot: {0}")]
    Unavailable(#[from] AskError),
    /// A peer sent what does not follow.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// State whose root is another than the header's.
    #[error("the state received for block {0} does not have its state root")]
    WrongState(u64),
    /// Pieces out of order, empty or repeated.
    #[error("a peer sent pieces of state out of order")]
    OutOfOrder,
}

/// Follows the chain to the newest snapshot that a peer offers, fetches its state from whichever peers have it, and verifies all of it.
///
/// # Errors
/// See [`SnapshotError`]. Nothing unverified is handed out.
pub async fn fetch_snapshot(
    network: &Network,
    mut follower: Follower,
) -> Result<Snapshot, SnapshotError> {
    let target = one_block(network.ask_any(Request::NewestSnapshot).await?)?;
    let height = Header::decode(&mut target.header.as_slice())
        .map_err(|_| FollowError::Undecodable(follower.height))?
        .number;
    let mut block = None;
    while follower.height() < u64::from(height) {
        let first = follower.height().saturating_add(1);
        let Response::FinalBlocks(blocks) = network.ask_any(Request::FinalBlocks { first }).await?
        else {
            return Err(AskError::Nonsense.into());
        };
        if blocks.is_empty() {
            return Err(AskError::Nonsense.into());
        }
        for next in blocks {
            if follower.height() == u64::from(height) {
                break;
            }
            follower.advance(&next)?;
            block = Some(next);
        }
    }
    let block = block.ok_or(FollowError::NotTheChild {
        height: follower.height().saturating_add(1),
    })?;
    let pairs = fetch_state(network, follower.hash()).await?;
    let header = Header::decode(&mut block.header.as_slice())
        .map_err(|_| FollowError::Undecodable(follower.height))?;
    if state_root(&pairs) != header.state_root {
        return Err(SnapshotError::WrongState(follower.height()));
    }
    Ok(Snapshot {
        block,
        follower,
        pairs,
    })
}

/// Root of the Substrate trie (state version 1) over all of state.
fn state_root(pairs: &BTreeMap<Vec<u8>, Vec<u8>>) -> H256 {
    sp_trie::LayoutV1::<Blake2Hasher>::trie_root(pairs)
}

fn one_block(response: Response) -> Result<FinalBlock, AskError> {
    match response {
        Response::FinalBlocks(mut blocks) if blocks.len() == 1 => {
            blocks.pop().ok_or(AskError::Nonsense)
        }
        _ => Err(AskError::Nonsense),
    }
}

/// Fetches all of state, chunk by chunk; a peer that goes away in between is replaced by another, and nothing is fetched twice.
async fn fetch_state(
    network: &Network,
    block: BlockHash,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, SnapshotError> {
    let mut pairs = BTreeMap::<Vec<u8>, Vec<u8>>::new();
    loop {
        let after = pairs.last_key_value().map(|(key, _)| key.clone());
        let Response::Chunk(chunk) = network
            .ask_any(Request::Chunk {
                block,
                after: after.clone(),
            })
            .await?
        else {
            return Err(AskError::Nonsense.into());
        };
        let keys: Vec<_> = after
            .iter()
            .chain(chunk.pairs.iter().map(|(key, _)| key))
            .collect();
        if !keys.is_sorted_by(|one, next| one < next) || (chunk.pairs.is_empty() && !chunk.last) {
            return Err(SnapshotError::OutOfOrder);
        }
        pairs.extend(chunk.pairs);
        if chunk.last {
            return Ok(pairs);
        }
    }
}
