//! Blocks in parts: cutting them up, and putting them together again from what peers send, in any order and within bounds.
//!
//! Streams are grouped by who published them, never by who relayed a part, and every bound counts against the publisher alone: a forger fills
//! up or evicts only its own streams. A body that comes together is only a claim; it becomes a proposal when its hash is the one that the
//! proposer has signed (see [`crate::bodies`]).

use crate::part::BlockPart;
use arc_malachitebft_app_channel::app::types::PeerId;
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamId, StreamMessage};
use codec::{Decode, DecodeAll, Encode};
use musubi_primitives::{BlockHash, finality::BLOCK_BYTES_MAX};
use std::collections::BTreeMap;

/// Bytes of block in one part, at most.
pub const CHUNK_BYTES: usize = 128 * 1024;
/// The most chunks of a stream: twice what full chunks need.
const CHUNKS_MAX: u64 = 2 * (BLOCK_BYTES_MAX as u64).div_ceil(CHUNK_BYTES as u64);
/// The most unfinished streams of one publisher; its oldest gives way.
pub const STREAMS_PER_PUBLISHER_MAX: usize = 4;

/// What a stream carries: the block that its publisher proposes in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct StreamName {
    /// Height of the block.
    pub height: u64,
    /// Round in which it is proposed.
    pub round: u32,
}

impl StreamName {
    /// The engine's name for this stream.
    pub fn id(&self) -> StreamId {
        StreamId::new(self.encode().into())
    }

    /// Reads the engine's name for a stream; `None` for one that is not ours.
    pub fn read(id: &StreamId) -> Option<Self> {
        Self::decode_all(&mut id.to_bytes().as_ref()).ok()
    }
}

/// Cuts a block up. The caller has made sure that it is no longer than [`BLOCK_BYTES_MAX`].
pub fn split(name: StreamName, block: BlockHash, bytes: &[u8]) -> Vec<StreamMessage<BlockPart>> {
    let init = BlockPart::Init {
        bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
    };
    let chunks = bytes
        .chunks(CHUNK_BYTES)
        .map(|chunk| BlockPart::Data(chunk.to_vec()));
    let parts = std::iter::once(init)
        .chain(chunks)
        .chain([BlockPart::Fin { block }]);
    (0..)
        .zip(parts)
        .map(|(sequence, part)| StreamMessage::new(name.id(), sequence, StreamContent::Data(part)))
        .collect()
}

/// A block that has come together, with the hash that its publisher claims for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Where it is proposed.
    pub name: StreamName,
    /// Who published it.
    pub publisher: PeerId,
    /// The hash claimed.
    pub claimed: BlockHash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The unfinished streams of all publishers.
#[derive(Debug, Default)]
pub struct Reassembly {
    streams: BTreeMap<(PeerId, StreamName), Stream>,
}

impl Reassembly {
    /// Takes one part in. Returns the block that it completes, if it does.
    ///
    /// A part that breaks a bound or contradicts an earlier one ends its stream.
    pub fn insert(
        &mut self,
        publisher: PeerId,
        name: StreamName,
        sequence: u64,
        part: BlockPart,
    ) -> Option<Body> {
        let key = (publisher, name);
        self.make_room(key);
        let stream = self.streams.entry(key).or_default();
        match stream.insert(sequence, part) {
            Progress::Waiting => None,
            Progress::Broken => {
                self.streams.remove(&key);
                None
            }
            Progress::Complete(claimed) => {
                let bytes = self.streams.remove(&key)?.into_bytes();
                Some(Body {
                    name,
                    publisher,
                    claimed,
                    bytes,
                })
            }
        }
    }

    /// Drops what belongs to heights below this one.
    pub fn forget_below(&mut self, height: u64) {
        self.streams.retain(|(_, name), _| name.height >= height);
    }

    /// Bytes held for one publisher.
    pub fn bytes_of(&self, publisher: &PeerId) -> usize {
        self.streams
            .iter()
            .filter(|((owner, _), _)| owner == publisher)
            .map(|(_, stream)| stream.bytes)
            .sum()
    }

    fn make_room(&mut self, key: (PeerId, StreamName)) {
        if self.streams.contains_key(&key) {
            return;
        }
        let own: Vec<_> = self
            .streams
            .keys()
            .filter(|(publisher, _)| *publisher == key.0)
            .copied()
            .collect();
        if own.len() >= STREAMS_PER_PUBLISHER_MAX
            && let Some(oldest) = own.first()
        {
            self.streams.remove(oldest);
        }
    }
}

/// What a part has done to its stream.
enum Progress {
    Waiting,
    Broken,
    Complete(BlockHash),
}

/// One unfinished stream.
#[derive(Debug, Default)]
struct Stream {
    announced: Option<usize>,
    chunks: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
    end: Option<(u64, BlockHash)>,
}

impl Stream {
    fn insert(&mut self, sequence: u64, part: BlockPart) -> Progress {
        let kept = match part {
            BlockPart::Init { bytes } => sequence == 0 && self.announce(bytes),
            BlockPart::Data(chunk) => {
                (1..=CHUNKS_MAX).contains(&sequence) && self.add(sequence, chunk)
            }
            BlockPart::Fin { block } => {
                (1..=CHUNKS_MAX + 1).contains(&sequence) && self.finish(sequence, block)
            }
        };
        if kept && self.bytes <= self.announced.unwrap_or(BLOCK_BYTES_MAX as usize) {
            self.progress()
        } else {
            Progress::Broken
        }
    }

    fn announce(&mut self, bytes: u32) -> bool {
        let bytes = bytes as usize;
        bytes <= BLOCK_BYTES_MAX as usize && *self.announced.get_or_insert(bytes) == bytes
    }

    fn add(&mut self, sequence: u64, chunk: Vec<u8>) -> bool {
        if let Some(known) = self.chunks.get(&sequence) {
            return *known == chunk;
        }
        self.bytes = self.bytes.saturating_add(chunk.len());
        self.chunks.insert(sequence, chunk);
        true
    }

    fn finish(&mut self, sequence: u64, block: BlockHash) -> bool {
        *self.end.get_or_insert((sequence, block)) == (sequence, block)
    }

    /// Complete when everything announced is here; chunks are numbered from 1 without a gap, and the end follows the last.
    fn progress(&self) -> Progress {
        let (Some(announced), Some((end, block))) = (self.announced, self.end) else {
            return Progress::Waiting;
        };
        let last = self.chunks.last_key_value().map_or(0, |(last, _)| *last);
        if last >= end {
            return Progress::Broken;
        }
        let all =
            u64::try_from(self.chunks.len()).is_ok_and(|count| count.saturating_add(1) == end);
        match (all, self.bytes == announced) {
            (true, true) => Progress::Complete(block),
            (true, false) => Progress::Broken,
            (false, _) => Progress::Waiting,
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        self.chunks.into_values().flatten().collect()
    }
}
