//! A block is proposed again in a later round: its parts go out again under that round's name.

use crate::{
    engine::{Engine, Outcome},
    height::Height,
    streaming::{StreamName, split},
};
use arc_malachitebft_core_types::Round;
use musubi_primitives::BlockHash;

impl Engine {
    pub(super) fn restream(&mut self, height: Height, round: Round, block: BlockHash) {
        let name = StreamName {
            height: height.0,
            round: round.as_u32().unwrap_or(0),
        };
        let (host, publisher) = (self.host.clone(), self.actors.publisher());
        self.spawn(async move {
            match host.block(block).await {
                Ok(Some(block)) => publisher.publish(split(name, block.hash, &block.bytes)),
                Ok(None) => tracing::warn!(height = name.height, round = name.round, %block, "a block to propose again is not here"),
                Err(fault) => tracing::error!(height = name.height, round = name.round, %fault, "no block to propose again"),
            }
            Ok(Outcome::Done)
        });
    }
}
