//! Commit certificates: the engine's form and the chain's form of the same signatures.

use crate::{context::MusubiContext, height::Height, validator::ConsensusKey, wire::Malformed};
use arc_malachitebft_core_types::{
    CommitCertificate as DecidedCertificate, ExtendedCommitCertificate, ExtendedCommitSignature,
    Round,
};
use arc_malachitebft_signing_ed25519::Signature;
use musubi_primitives::{
    BlockHash,
    finality::{CommitCertificate, CommitSignature},
};

/// The chain's form of a certificate that the engine has just decided by; signatures ordered by key.
///
/// # Errors
/// When the certificate names no round, which the engine never does.
pub fn from_decided(
    certificate: &DecidedCertificate<MusubiContext>,
) -> Result<CommitCertificate, Malformed> {
    let signatures = certificate
        .commit_signatures
        .iter()
        .map(|entry| signature(entry.address, &entry.signature));
    plain(
        certificate.height,
        certificate.round,
        certificate.value_id,
        signatures.collect(),
    )
}

/// The chain's form of a certificate that travels in sync.
///
/// # Errors
/// When the certificate names no round.
pub fn from_synced(
    certificate: &ExtendedCommitCertificate<MusubiContext>,
) -> Result<CommitCertificate, Malformed> {
    let signatures = certificate
        .commit_signatures
        .iter()
        .map(|entry| signature(entry.address, &entry.signature));
    plain(
        certificate.height,
        certificate.round,
        certificate.value_id,
        signatures.collect(),
    )
}

/// The engine's form of a certificate for sync; votes carry no extensions.
pub fn to_synced(certificate: &CommitCertificate) -> ExtendedCommitCertificate<MusubiContext> {
    let entry = |entry: &CommitSignature| {
        ExtendedCommitSignature::new(
            ConsensusKey(entry.validator),
            Signature::from_bytes(entry.signature),
            None,
        )
    };
    ExtendedCommitCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        value_id: certificate.block,
        commit_signatures: certificate.signatures.iter().map(entry).collect(),
    }
}

fn signature(validator: ConsensusKey, signature: &Signature) -> CommitSignature {
    CommitSignature {
        validator: validator.0,
        signature: signature.to_bytes(),
    }
}

fn plain(
    height: Height,
    round: Round,
    block: BlockHash,
    mut signatures: Vec<CommitSignature>,
) -> Result<CommitCertificate, Malformed> {
    signatures.sort_by_key(|entry| entry.validator);
    Ok(CommitCertificate {
        height: height.0,
        round: round.as_u32().ok_or(Malformed::NoRound)?,
        block,
        signatures,
    })
}
