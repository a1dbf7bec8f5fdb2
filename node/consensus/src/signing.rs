//! Signing and checking, always under a domain tag and bound to the genesis hash.
//!
//! A precommit is signed as [`musubi_primitives::finality::Vote::signing_bytes`] says, so that a commit certificate proves finality to anybody.

use crate::{
    ballots::Ballots,
    context::MusubiContext,
    proposal::Proposal,
    validator::ConsensusKey,
    vote::{NoExtension, Vote},
};
use arc_malachitebft_core_types::{SignedMessage, ValidatorProof, VoteExtensionScope};
use arc_malachitebft_signing::{Error, Signer, VerificationResult, Verifier};
use arc_malachitebft_signing_ed25519::{PrivateKey, PublicKey, Signature};
use async_trait::async_trait;
use musubi_primitives::{BlockHash, VerifyingKey};
use std::{
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// A node's Ed25519 key: its votes when it is a validator, and its address in the consensus network.
#[derive(Clone)]
pub struct NodeKey(PrivateKey);

impl NodeKey {
    /// The key made from a 32-byte seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(PrivateKey::from(seed))
    }

    /// The public half, as validator sets name it.
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(*self.0.public_key().as_bytes())
    }

    /// The seed, for the key pair of the network transport.
    pub(crate) fn seed(&self) -> [u8; 32] {
        *self.0.inner().as_bytes()
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeKey({})", self.public())
    }
}

/// Signs this node's votes and proposals.
#[derive(Clone, Debug)]
pub struct VoteSigner {
    key: NodeKey,
    genesis: BlockHash,
    ballots: Option<Arc<Mutex<Ballots>>>,
}

impl VoteSigner {
    /// Signs with `key` on the chain with this genesis hash whatever it is given.
    pub fn new(key: NodeKey, genesis: BlockHash) -> Self {
        Self {
            key,
            genesis,
            ballots: None,
        }
    }

    /// Notes every vote in a folder before it signs, and repeats what is noted there rather than vote twice.
    ///
    /// # Errors
    /// When the notes cannot be opened.
    pub fn with_memory(self, folder: &Path) -> io::Result<Self> {
        let ballots = Ballots::open(folder)?;
        Ok(Self {
            ballots: Some(Arc::new(Mutex::new(ballots))),
            ..self
        })
    }

    /// This node's address.
    pub fn address(&self) -> ConsensusKey {
        ConsensusKey(self.key.public())
    }

    /// The vote to sign in place of this one.
    fn settle(&self, vote: Vote) -> Result<Vote, Error> {
        let Some(ballots) = &self.ballots else {
            return Ok(vote);
        };
        let mut ballots = ballots.lock().unwrap_or_else(PoisonError::into_inner);
        ballots.settle(&vote).map_err(Error::from_source)
    }
}

#[async_trait]
impl Signer<MusubiContext> for VoteSigner {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<MusubiContext, Vote>, Error> {
        let vote = self.settle(vote)?;
        let signature = self.key.0.sign(&vote.plain().signing_bytes(&self.genesis));
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<MusubiContext, Proposal>, Error> {
        let signature = self.key.0.sign(&proposal.signing_bytes(&self.genesis));
        Ok(SignedMessage::new(proposal, signature))
    }

    async fn sign_vote_extension(
        &self,
        _scope: VoteExtensionScope<MusubiContext>,
        extension: NoExtension,
    ) -> Result<SignedMessage<MusubiContext, NoExtension>, Error> {
        match extension {}
    }

    /// The engine fixes these bytes (`PoV`, then both keys with their lengths); they collide with no domain tag of ours.
    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<MusubiContext>, Error> {
        let signature = self
            .key
            .0
            .sign(&ValidatorProof::<MusubiContext>::signing_bytes(
                &public_key,
                &peer_id,
            ));
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}

/// Checks everybody's signatures, and tells who listens of each proposal that holds.
#[derive(Clone, Debug)]
pub struct SignatureCheck {
    genesis: BlockHash,
    proposals: mpsc::Sender<Proposal>,
}

impl SignatureCheck {
    /// Checks signatures made on the chain with this genesis hash; proposals whose signature holds also go to `proposals`.
    pub fn new(genesis: BlockHash, proposals: mpsc::Sender<Proposal>) -> Self {
        Self { genesis, proposals }
    }
}

#[async_trait]
impl Verifier<MusubiContext> for SignatureCheck {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        Ok(check(
            key,
            &vote.plain().signing_bytes(&self.genesis),
            signature,
        ))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        let result = check(key, &proposal.signing_bytes(&self.genesis), signature);
        if result.is_valid() && self.proposals.try_send(proposal.clone()).is_err() {
            // Only a proposer that signs more proposals than the channel holds gets here; its own round then runs into its timeout.
            tracing::warn!(
                height = proposal.height.0,
                round = proposal.round,
                "too many proposals at once, one is set aside"
            );
        }
        Ok(result)
    }

    async fn verify_signed_vote_extension(
        &self,
        _scope: &VoteExtensionScope<MusubiContext>,
        extension: &NoExtension,
        _signature: &Signature,
        _key: &PublicKey,
    ) -> Result<VerificationResult, Error> {
        match *extension {}
    }

    async fn verify_validator_proof(
        &self,
        proof: &ValidatorProof<MusubiContext>,
    ) -> Result<VerificationResult, Error> {
        Ok(match proof.decoded_public_key() {
            Ok(key) => check(&key, &proof.preimage(), &proof.signature),
            Err(_) => VerificationResult::Invalid,
        })
    }
}

fn check(key: &PublicKey, message: &[u8], signature: &Signature) -> VerificationResult {
    VerificationResult::from_bool(key.verify(message, signature).is_ok())
}
