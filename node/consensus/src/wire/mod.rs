//! How the engine's messages are written on the wire and in the write-ahead log: SCALE, through one mirror type per message.
//!
//! What comes from the network is hostile until it has passed here: every message has a greatest size, checked before a byte is decoded,
//! nothing may follow its last byte, lists are bounded, and decoding never panics and never reserves more memory than the input is long.

mod certificate;
mod consensus;
mod stream;
mod sync;

use crate::{context::MusubiContext, part::BlockPart, streaming::CHUNK_BYTES};
use arc_malachitebft_codec::{Codec, HasEncodedLen};
use arc_malachitebft_core_types::Round;
use arc_malachitebft_sync as value_sync;
use bytes::Bytes;
use codec::{Decode, DecodeAll, Encode};
use musubi_primitives::finality::{BLOCK_BYTES_MAX, VALIDATORS_MAX};

/// The most bytes of a vote, a proposal, a status or another message without a list.
pub const SMALL_BYTES_MAX: usize = 512;
/// The most bytes of a message that carries one signature per validator (at most 160 bytes each).
pub const CERTIFICATE_BYTES_MAX: usize = 512 + 160 * VALIDATORS_MAX as usize;
/// The most bytes of one part of a block.
pub const PART_BYTES_MAX: usize = CHUNK_BYTES + SMALL_BYTES_MAX;
/// The most bytes of an answer to a node that lags: four of the largest blocks with their certificates.
pub const RESPONSE_BYTES_MAX: usize =
    4 * (BLOCK_BYTES_MAX as usize + CERTIFICATE_BYTES_MAX) + SMALL_BYTES_MAX;

/// Bytes that are no message, or a message that has no written form.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// More bytes than this kind of message can have.
    #[error("{bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes received.
        bytes: usize,
        /// The most allowed.
        max: usize,
    },
    /// Not the SCALE encoding of the message.
    #[error("not SCALE: {0}")]
    NotScale(#[from] codec::Error),
    /// More signatures than a validator set can have.
    #[error("{0} signatures, at most {VALIDATORS_MAX} are allowed")]
    TooManySignatures(usize),
    /// Bytes that are no peer id.
    #[error("not a peer id")]
    NotPeer,
    /// A message in a round that has not begun.
    #[error("the round is not defined")]
    NoRound,
    /// A stream whose name is not one of ours.
    #[error("not the name of a block's stream")]
    NotStreamName,
}

/// The written form of a message `T`.
pub trait Mirror<T>: Encode + Decode {
    /// The most bytes that the written form may have.
    const BYTES_MAX: usize;

    /// Writes a message down.
    ///
    /// # Errors
    /// When the message is one that never travels.
    fn of(message: &T) -> Result<Self, Malformed>;

    /// Reads a message back.
    ///
    /// # Errors
    /// When the written form means no message.
    fn restore(self) -> Result<T, Malformed>;
}

/// A message with a written form.
pub trait OnWire: Sized {
    /// Its written form.
    type Mirror: Mirror<Self>;
}

/// The codec of every message, on the wire and in the write-ahead log.
#[derive(Clone, Copy, Debug)]
pub struct ScaleCodec;

impl<T: OnWire> Codec<T> for ScaleCodec {
    type Error = Malformed;

    fn decode(&self, bytes: Bytes) -> Result<T, Malformed> {
        let max = T::Mirror::BYTES_MAX;
        if bytes.len() > max {
            return Err(Malformed::TooLong {
                bytes: bytes.len(),
                max,
            });
        }
        T::Mirror::decode_all(&mut bytes.as_ref())?.restore()
    }

    fn encode(&self, message: &T) -> Result<Bytes, Malformed> {
        T::Mirror::of(message).map(|mirror| mirror.encode().into())
    }
}

impl HasEncodedLen<value_sync::Response<MusubiContext>> for ScaleCodec {
    fn encoded_len(
        &self,
        response: &value_sync::Response<MusubiContext>,
    ) -> Result<usize, Malformed> {
        sync::response_bytes(response)
    }
}

impl OnWire for BlockPart {
    type Mirror = Self;
}

impl Mirror<Self> for BlockPart {
    const BYTES_MAX: usize = PART_BYTES_MAX;

    fn of(part: &Self) -> Result<Self, Malformed> {
        Ok(part.clone())
    }

    fn restore(self) -> Result<Self, Malformed> {
        Ok(self)
    }
}

fn begun(round: Round) -> Result<u32, Malformed> {
    round.as_u32().ok_or(Malformed::NoRound)
}

fn bounded<T>(signatures: Vec<T>) -> Result<Vec<T>, Malformed> {
    let count = signatures.len();
    if count > VALIDATORS_MAX as usize {
        Err(Malformed::TooManySignatures(count))
    } else {
        Ok(signatures)
    }
}
