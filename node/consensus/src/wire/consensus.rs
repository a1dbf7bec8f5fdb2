//! Written forms of votes, proposals and of what the write-ahead log keeps of them.

use super::{Malformed, Mirror, OnWire, SMALL_BYTES_MAX, begun};
use crate::{
    context::MusubiContext, height::Height, proposal::Proposal, validator::ConsensusKey,
    value::BlockValue, vote::Vote,
};
use arc_malachitebft_core_consensus::{ProposedValue, SignedConsensusMsg};
use arc_malachitebft_core_types::{Round, SignedMessage, ValidatorProof, Validity};
use arc_malachitebft_signing_ed25519::Signature;
use codec::{Decode, Encode};
use musubi_primitives::finality;

/// A vote with its signature.
#[derive(Debug, Encode, Decode)]
pub struct SignedVoteMirror {
    vote: finality::Vote,
    signature: [u8; 64],
}

impl SignedVoteMirror {
    pub(super) fn of(signed: &SignedMessage<MusubiContext, Vote>) -> Self {
        Self {
            vote: signed.message.plain(),
            signature: signed.signature.to_bytes(),
        }
    }

    pub(super) fn restore(self) -> SignedMessage<MusubiContext, Vote> {
        SignedMessage::new(self.vote.into(), Signature::from_bytes(self.signature))
    }
}

/// A signed vote or proposal.
#[derive(Debug, Encode, Decode)]
pub enum SignedConsensusMirror {
    /// A vote.
    #[codec(index = 0)]
    Vote(SignedVoteMirror),
    /// A proposal and its signature.
    #[codec(index = 1)]
    Proposal(Proposal, [u8; 64]),
}

impl OnWire for SignedConsensusMsg<MusubiContext> {
    type Mirror = SignedConsensusMirror;
}

impl Mirror<SignedConsensusMsg<MusubiContext>> for SignedConsensusMirror {
    const BYTES_MAX: usize = SMALL_BYTES_MAX;

    fn of(message: &SignedConsensusMsg<MusubiContext>) -> Result<Self, Malformed> {
        Ok(match message {
            SignedConsensusMsg::Vote(vote) => Self::Vote(SignedVoteMirror::of(vote)),
            SignedConsensusMsg::Proposal(proposal) => {
                Self::Proposal(proposal.message.clone(), proposal.signature.to_bytes())
            }
        })
    }

    fn restore(self) -> Result<SignedConsensusMsg<MusubiContext>, Malformed> {
        Ok(match self {
            Self::Vote(vote) => SignedConsensusMsg::Vote(vote.restore()),
            Self::Proposal(proposal, signature) => SignedConsensusMsg::Proposal(
                SignedMessage::new(proposal, Signature::from_bytes(signature)),
            ),
        })
    }
}

/// A value that the chain has judged, as the write-ahead log keeps it.
#[derive(Debug, Encode, Decode)]
pub struct ProposedValueMirror {
    height: Height,
    round: u32,
    valid_round: Option<u32>,
    proposer: ConsensusKey,
    value: BlockValue,
    valid: bool,
}

impl OnWire for ProposedValue<MusubiContext> {
    type Mirror = ProposedValueMirror;
}

impl Mirror<ProposedValue<MusubiContext>> for ProposedValueMirror {
    const BYTES_MAX: usize = SMALL_BYTES_MAX;

    fn of(value: &ProposedValue<MusubiContext>) -> Result<Self, Malformed> {
        Ok(Self {
            height: value.height,
            round: begun(value.round)?,
            valid_round: value.valid_round.as_u32(),
            proposer: value.proposer,
            value: value.value,
            valid: value.validity.is_valid(),
        })
    }

    fn restore(self) -> Result<ProposedValue<MusubiContext>, Malformed> {
        Ok(ProposedValue {
            height: self.height,
            round: Round::new(self.round),
            valid_round: Round::from(self.valid_round),
            proposer: self.proposer,
            value: self.value,
            validity: Validity::from_bool(self.valid),
        })
    }
}

/// A validator's proof that a peer id is its own.
#[derive(Debug, Encode, Decode)]
pub struct ValidatorProofMirror {
    public_key: Vec<u8>,
    peer: Vec<u8>,
    signature: [u8; 64],
}

impl OnWire for ValidatorProof<MusubiContext> {
    type Mirror = ValidatorProofMirror;
}

impl Mirror<ValidatorProof<MusubiContext>> for ValidatorProofMirror {
    const BYTES_MAX: usize = SMALL_BYTES_MAX;

    fn of(proof: &ValidatorProof<MusubiContext>) -> Result<Self, Malformed> {
        Ok(Self {
            public_key: proof.public_key.clone(),
            peer: proof.peer_id.clone(),
            signature: proof.signature.to_bytes(),
        })
    }

    fn restore(self) -> Result<ValidatorProof<MusubiContext>, Malformed> {
        Ok(ValidatorProof::new(
            self.public_key,
            self.peer,
            Signature::from_bytes(self.signature),
        ))
    }
}
