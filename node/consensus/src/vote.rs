//! Votes. The engine's vote is the chain's own [`finality::Vote`], so that light clients check what validators really signed.

use crate::{context::MusubiContext, height::Height, validator::ConsensusKey};
use arc_malachitebft_core_types::{self as engine, NilOrVal, Round, SignedExtension, VoteType};
use musubi_primitives::{
    BlockHash,
    finality::{self, VoteKind},
};

/// Votes carry nothing but themselves: this type has no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoExtension {}

impl engine::Extension for NoExtension {
    fn size_bytes(&self) -> usize {
        match *self {}
    }
}

/// A prevote or a precommit, in a round that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    kind: VoteKind,
    height: Height,
    round: u32,
    value: NilOrVal<BlockHash>,
    validator: ConsensusKey,
}

impl Vote {
    /// The vote as the chain writes it down and signs it.
    pub fn plain(&self) -> finality::Vote {
        let block = match self.value {
            NilOrVal::Nil => None,
            NilOrVal::Val(block) => Some(block),
        };
        finality::Vote {
            kind: self.kind,
            height: self.height.0,
            round: self.round,
            block,
            validator: self.validator.0,
        }
    }
}

impl From<finality::Vote> for Vote {
    fn from(vote: finality::Vote) -> Self {
        Self {
            kind: vote.kind,
            height: Height(vote.height),
            round: vote.round,
            value: vote.block.map_or(NilOrVal::Nil, NilOrVal::Val),
            validator: ConsensusKey(vote.validator),
        }
    }
}

/// The chain's name for one of the engine's two kinds of votes.
pub fn kind_of(vote_type: VoteType) -> VoteKind {
    match vote_type {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}

/// The engine's name for one of the chain's two kinds of votes.
pub fn type_of(kind: VoteKind) -> VoteType {
    match kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
    }
}

impl engine::Vote<MusubiContext> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        Round::new(self.round)
    }

    fn value(&self) -> &NilOrVal<BlockHash> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockHash> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        type_of(self.kind)
    }

    fn validator_address(&self) -> &ConsensusKey {
        &self.validator
    }

    fn extension(&self) -> Option<&SignedExtension<MusubiContext>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<MusubiContext>> {
        None
    }

    fn extend(self, extension: SignedExtension<MusubiContext>) -> Self {
        match extension.message {}
    }
}
