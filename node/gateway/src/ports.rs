//! What the gateway needs of the node behind it.

use async_trait::async_trait;
use musubi_fhir::Resource;
use musubi_primitives::{
    AccountId, BlockHash, ConsentId, Moment, Pseudonym, RecordId, seams::Actor,
};
use serde::Serialize;

/// Who stands behind an account, as finalised state says, and what time it is.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// Hash of block 0, bound into every signed call.
    fn genesis(&self) -> BlockHash;
    /// This machine's clock, milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Moment;
    /// The active member and role behind an account; `None` for strangers.
    async fn actor(&self, account: &AccountId) -> Result<Option<Actor>, DeskError>;
}

/// Why a desk did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The caller's role or member may not ask this here.
    #[error("{0}")]
    Forbidden(String),
    /// The request makes no sense as it stands; says what to do.
    #[error("{0}")]
    Unprocessable(String),
    /// The chain refused the transaction; names the rule.
    #[error("the chain refused: {0}")]
    RefusedByChain(String),
    /// This node does not offer it (no key for it is configured).
    #[error("{0}")]
    NotOffered(String),
    /// This machine failed; details are in its log only.
    #[error("the node cannot answer now; try again, or ask another node")]
    Unavailable(String),
}

/// A verifier's nonce: valid for one consent, until its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssuedNonce {
    /// 32 random bytes, hexadecimal.
    pub nonce: String,
    /// First moment it is no longer taken.
    pub expires: Moment,
}

/// What became of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Answer {
    /// The attester vouched; the block in which the chain has it.
    Attested {
        /// Height of the block.
        block: u64,
        /// The consent, for consent evidence.
        #[serde(skip_serializing_if = "Option::is_none")]
        consent: Option<ConsentId>,
    },
    /// Chain and signed statement differ, or the certificate does not serve.
    Disagreed {
        /// The first thing that differs, in words without personal data.
        reason: String,
        /// Height of the block that records it, when there was something to record it on.
        #[serde(skip_serializing_if = "Option::is_none")]
        block: Option<u64>,
    },
}

/// A record that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenIn {
    /// Its id.
    pub record: RecordId,
    /// Height of the block that committed it.
    pub block: u64,
}

/// The services behind the gateway.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// Issues a nonce for a consent statement.
    async fn issue_nonce(&self, caller: &Actor) -> Result<IssuedNonce, DeskError>;
    /// Opens evidence that is sealed to this municipality, checks it, and attests or disagrees on the chain.
    async fn receive_evidence(&self, caller: &Actor, sealed: Vec<u8>) -> Result<Answer, DeskError>;
    /// Seals a checked resource about `subject`, commits it and hands it to the holders.
    async fn take_in(
        &self,
        caller: &Actor,
        account: &AccountId,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError>;
    /// Answers a vault message (SCALE in, SCALE out).
    async fn vault(&self, caller: &Actor, message: Vec<u8>) -> Result<Vec<u8>, DeskError>;
}
