//! What a family's phone asks: which chain this is, whose trail and records its owner may see, and the way to a counter that has a card
//! reader.
//!
//! A phone is a guest of the node: state and trails are for operators. So what concerns a person is given here to that person and to
//! those guardians whom the chain names now, with the proofs that the phone checks by itself; everybody else hears the same as about
//! somebody who is not known.

use crate::{
    body,
    call::{Call, Entrance},
    caller::Caller,
    id::malformed_id,
    ports::DeskError,
    problem::Problem,
    router::{FORM_BYTES_MAX, SMALL_BYTES_MAX, no_such_method},
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, Path, Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_client_sdk::proofs::Checkpoint;
use musubi_primitives::{
    BlockHash, Category, CategorySet, CiphertextHash, Commitment, ConsentId, ConsentState, HpkeKey,
    Language, MemberId, MemberKind, Moment, Pseudonym, Purpose, RecordId,
    resident::{Authority, SignerRole},
    trail::TrailRow,
    view::RuleSetView,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;

/// Where everybody may ask which chain this is, without a signature.
pub const CHAIN: &str = "/v1/chain";
/// The most rows, or records, in one answer.
pub const PIECES_MAX: u32 = 100;
/// The longest consent that is drafted on a phone, in days: a year.
pub const DRAFT_DAYS_MAX: u16 = 366;
/// The most characters of what a family calls a child.
pub const LABEL_CHARACTERS_MAX: usize = 20;

/// The chain, as a phone anchors its light client to it. Told to everybody.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// Its name.
    pub chain: String,
    /// Genesis and its validators.
    pub genesis: Checkpoint,
    /// The member that runs this node.
    pub home: Option<MemberId>,
    /// Active members, under the names that this node's people give them.
    pub members: Vec<MemberName>,
    /// The schedule rules in force.
    pub rules: Option<RuleSetView>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberName {
    /// Its number.
    pub member: MemberId,
    /// What it is.
    pub kind: MemberKind,
    /// Its name, where this node has one.
    pub name: Option<String>,
}

/// Whom a phone's owner speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Family {
    /// The owner, in the health domain.
    pub person: Pseudonym,
    /// The owner, then those whom the owner decides for, as the chain has it now.
    pub people: Vec<Relative>,
}

/// Somebody whom a phone's owner speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Relative {
    /// Who, on the chain.
    pub subject: Pseudonym,
    /// As whom the owner decides.
    pub role: SignerRole,
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it no longer holds; none for oneself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Name, as the register has it; it does not leave the municipality but for this answer.
    pub name: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub born: String,
}

/// A row of a trail with the path to its block's anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvedRow {
    /// The row.
    pub row: TrailRow,
    /// Height of its block.
    pub height: u64,
    /// The path (SCALE), hexadecimal.
    pub proof: String,
}

/// A consent that concerns a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FamilyConsent {
    /// Which.
    pub consent: ConsentId,
    /// Who gave it, or is to.
    pub guardian: Pseudonym,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Which records.
    pub categories: CategorySet,
    /// First moment it holds.
    pub not_before: Moment,
    /// First moment it no longer holds.
    pub until: Moment,
    /// How it stands.
    pub state: ConsentState,
}

/// A record that the home municipality keeps, as sealed as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FamilyRecord {
    /// Which.
    pub record: RecordId,
    /// Its class.
    pub category: Category,
    /// Who wrote it.
    pub author: MemberId,
    /// Salted commitment, as on the chain.
    pub commitment: Commitment,
    /// Address of the ciphertext, as on the chain.
    pub ciphertext: CiphertextHash,
    /// Whether a newer record took its place, or it was entered in error.
    pub is_void: bool,
    /// The sealed record (SCALE), base64.
    pub sealed: String,
    /// Its key, wrapped to the device that asks (SCALE), base64; none where it was sealed before the device was known, or is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
}

/// A vaccination record that the municipality signed (SMART Health Card).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthCard {
    /// Compact JWS.
    pub card: String,
}

/// In which form a family takes a record along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyForm {
    /// A FHIR Bundle with the Patient and every record, for the next system.
    Fhir,
    /// Paper: doses, measures, forms and consents as PDF, in Japanese.
    Pdf,
}

impl CopyForm {
    fn media_type(self) -> &'static str {
        match self {
            Self::Fhir => "application/fhir+json",
            Self::Pdf => "application/pdf",
        }
    }
}

/// A consent that a guardian put together on the phone, to be signed where a card can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Whose records.
    pub subject: Pseudonym,
    /// What the family calls the child; never a name.
    pub label: String,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Which records.
    pub categories: CategorySet,
    /// For how many days.
    pub days: u16,
    /// In which language it is read.
    pub language: Language,
}

/// A draft on its way to the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandOver {
    /// Eight digits that the guardian says or shows.
    pub code: String,
    /// First moment at which they mean nothing any more.
    pub until: Moment,
    /// Who signs.
    pub guardian: Pseudonym,
    /// What was put together.
    pub draft: Draft,
    /// The statement that the counter made of it, base64: the bytes that the card will sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

/// The statement that a counter made of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepared {
    /// Its canonical bytes, base64.
    #[serde(deserialize_with = "body::base64")]
    pub statement: Vec<u8>,
}

/// What a municipality's node does for its families' phones.
#[async_trait]
pub trait FamilyDesk: Send + Sync + 'static {
    /// The chain and its members.
    async fn about(&self) -> Result<About, DeskError>;
    /// Whom the caller speaks for.
    async fn family(&self, caller: &Caller) -> Result<Family, DeskError>;
    /// Rows of a trail from `first` on, at most [`PIECES_MAX`].
    async fn trail(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        first: u64,
    ) -> Result<Vec<ProvedRow>, DeskError>;
    /// Trie nodes that prove how long the trail is after a block: so that no row is missing.
    async fn trail_end(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        block: BlockHash,
    ) -> Result<Vec<Vec<u8>>, DeskError>;
    /// Every consent about a subject that the chain remembers: for those who speak for the subject, and for the counter of the home
    /// municipality, where any of them may end it by card.
    async fn consents(
        &self,
        caller: &Caller,
        subject: Pseudonym,
    ) -> Result<Vec<FamilyConsent>, DeskError>;
    /// Records after `after`, at most [`PIECES_MAX`], each with the envelope for a device's key.
    async fn records(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        key: HpkeKey,
        after: Option<RecordId>,
    ) -> Result<Vec<FamilyRecord>, DeskError>;
    /// Signs the doses that the municipality's own vault can open. A frozen record gives none.
    async fn health_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
    ) -> Result<HealthCard, DeskError>;
    /// The whole record, as far as the municipality's own vault can open it and families are given it. A frozen record gives none.
    async fn copy(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        form: CopyForm,
    ) -> Result<Vec<u8>, DeskError>;
    /// Keeps a draft for the counter and gives it a code.
    async fn hand_over(&self, caller: &Caller, draft: Draft) -> Result<HandOver, DeskError>;
    /// A draft by its code: for its guardian, and for the municipality's counter.
    async fn handed_over(&self, caller: &Caller, code: &str) -> Result<HandOver, DeskError>;
    /// Puts the statement beside the draft, so that the guardian reads on the phone what the card will sign. Counter only.
    async fn prepare(
        &self,
        caller: &Caller,
        code: &str,
        prepared: Prepared,
    ) -> Result<HandOver, DeskError>;
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    desk: Arc<dyn FamilyDesk>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

type SmallCall = Call<SMALL_BYTES_MAX>;

/// Builds the routes.
pub fn router(entrance: Entrance, desk: Arc<dyn FamilyDesk>) -> Router {
    Router::new()
        .route(CHAIN, get(about))
        .route("/v1/family", get(family))
        .route("/v1/family/{subject}/trail", get(trail))
        .route("/v1/family/{subject}/trail-end", get(trail_end))
        .route("/v1/family/{subject}/consents", get(consents))
        .route("/v1/family/{subject}/records", get(records))
        .route("/v1/family/{subject}/health-cards", post(health_card))
        .route("/v1/family/{subject}/copy", get(copy))
        .route("/v1/hand-overs", post(hand_over))
        .route("/v1/hand-overs/{code}", get(handed_over))
        .route("/v1/hand-overs/{code}", post(prepare))
        .method_not_allowed_fallback(no_such_method)
        .with_state(Service { entrance, desk })
}

/// Open to all: it says nothing that a certificate of any block does not say.
async fn about(State(service): State<Service>) -> Result<Response, Problem> {
    Ok(Json(service.desk.about().await?).into_response())
}

async fn family(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    Ok(Json(service.desk.family(&call.caller).await?).into_response())
}

/// From which row on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    #[serde(default)]
    first: u64,
}

async fn trail(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let From { first } = query(&call, "?first= and a row's number, or nothing")?;
    let subject = pseudonym(&subject)?;
    let rows = service.desk.trail(&call.caller, subject, first).await?;
    Ok(Json(rows).into_response())
}

/// After which block.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    block: BlockHash,
}

async fn trail_end(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let At { block } = query(&call, "?block= and the hash of a final block")?;
    let subject = pseudonym(&subject)?;
    let nodes = service.desk.trail_end(&call.caller, subject, block).await?;
    let spelled: Vec<String> = nodes
        .iter()
        .map(|node| format!("0x{}", hex::encode(node)))
        .collect();
    Ok(Json(spelled).into_response())
}

async fn consents(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let subject = pseudonym(&subject)?;
    Ok(Json(service.desk.consents(&call.caller, subject).await?).into_response())
}

/// For which device, and after which record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    key: HpkeKey,
    after: Option<RecordId>,
}

async fn records(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let For { key, after } = query(
        &call,
        "?key= and the device's sealing key, and &after= and a record to go on",
    )?;
    let subject = pseudonym(&subject)?;
    let records = service.desk.records(&call.caller, subject, key, after);
    Ok(Json(records.await?).into_response())
}

async fn health_card(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let subject = pseudonym(&subject)?;
    let card = service.desk.health_card(&call.caller, subject).await?;
    Ok((StatusCode::CREATED, Json(card)).into_response())
}

/// In which form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct As {
    form: CopyForm,
}

async fn copy(
    State(service): State<Service>,
    Path(subject): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let As { form } = query(&call, "?form=fhir or ?form=pdf")?;
    let subject = pseudonym(&subject)?;
    let copy = service.desk.copy(&call.caller, subject, form).await?;
    Ok(([(CONTENT_TYPE, form.media_type())], copy).into_response())
}

async fn hand_over(
    State(service): State<Service>,
    call: Call<FORM_BYTES_MAX>,
) -> Result<Response, Problem> {
    let draft: Draft = body::parse(
        &call.body,
        "subject, label, recipient, purpose, categories, days and language",
    )?;
    let kept = service
        .desk
        .hand_over(&call.caller, checked(draft)?)
        .await?;
    Ok((StatusCode::CREATED, Json(kept)).into_response())
}

fn checked(draft: Draft) -> Result<Draft, Problem> {
    let characters = draft.label.chars().count();
    let is_said = (1..=LABEL_CHARACTERS_MAX).contains(&characters);
    let lasts = (1..=DRAFT_DAYS_MAX).contains(&draft.days);
    if is_said && lasts && !draft.categories.is_empty() && draft.categories.is_known() {
        return Ok(draft);
    }
    let detail = format!(
        "expected a label of 1 to {LABEL_CHARACTERS_MAX} characters, at least one known category, and 1 to {DRAFT_DAYS_MAX} days"
    );
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "draft",
        detail,
    ))
}

async fn handed_over(
    State(service): State<Service>,
    Path(code): Path<String>,
    call: SmallCall,
) -> Result<Response, Problem> {
    Ok(Json(service.desk.handed_over(&call.caller, &code).await?).into_response())
}

async fn prepare(
    State(service): State<Service>,
    Path(code): Path<String>,
    call: Call<FORM_BYTES_MAX>,
) -> Result<Response, Problem> {
    let prepared = body::parse(&call.body, "statement (base64)")?;
    let kept = service.desk.prepare(&call.caller, &code, prepared).await?;
    Ok(Json(kept).into_response())
}

fn query<T: DeserializeOwned>(call: &SmallCall, expected: &str) -> Result<T, Problem> {
    let Query(query) = Query::try_from_uri(&call.uri).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed-query",
            format!("expected {expected}"),
        )
    })?;
    Ok(query)
}

fn pseudonym(text: &str) -> Result<Pseudonym, Problem> {
    text.parse().map_err(|error| malformed_id("subject", error))
}
