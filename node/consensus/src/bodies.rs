//! Where a block's body meets the signed proposal for it, in whatever order they come.
//!
//! Only a body whose hash a proposer has signed for that round is executed: parts are not signed, so nothing else in them is believed.

use crate::{context::MusubiContext, proposal::Proposal, streaming::StreamName};
use arc_malachitebft_engine::host::ProposedValue;
use musubi_primitives::BlockHash;
use ractor::RpcReplyPort;
use std::collections::BTreeMap;

/// The most different proposals remembered for one round; an honest proposer signs one.
const PROPOSALS_PER_ROUND_MAX: usize = 2;
/// The most rounds of which anything is remembered; the lowest gives way.
const ROUNDS_MAX: usize = 64;

/// A block that has come together and whose hash is right.
#[derive(Debug)]
pub(crate) struct Received {
    /// Its hash.
    pub(crate) hash: BlockHash,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Where the verdict goes.
    pub(crate) reply: RpcReplyPort<ProposedValue<MusubiContext>>,
}

/// Bodies and proposals that wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    rounds: BTreeMap<StreamName, Round>,
}

#[derive(Debug, Default)]
struct Round {
    body: Option<Received>,
    proposals: Vec<Proposal>,
}

impl Bodies {
    /// Takes a body in; a later one for the same round replaces it.
    pub(crate) fn insert_body(&mut self, name: StreamName, body: Received) {
        self.round(name).body = Some(body);
    }

    /// Takes a proposal in whose signature holds.
    pub(crate) fn insert_proposal(&mut self, proposal: Proposal) {
        let name = StreamName {
            height: proposal.height.0,
            round: proposal.round,
        };
        let proposals = &mut self.round(name).proposals;
        if proposals.len() < PROPOSALS_PER_ROUND_MAX && !proposals.contains(&proposal) {
            proposals.push(proposal);
        }
    }

    /// Takes out what can be checked at this height: bodies with the proposals that name them.
    pub(crate) fn take_matching(&mut self, height: u64) -> Vec<(Proposal, Received)> {
        self.rounds
            .iter_mut()
            .filter(|(name, _)| name.height == height)
            .filter_map(|(_, round)| round.take_matching())
            .collect()
    }

    /// Drops what belongs to heights below this one.
    pub(crate) fn forget_below(&mut self, height: u64) {
        self.rounds.retain(|name, _| name.height >= height);
    }

    fn round(&mut self, name: StreamName) -> &mut Round {
        if self.rounds.len() >= ROUNDS_MAX && !self.rounds.contains_key(&name) {
            self.rounds.pop_first();
        }
        self.rounds.entry(name).or_default()
    }
}

impl Round {
    fn take_matching(&mut self) -> Option<(Proposal, Received)> {
        let hash = self.body.as_ref()?.hash;
        let proposal = self
            .proposals
            .iter()
            .find(|proposal| proposal.block.0 == hash)?
            .clone();
        self.body.take().map(|body| (proposal, body))
    }
}
