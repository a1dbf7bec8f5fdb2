//! A round begins. After a crash the engine's log knows hashes only; the chain answers with the blocks that it kept for the round.

use crate::{
    context::MusubiContext,
    engine::{Engine, Outcome, answer},
    height::Height,
    validator::ConsensusKey,
    value::BlockValue,
};
use arc_malachitebft_core_types::{Round, Validity};
use arc_malachitebft_engine::host::ProposedValue;
use musubi_node_core::ports::Undecided;
use ractor::RpcReplyPort;

impl Engine {
    pub(super) fn started_round(
        &mut self,
        height: Height,
        round: Round,
        reply: RpcReplyPort<Vec<ProposedValue<MusubiContext>>>,
    ) {
        let (height, round) = (height.0, round.as_u32().unwrap_or(0));
        self.place.height = height;
        self.place.round = round;
        self.status.started_round(height, round);
        self.reassembly.forget_below(height);
        self.bodies.forget_below(height);
        if self.place.first == Some(height) {
            self.recall(height, round, reply);
        } else {
            answer(reply, Vec::new());
        }
        self.check_bodies();
    }

    fn recall(
        &mut self,
        height: u64,
        round: u32,
        reply: RpcReplyPort<Vec<ProposedValue<MusubiContext>>>,
    ) {
        let host = self.host.clone();
        self.spawn(async move {
            let kept = host.undecided(height, round).await?;
            answer(reply, kept.iter().map(value_of).collect());
            Ok(Outcome::Done)
        });
    }
}

/// The engine's word for a block that the chain has judged.
pub(super) fn value_of(undecided: &Undecided) -> ProposedValue<MusubiContext> {
    ProposedValue {
        height: Height(undecided.height),
        round: Round::new(undecided.round),
        valid_round: Round::from(undecided.valid_round),
        proposer: ConsensusKey(undecided.proposer),
        value: BlockValue(undecided.hash),
        validity: Validity::from_bool(undecided.valid),
    }
}
