//! The one place where the engine's generic parameters become Musubi's own types.

use crate::{
    height::Height,
    part::BlockPart,
    proposal::Proposal,
    validator::{ConsensusKey, Validator, Validators},
    value::BlockValue,
    vote::{NoExtension, Vote, kind_of},
};
use arc_malachitebft_core_types::{Context, LinearTimeouts, NilOrVal, Round, VoteType};
use arc_malachitebft_signing_ed25519::Ed25519;
use musubi_primitives::{BlockHash, finality};

/// Closes the generics of Malachite over Musubi's types.
#[derive(Clone, Copy, Debug)]
pub struct MusubiContext;

impl Context for MusubiContext {
    type Address = ConsensusKey;
    type Height = Height;
    type ProposalPart = BlockPart;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = Validators;
    type Timeouts = LinearTimeouts;
    type Value = BlockValue;
    type Vote = Vote;
    type Extension = NoExtension;
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(
        &self,
        validators: &'a Validators,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        validators.proposer(height.0, begun(round))
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        block: BlockValue,
        polka_round: Round,
        proposer: ConsensusKey,
    ) -> Proposal {
        Proposal {
            height,
            round: begun(round),
            block,
            polka_round: polka_round.as_u32(),
            proposer,
        }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockHash>,
        validator: ConsensusKey,
    ) -> Vote {
        vote(VoteType::Prevote, height, round, value, validator)
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockHash>,
        validator: ConsensusKey,
    ) -> Vote {
        vote(VoteType::Precommit, height, round, value, validator)
    }
}

fn vote(
    vote_type: VoteType,
    height: Height,
    round: Round,
    value: NilOrVal<BlockHash>,
    validator: ConsensusKey,
) -> Vote {
    let block = match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(block) => Some(block),
    };
    Vote::from(finality::Vote {
        kind: kind_of(vote_type),
        height: height.0,
        round: begun(round),
        block,
        validator: validator.0,
    })
}

fn begun(round: Round) -> u32 {
    round.as_u32().expect("the engine proposes and votes only in rounds that have begun, and the wire format cannot say otherwise")
}
