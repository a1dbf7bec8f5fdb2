//! Written forms of the certificates by which validators bring each other up to date within a height.

use super::{
    CERTIFICATE_BYTES_MAX, Malformed, Mirror, OnWire, begun, bounded, consensus::SignedVoteMirror,
};
use crate::{
    context::MusubiContext,
    height::Height,
    validator::ConsensusKey,
    vote::{kind_of, type_of},
};
use arc_malachitebft_core_consensus::LivenessMsg;
use arc_malachitebft_core_types::{
    NilOrVal, PolkaCertificate, PolkaSignature, Round, RoundCertificate, RoundCertificateType,
    RoundSignature,
};
use arc_malachitebft_signing_ed25519::Signature;
use codec::{Decode, Encode};
use musubi_primitives::{BlockHash, VerifyingKey, finality::VoteKind};

/// Prevotes of more than two thirds for one block.
#[derive(Debug, Encode, Decode)]
pub struct PolkaMirror {
    height: u64,
    round: u32,
    block: BlockHash,
    signatures: Vec<(VerifyingKey, [u8; 64])>,
}

impl OnWire for PolkaCertificate<MusubiContext> {
    type Mirror = PolkaMirror;
}

impl Mirror<PolkaCertificate<MusubiContext>> for PolkaMirror {
    const BYTES_MAX: usize = CERTIFICATE_BYTES_MAX;

    fn of(certificate: &PolkaCertificate<MusubiContext>) -> Result<Self, Malformed> {
        let signatures = certificate
            .polka_signatures
            .iter()
            .map(|entry| (entry.address.0, entry.signature.to_bytes()));
        Ok(Self {
            height: certificate.height.0,
            round: begun(certificate.round)?,
            block: certificate.value_id,
            signatures: signatures.collect(),
        })
    }

    fn restore(self) -> Result<PolkaCertificate<MusubiContext>, Malformed> {
        let signatures = bounded(self.signatures)?.into_iter();
        Ok(PolkaCertificate {
            height: Height(self.height),
            round: Round::new(self.round),
            value_id: self.block,
            polka_signatures: signatures
                .map(|(key, signature)| {
                    PolkaSignature::new(ConsensusKey(key), Signature::from_bytes(signature))
                })
                .collect(),
        })
    }
}

/// One vote within a [`RoundMirror`].
#[derive(Debug, Encode, Decode)]
pub(super) struct RoundSignatureMirror {
    kind: VoteKind,
    block: Option<BlockHash>,
    validator: VerifyingKey,
    signature: [u8; 64],
}

/// Votes that let validators leave a round.
#[derive(Debug, Encode, Decode)]
pub struct RoundMirror {
    height: u64,
    round: u32,
    skip: bool,
    signatures: Vec<RoundSignatureMirror>,
}

impl RoundMirror {
    fn of(certificate: &RoundCertificate<MusubiContext>) -> Result<Self, Malformed> {
        Ok(Self {
            height: certificate.height.0,
            round: begun(certificate.round)?,
            skip: match certificate.cert_type {
                RoundCertificateType::Skip => true,
                RoundCertificateType::Precommit => false,
            },
            signatures: certificate
                .round_signatures
                .iter()
                .map(RoundSignatureMirror::of)
                .collect(),
        })
    }

    fn restore(self) -> Result<RoundCertificate<MusubiContext>, Malformed> {
        Ok(RoundCertificate {
            height: Height(self.height),
            round: Round::new(self.round),
            cert_type: if self.skip {
                RoundCertificateType::Skip
            } else {
                RoundCertificateType::Precommit
            },
            round_signatures: bounded(self.signatures)?
                .into_iter()
                .map(RoundSignatureMirror::restore)
                .collect(),
        })
    }
}

impl RoundSignatureMirror {
    fn of(entry: &RoundSignature<MusubiContext>) -> Self {
        let block = match entry.value_id {
            NilOrVal::Nil => None,
            NilOrVal::Val(block) => Some(block),
        };
        Self {
            kind: kind_of(entry.vote_type),
            block,
            validator: entry.address.0,
            signature: entry.signature.to_bytes(),
        }
    }

    fn restore(self) -> RoundSignature<MusubiContext> {
        RoundSignature::new(
            type_of(self.kind),
            self.block.map_or(NilOrVal::Nil, NilOrVal::Val),
            ConsensusKey(self.validator),
            Signature::from_bytes(self.signature),
        )
    }
}

/// What validators repeat so that a stuck round moves on.
#[derive(Debug, Encode, Decode)]
pub enum LivenessMirror {
    /// A vote once more.
    #[codec(index = 0)]
    Vote(SignedVoteMirror),
    /// Prevotes for one block.
    #[codec(index = 1)]
    Polka(PolkaMirror),
    /// Votes that end a round.
    #[codec(index = 2)]
    Round(RoundMirror),
}

impl OnWire for LivenessMsg<MusubiContext> {
    type Mirror = LivenessMirror;
}

impl Mirror<LivenessMsg<MusubiContext>> for LivenessMirror {
    const BYTES_MAX: usize = CERTIFICATE_BYTES_MAX;

    fn of(message: &LivenessMsg<MusubiContext>) -> Result<Self, Malformed> {
        Ok(match message {
            LivenessMsg::Vote(vote) => Self::Vote(SignedVoteMirror::of(vote)),
            LivenessMsg::PolkaCertificate(certificate) => {
                Self::Polka(PolkaMirror::of(certificate)?)
            }
            LivenessMsg::SkipRoundCertificate(certificate) => {
                Self::Round(RoundMirror::of(certificate)?)
            }
        })
    }

    fn restore(self) -> Result<LivenessMsg<MusubiContext>, Malformed> {
        Ok(match self {
            Self::Vote(vote) => LivenessMsg::Vote(vote.restore()),
            Self::Polka(certificate) => LivenessMsg::PolkaCertificate(certificate.restore()?),
            Self::Round(certificate) => LivenessMsg::SkipRoundCertificate(certificate.restore()?),
        })
    }
}
