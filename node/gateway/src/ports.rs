//! What the gateway needs of the node behind it: a gatekeeper that knows accounts, and desks that do what is asked.

use crate::{
    body::{
        CheckInForm, EnrolmentForm, GuardianshipForm, NonceBatchForm, NoncePurpose, SealedDocument,
    },
    caller::{Caller, Standing},
    home::HomeDesk,
    sessions::Visitor,
};
use async_trait::async_trait;
use musubi_fhir::{Refusal, Resource};
use musubi_primitives::{
    AccountId, BlockHash, ConsentId, Decision, MemberId, Moment, Pseudonym, RecordId, RequestId,
    SessionId, view::RecordView,
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
    /// Whose card opened a visit at this terminal, while it goes on; known where the card was judged, in the home municipality.
    async fn visitor(
        &self,
        terminal: &Caller,
        visit: SessionId,
    ) -> Result<Option<Visitor>, DeskError>;
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
    /// A resource does not fit what it must fit, such as its form; says where, and what was expected.
    #[error("{0}")]
    Refused(Refusal),
    /// The transaction is final, and the runtime refused it: the chain's last word. Names the rule.
    #[error("the chain refused: {0}")]
    RefusedByChain(String),
    /// No block took the transaction; says why. Another one may be taken.
    #[error("the transaction was not taken: {0}")]
    NotTaken(String),
    /// There is no room for it; says whose share is used up. Nothing of it was kept.
    #[error("{0}")]
    Full(String),
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
    /// The member that runs this node; none while the chain does not know the node.
    pub member: Option<MemberId>,
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

/// Nonces that one terminal carries where there is no network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedBatch {
    /// A signed nonce batch (SCALE), base64: the terminal checks it against the verifier's key on the chain.
    pub batch: String,
    /// First moment at which they may be used.
    pub not_before: Moment,
    /// First moment at which they may no longer be used; what was signed before it is handed in within a day after it.
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
        /// Whether the reason tells of the state of certificate or signature, which only the person and the home municipality hear.
        #[serde(skip)]
        is_of_the_card: bool,
        /// Height of the block that records it, when there was something to record it on.
        #[serde(skip_serializing_if = "Option::is_none")]
        block: Option<u64>,
    },
}

/// What became of a check-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum CheckInAnswer {
    /// The visit is open on the chain.
    Opened {
        /// The newest block that is known to have it.
        block: u64,
        /// First moment at which the visit is over.
        until: Moment,
    },
    /// The signature is valid and the revocation answer is not in: the visit opens when it comes; sent again, the check-in gets the
    /// answer that is due then.
    Pending,
    /// The card was not accepted for this visit.
    Refused {
        /// Which rule, for programs.
        code: CheckInRefusal,
        /// The same in words, without personal data.
        reason: String,
    },
}

/// Why a check-in is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckInRefusal {
    /// What was signed cannot be read.
    Unreadable,
    /// Signed for another visit.
    OtherVisit,
    /// Signed for another subject.
    OtherSubject,
    /// Signed for another member.
    OtherPlace,
    /// Signed for another terminal: relayed or replayed.
    OtherTerminal,
    /// Signed for another member of staff, or one who may receive nobody there.
    OtherStaff,
    /// Signed for another purpose.
    OtherPurpose,
    /// Its time is over, or its nonce's.
    Stale,
    /// Its nonce was used before, or was never issued to this terminal for a check-in.
    NonceNotValid,
    /// It has opened its visit, and that is over.
    Used,
    /// No card of this person is known for check-ins, or it was suspended.
    NoCard,
    /// Another card than the person's: a sibling's, a former one.
    OtherCard,
    /// The card's holder is neither the subject nor a guardian.
    NotEntitled,
    /// No consent in force lets this member ask for this purpose.
    NoConsent,
    /// The certificate or signature does not count.
    SignatureNotValid,
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
    async fn issue_nonce(
        &self,
        caller: &Caller,
        purpose: NoncePurpose,
    ) -> Result<IssuedNonce, DeskError>;
    /// Issues nonces that the caller carries where there is no network.
    async fn issue_nonce_batch(
        &self,
        caller: &Caller,
        form: NonceBatchForm,
    ) -> Result<IssuedBatch, DeskError>;
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
    /// Judges a check-in by card and opens the visit on the chain.
    async fn check_in(
        &self,
        caller: &Caller,
        form: CheckInForm,
    ) -> Result<CheckInAnswer, DeskError>;
    /// Seals a checked resource about `subject`, commits it and hands it to the holders.
    async fn take_in(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError>;
    /// What the chain knows of a record that the caller's member wrote or keeps.
    async fn record(&self, caller: &Caller, record: RecordId) -> Result<RecordView, DeskError>;
    /// What the runtime decided on a request, for those whom it concerns: the member that asked, the subject, a guardian, the home
    /// municipality.
    async fn decision(&self, caller: &Caller, request: RequestId) -> Result<Decision, DeskError>;
    /// Answers a vault message (SCALE in, SCALE out): this node's own vault, or the custodian's through the members' network.
    async fn vault(
        &self,
        caller: &Caller,
        custodian: MemberId,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, DeskError>;
}
