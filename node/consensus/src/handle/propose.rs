//! It is this node's turn: the chain builds a block, the engine proposes its hash, its bytes go out in parts.

use crate::{
    context::MusubiContext,
    engine::{Engine, Outcome, answer},
    height::Height,
    streaming::{StreamName, split},
    value::BlockValue,
};
use arc_malachitebft_core_types::Round;
use arc_malachitebft_engine::host::LocallyProposedValue;
use musubi_primitives::finality::BLOCK_BYTES_MAX;
use ractor::RpcReplyPort;
use std::time::Duration;

/// The share of the propose timeout for building; the others need the rest to fetch and execute the block.
const BUILDING_SHARE: u32 = 3;

impl Engine {
    pub(super) fn propose(
        &mut self,
        height: Height,
        round: Round,
        timeout: Duration,
        reply: RpcReplyPort<LocallyProposedValue<MusubiContext>>,
    ) {
        let name = StreamName {
            height: height.0,
            round: round.as_u32().unwrap_or(0),
        };
        let (host, key, publisher) = (self.host.clone(), self.key.0, self.actors.publisher());
        let budget = timeout.checked_div(BUILDING_SHARE).unwrap_or(timeout);
        self.spawn(async move {
            match host.propose(name.height, name.round, key, budget).await {
                Ok(block) if block.bytes.len() > BLOCK_BYTES_MAX as usize => {
                    tracing::error!(height = name.height, bytes = block.bytes.len(), "the block built is too large for anybody to accept");
                }
                Ok(block) => {
                    answer(reply, LocallyProposedValue::new(height, round, BlockValue(block.hash)));
                    publisher.publish(split(name, block.hash, &block.bytes));
                }
                // Not proposing is abstaining: no block exists that anybody could vote against. The round passes to the next validator.
                Err(fault) => tracing::error!(height = name.height, round = name.round, %fault, "no block to propose"),
            }
            Ok(Outcome::Done)
        });
    }
}
