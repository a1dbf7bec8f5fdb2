//! Peers that lag ask for decided blocks. A fault here costs them an answer and nothing more.

use crate::{
    certificate,
    config::SYNC_HEIGHTS_MAX,
    context::MusubiContext,
    engine::{Engine, Outcome, answer},
    height::Height,
};
use arc_malachitebft_sync::RawDecidedValue;
use musubi_node_core::ports::BlockBytes;
use musubi_primitives::finality::CommitCertificate;
use ractor::RpcReplyPort;
use std::ops::RangeInclusive;

impl Engine {
    pub(super) fn history(
        &mut self,
        range: &RangeInclusive<Height>,
        reply: RpcReplyPort<Vec<RawDecidedValue<MusubiContext>>>,
    ) {
        let heights = clamp(range, self.host.tip());
        let host = self.host.clone();
        self.spawn(async move {
            let blocks = if heights.is_empty() {
                Ok(Vec::new())
            } else {
                host.decided(heights).await
            };
            let blocks = blocks.unwrap_or_else(|fault| {
                tracing::error!(%fault, "no history for a peer");
                Vec::new()
            });
            answer(reply, blocks.into_iter().map(decided_value).collect());
            Ok(Outcome::Done)
        });
    }

    pub(super) fn history_start(&mut self, reply: RpcReplyPort<Height>) {
        let host = self.host.clone();
        self.spawn(async move {
            let start = host.history_start().await.unwrap_or_else(|fault| {
                tracing::error!(%fault, "the start of this node's history is not known, it offers none");
                host.tip().saturating_add(1)
            });
            answer(reply, Height(start));
            Ok(Outcome::Done)
        });
    }
}

/// The asked heights that exist, and no more than one answer holds.
fn clamp(range: &RangeInclusive<Height>, tip: u64) -> RangeInclusive<u64> {
    let first = range.start().0;
    let most = u64::try_from(SYNC_HEIGHTS_MAX).unwrap_or(u64::MAX);
    first
        ..=range
            .end()
            .0
            .min(tip)
            .min(first.saturating_add(most.saturating_sub(1)))
}

fn decided_value(
    (block, certificate): (BlockBytes, CommitCertificate),
) -> RawDecidedValue<MusubiContext> {
    RawDecidedValue::new(block.bytes.into(), certificate::to_synced(&certificate))
}
