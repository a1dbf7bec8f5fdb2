//! Values as they stand on disk: SCALE, each decoded whole or refused.

use codec::{Decode, DecodeAll, Encode};
use musubi_node_core::ports::{LocalFault, Undecided};
use musubi_primitives::{BlockHash, VerifyingKey};

/// A finalised block.
#[derive(Encode, Decode)]
pub(crate) struct BlockValue {
    pub(crate) hash: BlockHash,
    pub(crate) bytes: Vec<u8>,
}

/// An undecided block's bytes and the height that makes them obsolete.
#[derive(Encode, Decode)]
pub(crate) struct UndecidedBlockValue {
    pub(crate) height: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Where consensus met an undecided block; height, round and hash are the key.
#[derive(Encode, Decode)]
pub(crate) struct UndecidedValue {
    valid_round: Option<u32>,
    proposer: VerifyingKey,
    valid: bool,
}

impl UndecidedValue {
    pub(crate) fn of(undecided: &Undecided) -> Self {
        Self {
            valid_round: undecided.valid_round,
            proposer: undecided.proposer,
            valid: undecided.valid,
        }
    }

    pub(crate) fn at(self, height: u64, round: u32, hash: BlockHash) -> Undecided {
        Undecided {
            height,
            round,
            valid_round: self.valid_round,
            proposer: self.proposer,
            hash,
            valid: self.valid,
        }
    }
}

/// A trie node with the height that wrote it last, so that pruning can tell a node that came back from one that did not.
pub(crate) struct NodeValue;

impl NodeValue {
    pub(crate) fn join(written_at: u64, node: &[u8]) -> Vec<u8> {
        [&written_at.to_be_bytes(), node].concat()
    }

    pub(crate) fn split(value: &[u8]) -> Result<(u64, &[u8]), LocalFault> {
        value
            .split_first_chunk::<8>()
            .map(|(height, node)| (u64::from_be_bytes(*height), node))
            .ok_or_else(|| {
                LocalFault::new("read a trie node", "the value is shorter than its height")
            })
    }
}

/// Decodes a value that must be consumed to its last byte.
pub(crate) fn decode<T: Decode>(what: &str, bytes: &[u8]) -> Result<T, LocalFault> {
    T::decode_all(&mut &bytes[..]).map_err(|error| LocalFault::new(format!("decode {what}"), error))
}

/// Reads a big-endian number.
pub(crate) fn number(bytes: &[u8]) -> Result<u64, LocalFault> {
    bytes
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| LocalFault::new("read a number", "it does not have 8 bytes"))
}

/// Reads a height and a place within it.
pub(crate) fn height_and_place(bytes: &[u8]) -> Result<(u64, u32), LocalFault> {
    let wrong = || LocalFault::new("read a height and place", "they do not have 12 bytes");
    let (height, place) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
    let place = place.try_into().map_err(|_| wrong())?;
    Ok((u64::from_be_bytes(*height), u32::from_be_bytes(place)))
}
