//! Parts of a block come in; when the block is whole and its proposer has signed its hash, the chain executes it before the engine votes.

use super::round::value_of;
use crate::{
    bodies::Received,
    context::MusubiContext,
    engine::{Engine, EngineError, Outcome, answer},
    part::BlockPart,
    peer::peer_id,
    proposal::Proposal,
    streaming::{Body, StreamName},
};
use arc_malachitebft_app_channel::app::types::PeerId;
use arc_malachitebft_core_types::Validator as _;
use arc_malachitebft_engine::{
    host::ProposedValue,
    util::streaming::{StreamContent, StreamMessage},
};
use musubi_node_core::ports::{BlockBytes, ConsensusHost, Freshness, Undecided, Verdict};
use ractor::RpcReplyPort;

/// Parts of so many heights and rounds ahead of ours are kept.
const HEIGHTS_AHEAD_MAX: u64 = 1;
const ROUNDS_AHEAD_MAX: u32 = 8;

impl Engine {
    pub(super) fn received_part(
        &mut self,
        publisher: PeerId,
        message: StreamMessage<BlockPart>,
        reply: RpcReplyPort<ProposedValue<MusubiContext>>,
    ) {
        let Some(name) = StreamName::read(&message.stream_id) else {
            return;
        };
        let StreamContent::Data(part) = message.content else {
            return;
        };
        if !self.is_turn_of(&publisher, name) {
            tracing::debug!(%publisher, height = name.height, round = name.round, "a part from somebody who does not propose there");
            return;
        }
        self.hear(name.height);
        if let Some(body) = self
            .reassembly
            .insert(publisher, name, message.sequence, part)
        {
            self.received_body(body, reply);
        }
    }

    /// A signed proposal meets the body that it names, if that is here.
    pub(crate) fn meet(&mut self, proposal: Proposal) {
        self.bodies.insert_proposal(proposal);
        self.check_bodies();
    }

    /// Has every body checked that a proposal of the current height names.
    pub(crate) fn check_bodies(&mut self) {
        for (proposal, received) in self.bodies.take_matching(self.place.height) {
            if self.is_turn_of(&peer_id(&proposal.proposer.0), name_of(&proposal)) {
                let host = self.host.clone();
                self.spawn(async move { check(&*host, proposal, received).await });
            }
        }
    }

    /// Notes that somebody works on a height.
    pub(crate) fn hear(&mut self, height: u64) {
        self.heard.send_if_modified(|heard| {
            let later = *heard < height;
            *heard = height.max(*heard);
            later
        });
    }

    /// Parts count only from whom the round belongs to. For the next height, whose validators are not known yet, those of this height are
    /// taken; a newcomer's first proposal may so be missed by nodes that are a height behind, who then wait for the next round or for sync.
    fn is_turn_of(&self, publisher: &PeerId, name: StreamName) -> bool {
        let Some(validators) = &self.place.validators else {
            return false;
        };
        let ahead = match name.height.checked_sub(self.place.height) {
            Some(0) => name.round <= self.place.round.saturating_add(ROUNDS_AHEAD_MAX),
            Some(ahead) => ahead <= HEIGHTS_AHEAD_MAX && name.round <= ROUNDS_AHEAD_MAX,
            None => false,
        };
        ahead && peer_id(&validators.proposer(name.height, name.round).address().0) == *publisher
    }

    fn received_body(&mut self, body: Body, reply: RpcReplyPort<ProposedValue<MusubiContext>>) {
        let Body {
            name,
            publisher,
            claimed,
            bytes,
        } = body;
        if self.host.block_hash(&bytes) != Some(claimed) {
            tracing::warn!(%publisher, height = name.height, round = name.round, "a proposed block does not have the hash it claims");
            return;
        }
        self.bodies.insert_body(
            name,
            Received {
                hash: claimed,
                bytes,
                reply,
            },
        );
        self.check_bodies();
    }
}

fn name_of(proposal: &Proposal) -> StreamName {
    StreamName {
        height: proposal.height.0,
        round: proposal.round,
    }
}

/// A fault of this machine leaves the question unanswered and halts the engine, so that no timeout turns it into a vote against.
async fn check(
    host: &dyn ConsensusHost,
    proposal: Proposal,
    received: Received,
) -> Result<Outcome, EngineError> {
    let place = Undecided {
        height: proposal.height.0,
        round: proposal.round,
        valid_round: proposal.polka_round,
        proposer: proposal.proposer.0,
        hash: received.hash,
        valid: false,
    };
    // Two thirds have prevoted what is proposed again: its time was judged then.
    let freshness = if proposal.polka_round.is_some() {
        Freshness::Replayed
    } else {
        Freshness::Fresh
    };
    let block = BlockBytes {
        hash: received.hash,
        bytes: received.bytes,
    };
    let verdict = host.check(place.clone(), block, freshness).await?;
    if let Verdict::Invalid(reason) = &verdict {
        tracing::warn!(height = place.height, round = place.round, proposer = %place.proposer, reason, "a proposed block is invalid");
    }
    answer(
        received.reply,
        value_of(&Undecided {
            valid: verdict == Verdict::Valid,
            ..place
        }),
    );
    Ok(Outcome::Done)
}
