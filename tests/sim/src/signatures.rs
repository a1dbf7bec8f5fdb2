//! Signing and checking: the product's own, or a keyed hash over the same bytes, which nobody here forges and which costs a hundredth.

use crate::block::GENESIS;
use arc_malachitebft_core_types::{SignedMessage, ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::{Error, Signer, VerificationResult, Verifier};
use arc_malachitebft_signing_ed25519::{PublicKey, Signature};
use async_trait::async_trait;
use futures::FutureExt;
use musubi_node_consensus::{
    NodeKey,
    context::MusubiContext,
    proposal::Proposal,
    signing::{SignatureCheck, VoteSigner},
    vote::{NoExtension, Vote},
};
use musubi_primitives::commitment::hash_parts;
use std::future::Future;

/// How one node signs and checks.
pub(crate) struct Signatures {
    pub(crate) signer: Box<dyn Signer<MusubiContext>>,
    pub(crate) check: Box<dyn Verifier<MusubiContext>>,
}

impl Signatures {
    pub(crate) fn new(key: &NodeKey, real: bool) -> Self {
        if real {
            // Nobody listens to the channel: `node` meets bodies and proposals itself.
            let (proposals, _) = tokio::sync::mpsc::channel(1);
            Self {
                signer: Box::new(VoteSigner::new(key.clone(), GENESIS)),
                check: Box::new(SignatureCheck::new(GENESIS, proposals)),
            }
        } else {
            Self {
                signer: Box::new(Keyed(key.public().0)),
                check: Box::new(KeyedCheck),
            }
        }
    }
}

/// Signing and checking wait for nothing.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    future
        .now_or_never()
        .expect("signing and checking a signature never wait")
}

#[derive(Debug)]
struct Keyed([u8; 32]);

fn keyed(key: &[u8; 32], message: &[u8]) -> Signature {
    let half = hash_parts(&[key, message]);
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&half);
    bytes[32..].copy_from_slice(&half);
    Signature::from_bytes(bytes)
}

#[async_trait]
impl Signer<MusubiContext> for Keyed {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<MusubiContext, Vote>, Error> {
        let signature = keyed(&self.0, &vote.plain().signing_bytes(&GENESIS));
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<MusubiContext, Proposal>, Error> {
        let signature = keyed(&self.0, &proposal.signing_bytes(&GENESIS));
        Ok(SignedMessage::new(proposal, signature))
    }

    async fn sign_vote_extension(
        &self,
        _: VoteExtensionScope<MusubiContext>,
        extension: NoExtension,
    ) -> Result<SignedMessage<MusubiContext, NoExtension>, Error> {
        match extension {}
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<MusubiContext>, Error> {
        let signature = keyed(&self.0, &peer_id);
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}

#[derive(Debug)]
struct KeyedCheck;

fn check(key: &PublicKey, message: &[u8], signature: &Signature) -> VerificationResult {
    VerificationResult::from_bool(keyed(key.as_bytes(), message) == *signature)
}

#[async_trait]
impl Verifier<MusubiContext> for KeyedCheck {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(check(key, &vote.plain().signing_bytes(&GENESIS), signature))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(check(key, &proposal.signing_bytes(&GENESIS), signature))
    }

    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<MusubiContext>,
        extension: &NoExtension,
        _: &Signature,
        _: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        match *extension {}
    }

    async fn verify_validator_proof(
        &self,
        _: &ValidatorProof<MusubiContext>,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }
}
