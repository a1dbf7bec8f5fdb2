//! What the home municipality does for its people beside enrolling them: life events of cards, guardians and protected persons; the
//! second word that a consent may need; papers to take home; the second look of an auditor; erasing evidence.

use crate::{
    body::{self, DeviceForm},
    call::Call,
    caller::Caller,
    id::Id,
    ports::{Applied, DeskError},
    problem::{Problem, with_type},
    router::{FORM_BYTES_MAX, Gateway, SMALL_BYTES_MAX},
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_primitives::{
    Commitment, ConsentId, ConsentState, Language, MemberId, Moment, Pseudonym,
};
use serde::{Deserialize, Serialize};

/// Something that happened to a person, entered by the counter of the home municipality.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "event",
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum LifeEvent {
    /// The card is lost: it signs nothing until it is found, and the consents given with it stay.
    CardLost {
        /// Whose card.
        person: Pseudonym,
    },
    /// The lost card is back.
    CardFound {
        /// Whose card.
        person: Pseudonym,
    },
    /// The card is unusable for ever; a new one is bound with a touch.
    CardRevoked {
        /// Whose card.
        person: Pseudonym,
    },
    /// The phone is lost: whatever devices the person had speak for nobody any more, and this one takes their place. The person has just
    /// shown at the counter who it is, by binding the card with a touch.
    PhoneLost {
        /// Whose phone.
        person: Pseudonym,
        /// Keys of the new one.
        device: DeviceForm,
    },
    /// A guardian may decide no longer.
    GuardianshipEnded {
        /// The child, or whoever was decided for.
        subject: Pseudonym,
        /// Who decided.
        guardian: Pseudonym,
    },
    /// Nothing of the subject is released any more until an officer lifts it.
    Frozen {
        /// Whose records.
        subject: Pseudonym,
    },
    /// The freeze is lifted.
    Unfrozen {
        /// Whose records.
        subject: Pseudonym,
    },
    /// A person comes under protection (支援措置): another pseudonym, which nothing on the chain joins to the old one, and only those
    /// guardians who are named.
    Protected {
        /// Who.
        person: Pseudonym,
        /// Guardians of before who go on deciding, by their pseudonyms now; all others learn nothing.
        guardians: Vec<Pseudonym>,
        /// Keys of the person's new device; those of before are retired for ever.
        device: Option<DeviceForm>,
    },
    /// Another holder of joint authority objects at the counter, which pauses the consent.
    Objected {
        /// To which consent.
        consent: ConsentId,
        /// Who objects.
        objector: Pseudonym,
        /// The objection on paper, signed at the counter (base64).
        #[serde(deserialize_with = "body::base64")]
        paper: Vec<u8>,
    },
    /// The objection is taken back.
    ObjectionWithdrawn {
        /// To which consent.
        consent: ConsentId,
        /// The words on paper, signed at the counter (base64).
        #[serde(deserialize_with = "body::base64")]
        paper: Vec<u8>,
    },
}

/// What became of a life event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LifeEntered {
    /// The newest block that has it.
    #[serde(flatten)]
    pub applied: Applied,
    /// The pseudonym from now on, for a person who came under protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonym: Option<Pseudonym>,
}

/// A consent as the chain has it, and what this municipality knows beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentStanding {
    /// Its state.
    pub state: ConsentState,
    /// First moment it no longer holds.
    pub until: Moment,
    /// Municipalities whose officers vouched, in order; one may stand twice.
    pub attested: Vec<MemberId>,
    /// How many such words bring it into force.
    pub needed: usize,
    /// Why this municipality disagreed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<Disagreement>,
}

/// Why a municipality disagreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The first thing that differed, in words without personal data.
    pub reason: String,
    /// Height of the block that records it.
    pub block: u64,
}

/// What a second officer sees before giving a word of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum SecondLook {
    /// Chain, statement, signature and register agree.
    Agrees {
        /// The statement in words, from the very bytes that were signed.
        statement: String,
    },
    /// The revocation answer is still out.
    Pending,
    /// Something differs.
    Differs {
        /// The first thing.
        reason: String,
    },
}

/// Evidence for the second village that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForSecond {
    /// The village, whose gateway takes it as evidence of kind `handed-over`.
    pub member: MemberId,
    /// Sealed to it, base64.
    pub sealed: String,
}

/// Which paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// The statement as it was shown, print-ready.
    Statement,
    /// The receipt, print-ready.
    ReceiptPdf,
    /// The receipt as canonical JSON.
    Receipt,
}

impl Paper {
    fn named(name: &str) -> Option<Self> {
        match name {
            "statement.pdf" => Some(Self::Statement),
            "receipt.pdf" => Some(Self::ReceiptPdf),
            "receipt.json" => Some(Self::Receipt),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Statement | Self::ReceiptPdf => "application/pdf",
            Self::Receipt => "application/json",
        }
    }
}

/// Which paper about a consent, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperForm {
    /// Which.
    pub paper: Paper,
    /// In which language; that of the statement otherwise.
    pub language: Option<Language>,
    /// Which of the consent's receipts, from 1; the newest otherwise.
    pub number: Option<u32>,
}

/// Evidence that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureForm {
    /// The consent whose evidence is destroyed.
    pub consent: ConsentId,
}

/// A municipality's signed word that it destroyed evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErasureReceipt {
    /// Who destroyed.
    pub holder: MemberId,
    /// Commitment to the document, as it stands on chain.
    pub commitment: Commitment,
    /// When, by the holder's clock.
    pub at: Moment,
    /// Ed25519 signature of the holder's verifier key, hexadecimal.
    pub signature: String,
}

/// What the home municipality offers beside its counter.
#[async_trait]
pub trait HomeDesk: Send + Sync + 'static {
    /// Enters a life event into the register and on the chain.
    async fn live(&self, caller: &Caller, event: LifeEvent) -> Result<LifeEntered, DeskError>;
    /// How a consent stands, for those whom it concerns.
    async fn consent(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ConsentStanding, DeskError>;
    /// Judges kept evidence again for a second officer, who then signs on the chain with a key of their own.
    async fn second_look(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<SecondLook, DeskError>;
    /// Seals kept evidence to the second village that the statement names.
    async fn for_second(&self, caller: &Caller, consent: ConsentId)
    -> Result<ForSecond, DeskError>;
    /// A paper about a consent, for the guardian and for the counter.
    async fn paper(
        &self,
        caller: &Caller,
        consent: ConsentId,
        form: PaperForm,
    ) -> Result<Vec<u8>, DeskError>;
    /// Judges kept evidence as of signing time for an auditor, as the name of a verdict. Nothing about revocation is in it.
    async fn audit(&self, caller: &Caller, consent: ConsentId) -> Result<AuditAnswer, DeskError>;
    /// Destroys the evidence of a consent that is over.
    async fn erase(&self, caller: &Caller, form: ErasureForm) -> Result<ErasureReceipt, DeskError>;
}

/// What an auditor is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditAnswer {
    /// `upheld`, `open` or `refuted`.
    pub verdict: &'static str,
    /// Why it should not have been attested, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<&'static str>,
}

/// The routes of this module.
pub(crate) fn routes() -> Router<Gateway> {
    Router::new()
        .route("/v1/life-events", post(live))
        .route("/v1/consents/{consent}", get(consent))
        .route("/v1/consents/{consent}/second-look", get(second_look))
        .route("/v1/consents/{consent}/for-second-village", get(for_second))
        .route("/v1/consents/{consent}/verdict", get(audit))
        .route("/v1/consents/{consent}/papers/{paper}", get(paper))
        .route("/v1/evidence/erasures", post(erase))
}

async fn live(
    State(gateway): State<Gateway>,
    call: Call<FORM_BYTES_MAX>,
) -> Result<Response, Problem> {
    let event = body::parse(
        &call.body,
        "event (card-lost, card-found, card-revoked, guardianship-ended, frozen, unfrozen, protected, objected or objection-withdrawn) and its fields",
    )?;
    let entered = gateway.desk.live(&call.caller, event).await?;
    Ok((StatusCode::CREATED, Json(entered)).into_response())
}

async fn consent(
    State(gateway): State<Gateway>,
    Id(consent): Id<ConsentId>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let standing = gateway.desk.consent(&call.caller, consent).await?;
    Ok(Json(standing).into_response())
}

async fn second_look(
    State(gateway): State<Gateway>,
    Id(consent): Id<ConsentId>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let look = gateway.desk.second_look(&call.caller, consent).await?;
    Ok(Json(look).into_response())
}

async fn for_second(
    State(gateway): State<Gateway>,
    Id(consent): Id<ConsentId>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let sealed = gateway.desk.for_second(&call.caller, consent).await?;
    Ok(Json(sealed).into_response())
}

async fn audit(
    State(gateway): State<Gateway>,
    Id(consent): Id<ConsentId>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let answer = gateway.desk.audit(&call.caller, consent).await?;
    Ok(Json(answer).into_response())
}

/// What may stand behind the name of a paper.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaperQuery {
    language: Option<Language>,
    number: Option<u32>,
}

async fn paper(
    State(gateway): State<Gateway>,
    Id(consent): Id<ConsentId>,
    Path((_, name)): Path<(String, String)>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let paper = Paper::named(&name).ok_or_else(|| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-paper",
            "expected statement.pdf, receipt.pdf or receipt.json",
        )
    })?;
    let Query(query): Query<PaperQuery> = Query::try_from_uri(&call.uri).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no-such-form",
            "expected ?language= with ja, ja-x-easy or en, &number= with the number of a receipt, or nothing",
        )
    })?;
    let form = PaperForm {
        paper,
        language: query.language,
        number: query.number,
    };
    let bytes = gateway.desk.paper(&call.caller, consent, form).await?;
    Ok(with_type(bytes.into_response(), paper.content_type()))
}

async fn erase(
    State(gateway): State<Gateway>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let form = body::parse(&call.body, "consent")?;
    let receipt = gateway.desk.erase(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(receipt)).into_response())
}
