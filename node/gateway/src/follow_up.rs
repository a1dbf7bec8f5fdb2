//! Follow-up, for officers and public-health nurses of the home municipality: who is due, what was done for whoever did not come, how many
//! came, who got a lot, and the papers on mistakes and suspected reactions.
//!
//! All of it is about the municipality's own people and from its own ledger; none of it goes to clinics, since that a family did not come is
//! itself sensitive.

pub mod incidents;
pub mod letters;
pub mod surveys;

use crate::{
    body,
    call::{Call, Entrance},
    caller::Caller,
    ports::DeskError,
    problem::Problem,
    router::{SMALL_BYTES_MAX, no_such_method},
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, Query, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use incidents::IncidentDesk;
use letters::LetterDesk;
use musubi_care::{
    civil::Date,
    due::{DueCheckup, DueDose},
    figures::{
        Published, checkups::BandFigures, maternal::MaternalFigures, vaccinated::CohortCoverage,
    },
    follow_up::{State as FollowUpState, Step},
    report::{Gap, IncidentReport, ReactionReport},
};
use musubi_primitives::{Pseudonym, RecordId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;
use surveys::SurveyDesk;

/// The most bytes of a report.
pub const REPORT_BYTES_MAX: usize = 64 * 1024;
/// The most people whose due list is made at once; what follows is asked for with `after`.
pub const PEOPLE_MAX: u32 = 500;

/// Which due list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueQuery {
    /// The day; today in Japan without one.
    pub on: Option<Date>,
    /// Go on after this person.
    pub after: Option<Pseudonym>,
    /// At most so many people, 1 to [`PEOPLE_MAX`].
    pub people: Option<u32>,
}

/// A page of the due list, by people in the order of their pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuePage {
    /// The day.
    pub on: Date,
    /// Doses: overdue before due, then by the last day of the legal period. `person` is the pseudonym.
    pub doses: Vec<DueDose>,
    /// Checkups whose time has come, or is over, without a record of one.
    pub checkups: Vec<DueCheckup>,
    /// People whose birth date the register does not have: nothing can be said of them.
    pub undated: Vec<String>,
    /// How many people this page is about.
    pub people: usize,
    /// For `after`, if there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Pseudonym>,
}

/// A step that somebody took for a child who is expected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepForm {
    /// Whom it is about.
    pub subject: Pseudonym,
    /// Which appointment: a form's or product's code, such as `checkup-18m` or `MR`.
    pub about: String,
    /// `invite`, `remind`, `telephone`, `visit`, `see` or `refer`.
    pub step: Step,
    /// The day; never before the step before.
    pub on: Date,
}

/// Where a follow-up stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Whom it is about.
    pub subject: Pseudonym,
    /// Which appointment.
    pub about: String,
    /// Where it stands.
    pub state: FollowUpState,
    /// The next step; none once the child was seen or referred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Step>,
    /// First day of the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
}

/// Which follow-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQuery {
    /// Those whose next step is due on this day; today in Japan without one.
    pub on: Option<Date>,
    /// Those about this person alone, in whatever state.
    pub subject: Option<Pseudonym>,
}

/// Which figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageQuery {
    /// The fiscal year that begins on 1 April of this year.
    pub year: i32,
    /// Tables that may be published: counts below this are hidden, and enough others. Without it: the report to the prefecture.
    pub publish: Option<u32>,
}

/// Figures of a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Coverage {
    /// As the municipality itself counts (地域保健・健康増進事業報告); not to be published.
    Counted {
        /// The fiscal year.
        year: i32,
        /// Checkups by band.
        checkups: Vec<BandFigures>,
        /// Pregnancies notified, and checkups of mothers.
        maternal: MaternalFigures,
        /// Doses given.
        doses: Counts,
        /// Who has had which dose, by cohort, at the year's end or today.
        vaccinated: Vec<CohortCoverage>,
    },
    /// Small counts hidden.
    Published {
        /// The fiscal year.
        year: i32,
        /// Checkups by band.
        checkups: Published,
        /// Doses given.
        doses: Published,
        /// Who has had which dose, by cohort, at the year's end or today.
        vaccinated: Vec<PublishedCohort>,
    },
}

/// Coverage of a cohort, small counts hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedCohort {
    /// The fiscal year of birth.
    pub born: i32,
    /// Dose by dose: children who have had it, and who have not.
    pub doses: Published,
}

/// A table as counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Names of its rows.
    pub rows: Vec<String>,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Counts, row by row.
    pub counts: Vec<Vec<u32>>,
}

/// Which lot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallQuery {
    /// Lot number; width, case, spaces and hyphens do not matter.
    pub lot: String,
    /// Product code of the rules, since two makers may use one number.
    pub product: Option<String>,
}

/// A dose of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoseOfLot {
    /// Who got it.
    pub subject: Pseudonym,
    /// Its record.
    pub record: RecordId,
    /// Product, if its code is known.
    pub product: Option<String>,
    /// Day of injection, if the record has it.
    pub date: Option<String>,
    /// Lot as the record writes it.
    pub lot: String,
}

/// What a recall found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    /// Doses of the lot.
    pub doses: Vec<DoseOfLot>,
    /// Doses without a lot, of the product asked for or an unknown one: they may be of it.
    pub without_lot: Vec<DoseOfLot>,
}

/// A paper to be checked and completed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperForm<R> {
    /// The dose's record in the own vault: what it says fills the fields that are empty.
    pub record: Option<RecordId>,
    /// The fields, as far as they are known.
    pub report: R,
}

/// A paper with what is missing; nothing of it is kept here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paper<R> {
    /// The paper.
    pub report: R,
    /// What is missing before somebody signs it; empty when it is whole.
    pub gaps: Vec<Gap>,
    /// Whether it must be passed on at once.
    pub urgent: bool,
}

/// The desk of officers and public-health nurses.
#[async_trait]
pub trait FollowUpDesk: SurveyDesk + LetterDesk + IncidentDesk {
    /// Whose doses and checkups are due or overdue.
    async fn due(&self, caller: &Caller, query: DueQuery) -> Result<DuePage, DeskError>;
    /// Notes a step.
    async fn take_step(&self, caller: &Caller, form: StepForm) -> Result<Standing, DeskError>;
    /// Follow-ups that wait for somebody, or all about one person.
    async fn open(&self, caller: &Caller, query: OpenQuery) -> Result<Vec<Standing>, DeskError>;
    /// Counts checkups and doses of a fiscal year.
    async fn coverage(&self, caller: &Caller, query: CoverageQuery) -> Result<Coverage, DeskError>;
    /// Finds every dose of a lot.
    async fn recall(&self, caller: &Caller, query: RecallQuery) -> Result<Recalled, DeskError>;
    /// Completes and checks a report of a mistake (間違い接種).
    async fn incident(
        &self,
        caller: &Caller,
        form: PaperForm<IncidentReport>,
    ) -> Result<Paper<IncidentReport>, DeskError>;
    /// Completes and checks the draft on a suspected reaction (副反応疑い), for the physician.
    async fn reaction(
        &self,
        caller: &Caller,
        form: PaperForm<ReactionReport>,
    ) -> Result<Paper<ReactionReport>, DeskError>;
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    desk: Arc<dyn FollowUpDesk>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

type SmallCall = Call<SMALL_BYTES_MAX>;
type ReportCall = Call<REPORT_BYTES_MAX>;

/// Builds the routes.
pub fn router(entrance: Entrance, desk: Arc<dyn FollowUpDesk>) -> Router {
    Router::new()
        .route("/v1/follow-up/due", get(due))
        .route("/v1/follow-up/steps", post(take_step))
        .route("/v1/follow-up/open", get(open))
        .route("/v1/follow-up/coverage", get(coverage))
        .route("/v1/follow-up/recall", get(recall))
        .route("/v1/follow-up/incident-reports", post(incident))
        .route("/v1/follow-up/reaction-reports", post(reaction))
        .merge(incidents::routes())
        .merge(letters::routes())
        .merge(surveys::routes())
        .method_not_allowed_fallback(no_such_method)
        .with_state(Service { entrance, desk })
}

/// The query, each parameter known.
fn query<T: DeserializeOwned>(uri: &Uri, expected: &str) -> Result<T, Problem> {
    let Query(query) = Query::try_from_uri(uri).map_err(|_| {
        let detail = format!("expected {expected}");
        Problem::new(StatusCode::BAD_REQUEST, "malformed-query", detail)
    })?;
    Ok(query)
}

async fn due(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(
        &call.uri,
        "?on= (YYYY-MM-DD), after= (a pseudonym) and people= (1 to 500), or nothing",
    )?;
    Ok(Json(service.desk.due(&call.caller, query).await?).into_response())
}

async fn take_step(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let form = body::parse(
        &call.body,
        "subject, about, step (invite, remind, telephone, visit, see or refer) and on",
    )?;
    let standing = service.desk.take_step(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(standing)).into_response())
}

async fn open(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(&call.uri, "?on= (YYYY-MM-DD) and subject=, or nothing")?;
    let open = service.desk.open(&call.caller, query).await?;
    Ok(Json(serde_json::json!({"open": open})).into_response())
}

async fn coverage(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(
        &call.uri,
        "?year= and, for publication, publish= (2 to 1000)",
    )?;
    Ok(Json(service.desk.coverage(&call.caller, query).await?).into_response())
}

async fn recall(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(&call.uri, "?lot= and, where it is known, product=")?;
    Ok(Json(service.desk.recall(&call.caller, query).await?).into_response())
}

async fn incident(State(service): State<Service>, call: ReportCall) -> Result<Response, Problem> {
    let form = body::parse(
        &call.body,
        "record and report, with the fields of the paper",
    )?;
    Ok(Json(service.desk.incident(&call.caller, form).await?).into_response())
}

async fn reaction(State(service): State<Service>, call: ReportCall) -> Result<Response, Problem> {
    let form = body::parse(
        &call.body,
        "record and report, with the fields of the paper",
    )?;
    Ok(Json(service.desk.reaction(&call.caller, form).await?).into_response())
}
