//! Written form of a part of a block within its stream.

use super::{Malformed, Mirror, OnWire, PART_BYTES_MAX};
use crate::{part::BlockPart, streaming::StreamName};
use arc_malachitebft_engine::util::streaming::{StreamContent, StreamMessage};
use codec::{Decode, Encode};

/// One message of a stream; no part means that the stream ends here.
#[derive(Debug, Encode, Decode)]
pub struct StreamMirror {
    name: StreamName,
    sequence: u64,
    part: Option<BlockPart>,
}

impl OnWire for StreamMessage<BlockPart> {
    type Mirror = StreamMirror;
}

impl Mirror<StreamMessage<BlockPart>> for StreamMirror {
    const BYTES_MAX: usize = PART_BYTES_MAX;

    fn of(message: &StreamMessage<BlockPart>) -> Result<Self, Malformed> {
        let name = StreamName::read(&message.stream_id).ok_or(Malformed::NotStreamName)?;
        Ok(Self {
            name,
            sequence: message.sequence,
            part: message.content.as_data().cloned(),
        })
    }

    fn restore(self) -> Result<StreamMessage<BlockPart>, Malformed> {
        let content = self.part.map_or(StreamContent::Fin, StreamContent::Data);
        Ok(StreamMessage::new(self.name.id(), self.sequence, content))
    }
}
