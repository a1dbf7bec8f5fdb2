//! What nodes send each other, and what a node asks of the world around it.

use crate::judge::Fact;
use arc_malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use arc_malachitebft_core_types::{Round, Timeout};
use arc_malachitebft_engine::util::streaming::StreamMessage;
use musubi_node_consensus::{
    context::MusubiContext, height::Height, part::BlockPart, proposal::Proposal,
    validator::ConsensusKey,
};
use musubi_primitives::finality::CommitCertificate;
use std::time::Duration;

/// A message between nodes.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Consensus(SignedConsensusMsg<MusubiContext>),
    Liveness(LivenessMsg<MusubiContext>),
    Part(StreamMessage<BlockPart>),
    /// The sender's tip.
    Status(u64),
    /// Asks for decided blocks from this height on.
    Request(u64),
    /// Decided blocks with what makes them final.
    Blocks(Vec<(Vec<u8>, CommitCertificate)>),
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Everybody,
    /// Every second place, from this one.
    Half(usize),
    One(usize),
}

/// What a node will do by itself later, unless it crashes before.
#[derive(Debug)]
pub(crate) enum Wake {
    Open(u64),
    Timer(Timeout, u64),
    Build(Height, Round),
    Check(Proposal, Vec<u8>),
    CheckSynced {
        height: Height,
        round: Round,
        proposer: ConsensusKey,
        bytes: Vec<u8>,
    },
    Commit(CommitCertificate),
    Recall(ProposedValue<MusubiContext>),
    Status,
}

/// What a node asks of the world.
#[derive(Debug)]
pub(crate) enum Order {
    Send(To, Message),
    After(Duration, Wake),
    Tell(Fact),
}
