//! What nodes say to each other: SCALE, each message an answer or a question, each bounded.

use crate::identity::PeerProof;
use codec::{Decode, Encode};
use musubi_client_sdk::proofs::{
    Step,
    follow::Ancestor,
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{
    BlockHash,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{LeafProof, NodeHash},
};

/// Bytes of one question; larger ones are not read.
pub(crate) const REQUEST_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;
/// Bytes of one answer; larger ones are not read. Room for a piece of state whose last value is as large as a block's events may be.
pub(crate) const RESPONSE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one transaction that is passed on.
pub(crate) const TRANSACTION_BYTES_MAX: usize = 256 * 1024;
/// Transactions in one message.
pub(crate) const TRANSACTIONS_MAX: usize = 512;
/// Bytes of transactions in one message.
pub(crate) const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Transactions offered by their hashes in one message.
pub(crate) const OFFERS_MAX: usize = 2_048;
/// Bytes of one piece of a blob.
pub(crate) const PIECE_BYTES_MAX: u32 = 512 * 1024;
/// Bytes of the words that ask for, or describe, a blob.
pub(crate) const BLOB_REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one blob.
pub(crate) const BLOB_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of proof in one piece of state, before the value that crosses the bound.
pub(crate) const STATE_BYTES: u32 = 512 * 1024;
/// Earlier headers in one answer, as leaves of the mountain range.
pub(crate) const LEAVES_MAX: u32 = 16_384;
/// Bytes of a key of state.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// A final block with what proves it to somebody who follows the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FinalBlock {
    /// SCALE header.
    pub header: Vec<u8>,
    /// Its commit certificate.
    pub certificate: CommitCertificate,
    /// The validators that decided it.
    pub validators: ValidatorSet,
    /// The SCALE header before it; none for height 1.
    pub parent: Option<Vec<u8>>,
    /// The SCALE header two below, which names them, with its place in this header's history; none for heights 1 and 2.
    pub named_by: Option<(Vec<u8>, LeafProof)>,
}

impl FinalBlock {
    /// The same as a step of a light client.
    pub(crate) fn to_step(&self) -> Step {
        let named_by = self.named_by.clone().map(|(header, proof)| Ancestor {
            header: HexBytes(header),
            proof: PathProof(proof),
        });
        Step {
            header: HexBytes(self.header.clone()),
            certificate: self.certificate.clone(),
            validators: self.validators.clone(),
            named_by,
        }
    }
}

/// A question, or news.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Request {
    #[codec(index = 0)]
    Greeting(PeerProof),
    #[codec(index = 1)]
    Transactions(Vec<Vec<u8>>),
    #[codec(index = 2)]
    Head { height: u64, hash: BlockHash },
    #[codec(index = 3)]
    FinalBlock { height: Option<u64> },
    #[codec(index = 4)]
    History { first: u64 },
    #[codec(index = 5)]
    State {
        block: BlockHash,
        after: Option<Vec<u8>>,
    },
    #[codec(index = 6)]
    ReadBlob { request: Vec<u8>, offset: u64 },
    #[codec(index = 7)]
    WriteBlob {
        label: Vec<u8>,
        offset: u64,
        total: u64,
        bytes: Vec<u8>,
    },
    /// Transactions that wait at the sender, by the hashes that name them in caches: answered by [`Response::Wanted`].
    #[codec(index = 8)]
    Offer(Vec<[u8; 32]>),
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Response {
    #[codec(index = 0)]
    Taken,
    #[codec(index = 1)]
    Refused(Refusal),
    #[codec(index = 2)]
    FinalBlock(FinalBlock),
    #[codec(index = 3)]
    History(Vec<NodeHash>),
    #[codec(index = 4)]
    Piece { total: u64, bytes: Vec<u8> },
    #[codec(index = 5)]
    Held(u64),
    #[codec(index = 6)]
    State(Vec<Vec<u8>>),
    /// Places in the [`Request::Offer`] of what the peer does not have.
    #[codec(index = 7)]
    Wanted(Vec<u32>),
}

/// Why a peer does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Refusal {
    /// The asker has not proved that it is a member.
    #[codec(index = 0)]
    #[error("not proved to be a member")]
    Stranger,
    /// The asker misbehaved and must wait.
    #[codec(index = 1)]
    #[error("shut out for misbehaviour")]
    ShutOut,
    /// Too much at once; try later.
    #[codec(index = 2)]
    #[error("busy")]
    Busy,
    /// Not kept here, or no longer.
    #[codec(index = 3)]
    #[error("not here")]
    Absent,
    /// The holder may not hand it over, or not take it.
    #[codec(index = 4)]
    #[error("not permitted")]
    NotPermitted,
    /// Out of bounds or without meaning.
    #[codec(index = 5)]
    #[error("malformed")]
    Malformed,
    /// The holder's machine failed.
    #[codec(index = 6)]
    #[error("a fault of the other node")]
    Fault,
}

impl Request {
    /// Whether every part is within its bound.
    pub(crate) fn is_bounded(&self) -> bool {
        match self {
            Self::Transactions(all) => {
                all.len() <= TRANSACTIONS_MAX
                    && all.iter().all(|one| one.len() <= TRANSACTION_BYTES_MAX)
            }
            Self::Offer(hashes) => hashes.len() <= OFFERS_MAX,
            Self::ReadBlob { request, .. } => request.len() <= BLOB_REQUEST_BYTES_MAX,
            Self::WriteBlob {
                label,
                offset,
                total,
                bytes,
            } => {
                let end = u64::try_from(bytes.len())
                    .ok()
                    .and_then(|length| offset.checked_add(length));
                let piece =
                    u32::try_from(bytes.len()).is_ok_and(|length| length <= PIECE_BYTES_MAX);
                piece
                    && label.len() <= BLOB_REQUEST_BYTES_MAX
                    && *total <= BLOB_BYTES_MAX
                    && end.is_some_and(|end| end <= *total)
            }
            Self::State { after, .. } => {
                after.as_ref().is_none_or(|key| key.len() <= KEY_BYTES_MAX)
            }
            Self::Greeting(_)
            | Self::Head { .. }
            | Self::FinalBlock { .. }
            | Self::History { .. } => true,
        }
    }
}
