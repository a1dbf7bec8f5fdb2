//! What the facade needs of the node behind it: records on the shelf, people of the register, and what the chain says about somebody.
//!
//! The node implements these ports with the keys of one member. So the facade can show what that member wrote, and what the chain lets
//! it read of others; it has no other way to anything.

use async_trait::async_trait;
use musubi_care::{
    child::Sex,
    forms::{flags::Flag, scale::Score},
    rules::RuleSet,
};
use musubi_fhir::{Refusal, Resource};
use musubi_primitives::{
    AccountId, BlockHash, CategorySet, Claim, ConsentId, DenialReason, MemberId, Moment, Pseudonym,
    Purpose, RecordId, Role,
    record::Category,
    trail::TrailRow,
    view::{ConsentView, RecordView},
};
use serde_json::Value;
use std::sync::Arc;

/// Why a port did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The client's role or this member may not.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or not for this member: the same words for both.
    #[error("{0}")]
    NotFound(String),
    /// The runtime denied the access that was asked for; the denial is on the trail.
    #[error("the chain denies this access: {0:?}")]
    Denied(DenialReason),
    /// The request makes no sense as it stands; says what to do.
    #[error("{0}")]
    Unprocessable(String),
    /// A resource does not fit what it must fit, such as its form; says where.
    #[error("{0}")]
    Refused(Refusal),
    /// The chain refused the transaction; names the rule.
    #[error("{0}")]
    Conflict(String),
    /// This node has no key or no register for it.
    #[error("{0}")]
    NotOffered(String),
    /// This machine, or one that it needs, failed; details are in the log only.
    #[error("the node cannot answer now; try again")]
    Unavailable(String),
}

/// On what a session reads records that others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// What for.
    pub purpose: Purpose,
    /// What the request rests on; the runtime decides whether it does.
    pub claim: Claim,
}

/// What a system is told whose role ended on the chain.
pub const NOT_IN_OFFICE: &str = "the chain gives the staff key behind this client its role no more: an operator of this member registers a key in that role, and names it as the client's office";

/// Whoever holds an access token: a registered system of this member, in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The client's id in the node's configuration.
    pub client: Arc<str>,
    /// The role that its acts are done in.
    pub role: Role,
    /// The member's staff key that has this role on the chain: where one is named, the role lasts as long as the chain gives it that key.
    pub office: Option<AccountId>,
    /// On what it reads what others wrote; without one it sees its own member's records only.
    pub ground: Option<Ground>,
}

/// One version of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The chain's id of this version.
    pub record: RecordId,
    /// When it was committed, if this node keeps that row of the trail.
    pub committed: Option<Moment>,
    /// What was written; none once it is erased.
    pub content: Option<Value>,
}

/// One record of the chain with what this node has of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Which.
    pub record: RecordId,
    /// What the chain says of it.
    pub view: RecordView,
    /// When it was committed, if this node keeps that row of the trail.
    pub committed: Option<Moment>,
    /// When it was entered in error, likewise.
    pub in_error_since: Option<Moment>,
    /// Its content, opened.
    pub content: Option<Value>,
}

/// A record with all versions that are known of it, oldest first: what FHIR calls an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// About whom.
    pub subject: Pseudonym,
    /// Who wrote it.
    pub author: MemberId,
    /// Its class.
    pub category: Category,
    /// At least one.
    pub versions: Vec<Version>,
    /// Whether the newest version is marked as entered in error.
    pub in_error: bool,
    /// When it was, if this node keeps that row of the trail.
    pub in_error_since: Option<Moment>,
}

/// A person as the register has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The pseudonym of the health domain.
    pub pseudonym: Pseudonym,
    /// `system|value` of the register's identifier.
    pub identifier: String,
    /// Name as it is written; reading.
    pub name: String,
    /// Its reading, in kana; empty if unknown.
    pub kana: String,
    /// `YYYY-MM-DD`; empty if unknown.
    pub born: String,
    /// Whether under protection (支援措置).
    pub protected: bool,
    /// Sex as registered; none if unknown.
    pub sex: Option<Sex>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(hidden)")
    }
}

/// A resource that is about to be taken in.
#[derive(Clone, Debug)]
pub struct Draft {
    /// About whom.
    pub subject: Pseudonym,
    /// The resource, checked.
    pub resource: Resource,
    /// The record that it is about to replace, which so does not stand in its way.
    pub replaced: Option<RecordId>,
    /// Whether it passed [`Shelf::check_all`], together with others, a moment ago.
    pub is_held: bool,
}

/// A record that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub record: RecordId,
    /// Whether it is new; the same content sent again is not.
    pub is_new: bool,
}

/// Where a fact stands on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Height of the block.
    pub height: u64,
    /// Which of the block's trail rows it is, from 0.
    pub index: u32,
    /// Hash of the block.
    pub block: BlockHash,
}

/// Records: this member's own, and those of others as far as the chain permits.
#[async_trait]
pub trait Shelf: Send + Sync + 'static {
    /// The member whose node this is.
    fn member(&self) -> MemberId;
    /// What the chain knows of a record.
    async fn filed(&self, record: RecordId) -> Result<Option<RecordView>, PortError>;
    /// Everything that this member wrote about somebody. No permit is needed: it is its own (invariant I1).
    async fn authored(&self, subject: Pseudonym) -> Result<Vec<Instance>, PortError>;
    /// What others wrote about somebody: asked of the chain, permitted, and released by a custodian against the ticket.
    async fn released(
        &self,
        agent: &Agent,
        subject: Pseudonym,
        categories: CategorySet,
    ) -> Result<Vec<Instance>, PortError>;
    /// Whether the agent's role may write this resource here; says the category.
    async fn check_author(&self, agent: &Agent, resource: &Resource)
    -> Result<Category, PortError>;
    /// Whether all of these could be taken in together: each dose is held against the schedule as if those before it stood already and
    /// what the others replace, or what is `void` then, did not; and there is room for all. Nothing is written.
    ///
    /// # Errors
    /// The place of the first that cannot be taken in, and why.
    async fn check_all(
        &self,
        drafts: &[Draft],
        void: &[RecordId],
    ) -> Result<(), (usize, PortError)>;
    /// Seals a resource about somebody, commits it, and hands it to the holders.
    async fn take_in(&self, agent: &Agent, draft: Draft) -> Result<Taken, PortError>;
    /// Puts a newer record in the place of an older one.
    async fn supersede(&self, older: RecordId, newer: RecordId) -> Result<(), PortError>;
    /// Marks a record as entered in error.
    async fn enter_in_error(&self, record: RecordId) -> Result<(), PortError>;
}

/// The municipality's register, where this node has one.
#[async_trait]
pub trait People: Send + Sync + 'static {
    /// Whether there is a register here.
    fn is_offered(&self) -> bool;
    /// Whose pseudonym this is.
    async fn person(&self, pseudonym: Pseudonym) -> Result<Option<Person>, PortError>;
    /// Whose identifier this is, `system|value`.
    async fn by_identifier(&self, identifier: &str) -> Result<Option<Person>, PortError>;
    /// People whose name or reading contains the text.
    async fn by_name(&self, text: &str) -> Result<Vec<Person>, PortError>;
}

/// The rules and forms at hand.
#[async_trait]
pub trait Handbook: Send + Sync + 'static {
    /// The rules of the schedule in force.
    async fn rules(&self) -> Result<Arc<RuleSet>, PortError>;
    /// The rules' product that a CodeableConcept means; none unless it is known for sure.
    fn product(&self, concept: &Value) -> Option<String>;
    /// The code system of the rules' own product codes.
    fn product_system(&self) -> &str;
    /// Every form, as a FHIR Questionnaire with url and version.
    fn forms(&self) -> Vec<Value>;
    /// What in a QuestionnaireResponse the physician should look at.
    ///
    /// # Errors
    /// Where the response does not fit its form, or the form is not at hand.
    fn flags(&self, response: &Value) -> Result<Vec<Flag>, Refusal>;
    /// The score of a QuestionnaireResponse to a scale that this member may use.
    ///
    /// # Errors
    /// As [`Self::flags`]; and for a form that is no scale, or answers that are not whole.
    fn score(&self, response: &Value) -> Result<Score, Refusal>;
}

/// What the chain says about somebody.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// This machine's clock, milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Moment;
    /// Hash of block 0.
    fn genesis(&self) -> BlockHash;
    /// The role that the chain now gives a staff key of this member; none for a key that it never had, that ended, or that is another's.
    async fn role(&self, key: AccountId) -> Result<Option<Role>, PortError>;
    /// Whether the chain knows the pseudonym; where its home is.
    async fn home(&self, subject: Pseudonym) -> Result<Option<MemberId>, PortError>;
    /// The whole trail of somebody, each row with its place.
    async fn trail(&self, subject: Pseudonym) -> Result<Vec<(TrailRow, Place)>, PortError>;
    /// One row by its place.
    async fn row(&self, height: u64, index: u32) -> Result<Option<(TrailRow, Place)>, PortError>;
    /// The path (SCALE) from a row to the trail root in its block's anchor; none where this node does not keep the block's rows.
    async fn path(&self, height: u64, index: u32) -> Result<Option<Vec<u8>>, PortError>;
    /// A consent as it reads now.
    async fn consent(&self, consent: ConsentId) -> Result<Option<ConsentView>, PortError>;
}
