//! Proposals: what the proposer of a round signs, with the hash of its block in place of the block.

use crate::{context::MusubiContext, height::Height, validator::ConsensusKey, value::BlockValue};
use arc_malachitebft_core_types::{self as engine, Round};
use codec::{Decode, Encode};
use musubi_primitives::{BlockHash, domain};

/// A proposal of one round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// Height it is for.
    pub height: Height,
    /// Round it is for.
    pub round: u32,
    /// The block proposed.
    pub block: BlockValue,
    /// The earlier round in which more than two thirds prevoted this block, when it is proposed again.
    pub polka_round: Option<u32>,
    /// Who proposes.
    pub proposer: ConsensusKey,
}

impl Proposal {
    /// The bytes that the proposer signs on the chain with this genesis hash.
    pub fn signing_bytes(&self, genesis: &BlockHash) -> Vec<u8> {
        [domain::PROPOSAL, &genesis.0, &self.encode()].concat()
    }
}

impl engine::Proposal<MusubiContext> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        Round::new(self.round)
    }

    fn value(&self) -> &BlockValue {
        &self.block
    }

    fn take_value(self) -> BlockValue {
        self.block
    }

    fn pol_round(&self) -> Round {
        Round::from(self.polka_round)
    }

    fn validator_address(&self) -> &ConsensusKey {
        &self.proposer
    }
}
