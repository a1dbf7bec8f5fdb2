//! A peer hands over a block with the certificate that makes it final; the engine has checked the certificate, the chain executes the block.

use super::round::value_of;
use crate::{
    context::MusubiContext,
    engine::{Engine, Outcome, answer},
    height::Height,
    validator::ConsensusKey,
};
use arc_malachitebft_core_types::Round;
use arc_malachitebft_engine::host::SyncedValueOutcome;
use bytes::Bytes;
use musubi_node_core::ports::{BlockBytes, Freshness, Undecided, Verdict};
use ractor::RpcReplyPort;

impl Engine {
    pub(super) fn synced(
        &mut self,
        height: Height,
        round: Round,
        proposer: ConsensusKey,
        bytes: Bytes,
        reply: RpcReplyPort<SyncedValueOutcome<MusubiContext>>,
    ) {
        let Some(hash) = self.host.block_hash(&bytes) else {
            return answer(reply, SyncedValueOutcome::PeerFault);
        };
        self.place.synced = self.place.synced.max(height.0);
        self.hear(height.0);
        let round = round.as_u32().unwrap_or(0);
        let place = Undecided {
            height: height.0,
            round,
            valid_round: None,
            proposer: proposer.0,
            hash,
            valid: false,
        };
        let host = self.host.clone();
        self.spawn(async move {
            let block = BlockBytes { hash, bytes: bytes.to_vec() };
            let verdict = host.check(place.clone(), block, Freshness::Replayed).await?;
            if let Verdict::Invalid(reason) = &verdict {
                tracing::error!(height = place.height, block = %hash, reason, "two thirds decided a block that this node finds invalid");
            }
            let valid = verdict == Verdict::Valid;
            answer(reply, SyncedValueOutcome::Verdict(value_of(&Undecided { valid, ..place })));
            Ok(Outcome::Done)
        });
    }
}
