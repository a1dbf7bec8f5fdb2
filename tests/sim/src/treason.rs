//! How traitors bend what they send; their cores are as honest as any. Double blocks are made in `node::host`, lies about the chain in
//! `node::sync`, forgetting in `Hands::crash`, and twins are two nodes with one key.

use crate::{
    message::{Message, To},
    node::Hands,
    scenario::Treason,
    signatures::ready,
};
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use musubi_node_consensus::{
    context::MusubiContext, proposal::Proposal, streaming::StreamName, value::BlockValue,
    vote::Vote,
};
use musubi_primitives::BlockHash;
use std::time::Duration;

/// The most milliseconds by which [`Treason::Late`] is late.
const LATE_MAX: u64 = 4_000;

/// What really goes out for a message: to whom, and how much later.
pub(crate) fn bend(hands: &mut Hands, to: To, message: Message) -> Vec<(To, Message, Duration)> {
    let honest = |message| vec![(to, message, Duration::ZERO)];
    match (hands.treason(), message) {
        (
            Some(Treason::Silent),
            Message::Consensus(_) | Message::Liveness(_) | Message::Part(_),
        ) => Vec::new(),
        (Some(Treason::Late), message) => {
            let late = hands.lateness(LATE_MAX);
            vec![(to, message, late)]
        }
        (Some(Treason::TwoProposals | Treason::TwoVotes), Message::Consensus(message)) => {
            let other = double(hands, &message);
            let one = Message::Consensus(message);
            match other {
                Some(other) => vec![
                    (To::Half(0), one, Duration::ZERO),
                    (To::Half(1), Message::Consensus(other), Duration::ZERO),
                ],
                None => honest(one),
            }
        }
        (
            Some(
                Treason::Silent
                | Treason::TwoProposals
                | Treason::TwoVotes
                | Treason::BadBlocks
                | Treason::Amnesia
                | Treason::Liar
                | Treason::Twin,
            )
            | None,
            message,
        ) => honest(message),
    }
}

/// A second signed message for the same step, when the traitor has one.
fn double(
    hands: &Hands,
    message: &SignedConsensusMsg<MusubiContext>,
) -> Option<SignedConsensusMsg<MusubiContext>> {
    match message {
        SignedConsensusMsg::Proposal(signed) => {
            let name = StreamName {
                height: signed.message.height.0,
                round: signed.message.round,
            };
            let block = BlockValue(hands.double_of(name)?);
            let proposal = Proposal {
                block,
                ..signed.message.clone()
            };
            let signed =
                ready(hands.signer().sign_proposal(proposal)).expect("a key at hand signs");
            Some(SignedConsensusMsg::Proposal(signed))
        }
        SignedConsensusMsg::Vote(signed) => {
            let vote = other_vote(hands, &signed.message);
            let signed = ready(hands.signer().sign_vote(vote)).expect("a key at hand signs");
            Some(SignedConsensusMsg::Vote(signed))
        }
    }
}

/// For the double block if there is one, else for nothing, else for any block heard of.
fn other_vote(hands: &Hands, vote: &Vote) -> Vote {
    let mut plain = vote.plain();
    let name = StreamName {
        height: plain.height,
        round: plain.round,
    };
    plain.block = match plain.block {
        Some(_) => hands.double_of(name),
        None => hands.heard_block(name.height),
    };
    Vote::from(plain)
}

impl Hands {
    pub(crate) fn treason(&self) -> Option<Treason> {
        self.treason
    }

    fn lateness(&mut self, most: u64) -> Duration {
        self.chance.millis(0, most)
    }

    fn double_of(&self, name: StreamName) -> Option<BlockHash> {
        self.memory.doubles.get(&name).copied()
    }

    fn heard_block(&self, height: u64) -> Option<BlockHash> {
        let heard = self
            .memory
            .proposals
            .iter()
            .find(|proposal| proposal.height.0 == height);
        heard.map(|proposal| proposal.block.0)
    }

    fn signer(&self) -> &dyn arc_malachitebft_signing::Signer<MusubiContext> {
        &*self.signatures.signer
    }
}
