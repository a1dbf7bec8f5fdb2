//! What the gateway needs of the node behind it: a gatekeeper that knows accounts, and desks that do what is asked.

use crate::{
    body::{EnrolmentForm, GuardianshipForm, SealedDocument},
    caller::{Caller, Standing},
    home::HomeDesk,
};
use async_trait::async_trait;
use musubi_fhir::Resource;
use musubi_primitives::{
    AccountId, BlockHash, ConsentId, Decision, MemberId, Moment, Pseudonym, RecordId, RequestId,
    view::RecordView,
};
use serde::Serialize;

/// Who stands behind an account, as finalised state says, and what time it is.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// Hash of block 0, bound into every signed call.
    fn genesis(&self) -> BlockHash;
    /// This machine's clock, milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Moment;
    /// Who stands behind an account; `None` for strangers.
    async fn standing(&self, account: &AccountId) -> Result<Option<Standing>, DeskError>;
}

/// Why a desk did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The caller's role or member may not ask this here.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or not for this caller: the same words for both.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense as it stands; says what to do.
    #[error("{0}")]
    Unprocessable(String),
    /// The transaction is final, and the runtime refused it: the chain's last word. Names the rule.
    #[error("the chain refused: {0}")]
    RefusedByChain(String),
    /// No block took the transaction; says why. Another one may be taken.
    #[error("the transaction was not taken: {0}")]
    NotTaken(String),
    /// This node does not offer it (no key for it is configured).
    #[error("{0}")]
    NotOffered(String),
    /// This machine failed, or another one that it needs; details are in its log only.
    #[error("the node cannot answer now; try again, or ask another node")]
    Unavailable(String),
}

/// What a caller must know to sign an extrinsic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningContext {
    /// The member that runs this node.
    pub member: MemberId,
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// `specVersion` of the next block's runtime.
    pub spec_version: u32,
    /// `transactionVersion` of it.
    pub transaction_version: u32,
    /// Height of the newest finalised block.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// The caller's next nonce, transactions that wait included.
    pub nonce: u32,
}

/// A transaction that is final and did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub hash: BlockHash,
}

/// A verifier's nonce: valid for one document, from this caller, until its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedNonce {
    /// 32 random bytes, hexadecimal.
    pub nonce: String,
    /// First moment at which it may be used.
    pub not_before: Moment,
    /// First moment at which it is no longer taken.
    pub not_after: Moment,
}

/// A person who is in the register and on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Enrolled {
    /// The pseudonym in the domain asked for.
    pub pseudonym: Pseudonym,
    /// Height of the block that enrolled, unless the person was enrolled before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
}

/// What became of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Answer {
    /// The municipality vouched; the block in which the chain has it.
    Attested {
        /// Height of the block.
        block: u64,
        /// The consent, for evidence about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        consent: Option<ConsentId>,
    },
    /// The signature is valid and the revocation answer is not in: nothing was vouched for yet. The evidence was taken in and is
    /// finished when the answer comes; sent again, it gets the answer that is due then.
    Pending,
    /// Chain and signed document differ, or the certificate does not serve.
    Disagreed {
        /// The first thing that differs, in words without personal data.
        reason: String,
        /// Height of the block that records it, when there was something to record it on.
        #[serde(skip_serializing_if = "Option::is_none")]
        block: Option<u64>,
    },
}

/// A record that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TakenIn {
    /// Its id.
    pub record: RecordId,
    /// Height of the block that committed it; none if the same content had been taken in before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
}

/// The services behind the gateway.
#[async_trait]
pub trait Desk: HomeDesk {
    /// What the caller must know to sign an extrinsic.
    async fn signing_context(&self, caller: &Caller) -> Result<SigningContext, DeskError>;
    /// Submits a signed extrinsic and waits until it is final.
    async fn submit(&self, caller: &Caller, extrinsic: Vec<u8>) -> Result<Applied, DeskError>;
    /// Issues a nonce for a document that a card will sign.
    async fn issue_nonce(&self, caller: &Caller) -> Result<IssuedNonce, DeskError>;
    /// Enters a person into this municipality's register and enrols the pseudonym. Done again, it changes nothing.
    async fn enrol(&self, caller: &Caller, form: EnrolmentForm) -> Result<Enrolled, DeskError>;
    /// Enters a guardianship into the register and attests it on the chain.
    async fn attest_guardianship(
        &self,
        caller: &Caller,
        form: GuardianshipForm,
    ) -> Result<Applied, DeskError>;
    /// Opens evidence that is sealed to this municipality, checks it, and vouches or disagrees on the chain.
    async fn receive_evidence(
        &self,
        caller: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError>;
    /// Seals a checked resource about `subject`, commits it and hands it to the holders.
    async fn take_in(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError>;
    /// What the chain knows of a record that the caller's member wrote or keeps.
    async fn record(&self, caller: &Caller, record: RecordId) -> Result<RecordView, DeskError>;
    /// What the runtime decided on a request; whoever knows its random id may ask.
    async fn decision(&self, caller: &Caller, request: RequestId) -> Result<Decision, DeskError>;
    /// Answers a vault message (SCALE in, SCALE out): this node's own vault, or the custodian's through the members' network.
    async fn vault(
        &self,
        caller: &Caller,
        custodian: MemberId,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, DeskError>;
}
