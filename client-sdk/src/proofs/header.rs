//! Block headers as Substrate encodes them, and the anchor in their digest.

use super::hashing::blake2_256;
use codec::{Compact, Decode, DecodeAll, Encode};
use musubi_primitives::{
    BlockHash,
    anchor::{Anchor, ENGINE_ID},
};

/// Why bytes are no header of this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// No SCALE header, or bytes left over.
    #[error("the bytes are no block header")]
    Encoding,
    /// The digest holds no anchor, or more than one.
    #[error("the header has {0} anchors, exactly one is expected")]
    Anchors(usize),
}

/// A header's five fields (`sp_runtime::generic::Header`).
#[derive(Encode, Decode)]
struct Fields {
    parent: [u8; 32],
    number: Compact<u64>,
    state_root: [u8; 32],
    extrinsics_root: [u8; 32],
    digest: Vec<DigestItem>,
}

/// `sp_runtime::generic::DigestItem`, numbers as there.
#[derive(Encode, Decode)]
enum DigestItem {
    #[codec(index = 0)]
    Other(Vec<u8>),
    #[codec(index = 4)]
    Consensus([u8; 4], Vec<u8>),
    #[codec(index = 5)]
    Seal([u8; 4], Vec<u8>),
    #[codec(index = 6)]
    PreRuntime([u8; 4], Vec<u8>),
    #[codec(index = 8)]
    RuntimeEnvironmentUpdated,
}

/// A header whose anchor has been read. Being decoded says nothing about being final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// BLAKE2-256 of its encoding: the block's hash.
    pub hash: BlockHash,
    /// Hash of the block before it.
    pub parent: BlockHash,
    /// Its height.
    pub height: u64,
    /// Root of the state after it.
    pub state_root: [u8; 32],
    /// What it commits to beside.
    pub anchor: Anchor,
}

impl Header {
    /// Reads a SCALE-encoded header.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let fields = Fields::decode_all(&mut &*bytes).map_err(|_| HeaderError::Encoding)?;
        let anchors: Vec<&Vec<u8>> = fields
            .digest
            .iter()
            .filter_map(DigestItem::anchor)
            .collect();
        let [anchor] = anchors.as_slice() else {
            return Err(HeaderError::Anchors(anchors.len()));
        };
        Ok(Self {
            hash: BlockHash(blake2_256(bytes)),
            parent: BlockHash(fields.parent),
            height: fields.number.0,
            state_root: fields.state_root,
            anchor: Anchor::decode_all(&mut anchor.as_slice())
                .map_err(|_| HeaderError::Encoding)?,
        })
    }
}

impl DigestItem {
    fn anchor(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Consensus(ENGINE_ID, bytes) => Some(bytes),
            Self::Consensus(..)
            | Self::Other(_)
            | Self::Seal(..)
            | Self::PreRuntime(..)
            | Self::RuntimeEnvironmentUpdated => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_runtime::{
        generic::{self, Digest},
        traits::{BlakeTwo256, Header as _},
    };

    fn anchor() -> Anchor {
        Anchor {
            trail_root: [1; 32],
            trail_rows: 2,
            next_validators: [3; 32],
            history_root: [4; 32],
        }
    }

    fn substrate_header(anchors: usize) -> generic::Header<u32, BlakeTwo256> {
        let item = generic::DigestItem::Consensus(ENGINE_ID, anchor().encode());
        let mut logs = vec![generic::DigestItem::PreRuntime(*b"slot", vec![1])];
        logs.extend(std::iter::repeat_n(item, anchors));
        generic::Header::new(
            70_000,
            [5; 32].into(),
            [6; 32].into(),
            [7; 32].into(),
            Digest { logs },
        )
    }

    #[test]
    fn a_substrate_header_reads_with_the_hash_that_substrate_gives_it() {
        let theirs = substrate_header(1);
        let header = Header::decode(&theirs.encode()).unwrap();
        assert_eq!(header.hash.0, theirs.hash().0);
        assert_eq!((header.height, header.parent.0), (70_000, [7; 32]));
        assert_eq!((header.state_root, header.anchor), ([6; 32], anchor()));
    }

    #[test]
    fn no_anchor_two_anchors_and_trailing_bytes_are_refused() {
        assert_eq!(
            Header::decode(&substrate_header(0).encode()),
            Err(HeaderError::Anchors(0))
        );
        assert_eq!(
            Header::decode(&substrate_header(2).encode()),
            Err(HeaderError::Anchors(2))
        );
        let long = [substrate_header(1).encode(), vec![0]].concat();
        assert_eq!(Header::decode(&long), Err(HeaderError::Encoding));
    }
}
