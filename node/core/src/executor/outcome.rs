//! What executing a block leaves: everything that a commit writes, apart from the certificate.

use super::{
    session::{CallError, Session},
    state::Hasher,
};
use crate::ports::{BlockBytes, LocalFault};
use codec::{Decode, DecodeAll, Encode};
use musubi_primitives::{BlockHash, Moment, trail::TrailRow};
use musubi_runtime::RuntimeEvent;
use sp_core::H256;
use sp_io::hashing::{blake2_256, twox_128};
use sp_runtime::generic;
use sp_trie::PrefixedMemoryDB;

/// A block's header, in the form that every specification shares.
pub type Header = generic::Header<u32, Hasher>;

/// A block whose extrinsics stay opaque: header and SCALE-encoded extrinsics without their length prefix.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The extrinsics.
    pub extrinsics: Vec<Vec<u8>>,
}

impl Block {
    /// Reads a block to the last byte.
    ///
    /// # Errors
    /// When the bytes are no block, or more than one.
    pub fn parse(bytes: &[u8]) -> Result<Self, codec::Error> {
        Self::decode_all(&mut &bytes[..])
    }

    /// The block's hash.
    pub fn hash(&self) -> BlockHash {
        BlockHash(self.header.hash().0)
    }

    /// Hashes (BLAKE2-256) of the extrinsics as clients know them: over the bytes with their length prefix.
    pub fn extrinsic_hashes(&self) -> Vec<[u8; 32]> {
        self.extrinsics
            .iter()
            .map(|extrinsic| blake2_256(&extrinsic.encode()))
            .collect()
    }
}

/// The result of executing one block.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The block.
    pub block: BlockBytes,
    /// Its header.
    pub header: Header,
    /// Its time.
    pub time: Moment,
    /// Trie nodes it made (prefixed key, node).
    pub nodes_added: Vec<(Vec<u8>, Vec<u8>)>,
    /// Trie nodes it no longer refers to.
    pub nodes_dropped: Vec<Vec<u8>>,
    /// SCALE-encoded events.
    pub events: Vec<u8>,
    /// Its trail rows.
    pub trail_rows: Vec<TrailRow>,
    /// Hashes of its extrinsics.
    pub extrinsic_hashes: Vec<[u8; 32]>,
}

impl Outcome {
    /// Takes the outcome out of a session that executed `block`, whose extrinsics have these hashes.
    pub(crate) fn collect(
        mut session: Session,
        block: &Block,
        extrinsic_hashes: Vec<[u8; 32]>,
    ) -> Result<Self, CallError> {
        let (events, now) =
            session.run(|| (read(b"System", b"Events"), read(b"Timestamp", b"Now")))?;
        let events = events.unwrap_or_else(|| Vec::<()>::new().encode());
        let trail_rows = trail_rows(&events)
            .map_err(|error| LocalFault::new("read the trail rows among the events", error))?;
        let changes = session.into_changes()?;
        if changes.transaction_storage_root != block.header.state_root {
            return Err(LocalFault::new(
                "collect an outcome",
                "the state root is not the header's",
            )
            .into());
        }
        let (nodes_added, nodes_dropped) = split_nodes(changes.transaction);
        Ok(Self {
            block: BlockBytes {
                hash: block.hash(),
                bytes: block.encode(),
            },
            header: block.header.clone(),
            time: decode_time(now.as_deref())?,
            nodes_added,
            nodes_dropped,
            events,
            trail_rows,
            extrinsic_hashes,
        })
    }
}

/// The trail rows among SCALE-encoded events, in order.
fn trail_rows(events: &[u8]) -> Result<Vec<TrailRow>, codec::Error> {
    let events =
        Vec::<frame_system::EventRecord<RuntimeEvent, H256>>::decode_all(&mut &events[..])?;
    let rows = events.into_iter().filter_map(|record| {
        if let RuntimeEvent::Trail(pallet_trail::Event::Row(row)) = record.event {
            Some(row)
        } else {
            None
        }
    });
    Ok(rows.collect())
}

/// Added and dropped nodes; a node that went and came back within the block counts for neither.
#[expect(clippy::type_complexity, reason = "keys with nodes, and keys")]
pub(crate) fn split_nodes(
    mut nodes: PrefixedMemoryDB<Hasher>,
) -> (Vec<(Vec<u8>, Vec<u8>)>, Vec<Vec<u8>>) {
    let mut added = Vec::new();
    let mut dropped = Vec::new();
    for (key, (node, references)) in nodes.drain() {
        match references.signum() {
            1 => added.push((key, node)),
            -1 => dropped.push(key),
            _ => (),
        }
    }
    // The map's order is random; sorted writes are cheaper for the store.
    added.sort();
    dropped.sort();
    (added, dropped)
}

/// The key of a pallet's plain storage value.
pub(crate) fn storage_key(pallet: &[u8], item: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&twox_128(pallet));
    key[16..].copy_from_slice(&twox_128(item));
    key
}

fn read(pallet: &[u8], item: &[u8]) -> Option<Vec<u8>> {
    sp_io::storage::get(&storage_key(pallet, item)).map(|bytes| bytes.to_vec())
}

/// `Timestamp::Now`; before the first block there is none, and time is zero.
pub(crate) fn decode_time(now: Option<&[u8]>) -> Result<Moment, LocalFault> {
    now.map_or(Ok(0), |bytes| {
        Moment::decode_all(&mut &bytes[..])
            .map_err(|error| LocalFault::new("read the block's time", error))
    })
}
