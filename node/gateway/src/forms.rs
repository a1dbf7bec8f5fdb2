//! Forms as families use them: which are offered for a child, one form as it is published, and a draft that is kept until it is sent.
//!
//! What is sent is a `QuestionnaireResponse` at `POST /fhir/QuestionnaireResponse`, like any other record: by staff, or by the own device
//! of the subject or a guardian at the home municipality's node.

use crate::{
    call::{Call, Entrance},
    caller::Caller,
    ports::DeskError,
    problem::{Problem, operation_outcome, with_type},
    router::{SMALL_BYTES_MAX, no_such_method, subject_of},
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_client_sdk::rest::SUBJECT;
use musubi_primitives::{Moment, Pseudonym};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The most bytes of a draft.
pub const DRAFT_BYTES_MAX: usize = 128 * 1024;

/// A form as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferedForm {
    /// The last part of its address, by which `/v1/forms/{id}` knows it.
    pub id: String,
    /// Canonical address.
    pub url: String,
    /// The newest version.
    pub version: String,
    /// Its title by language: `ja`, and others that it is translated to.
    pub title: BTreeMap<String, String>,
    /// `family` or `staff`; none for a form that nobody is asked to answer.
    pub answered_by: Option<&'static str>,
    /// First day on which it is offered for this child (`YYYY-MM-DD`), where the birth date is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day on which it no longer is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// When the caller last saved a draft of it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Moment>,
    /// Whether its answers are kept from the family and from other members than the author and the home municipality.
    pub restricted: bool,
}

/// A draft that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SavedDraft {
    /// When.
    pub saved: Moment,
    /// Until when it is kept; the next save begins anew.
    pub until: Moment,
}

/// The desk with the forms.
#[async_trait]
pub trait FormsDesk: Send + Sync + 'static {
    /// The forms that the caller is asked to answer for this subject; all of them for staff without one.
    async fn forms(
        &self,
        caller: &Caller,
        subject: Option<Pseudonym>,
    ) -> Result<Vec<OfferedForm>, DeskError>;
    /// A form as it is published, in this version or the newest.
    async fn form(
        &self,
        caller: &Caller,
        id: &str,
        version: Option<&str>,
    ) -> Result<Value, DeskError>;
    /// Keeps a draft of the caller's about a subject; one for each form.
    async fn save_draft(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        id: &str,
        draft: Value,
    ) -> Result<SavedDraft, DeskError>;
    /// The caller's draft, on the newest version of its form.
    async fn draft(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        id: &str,
    ) -> Result<Value, DeskError>;
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    desk: Arc<dyn FormsDesk>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

/// Builds the routes.
pub fn router(entrance: Entrance, desk: Arc<dyn FormsDesk>) -> Router {
    Router::new()
        .route("/v1/forms", get(list))
        .route("/v1/forms/{id}", get(form))
        .route("/v1/forms/{id}/draft", get(draft))
        .route("/v1/forms/{id}/draft", post(save_draft))
        .method_not_allowed_fallback(no_such_method)
        .with_state(Service { entrance, desk })
}

async fn list(
    State(service): State<Service>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let subject = subject_if_named(&call.headers)?;
    let forms = service.desk.forms(&call.caller, subject).await?;
    Ok(Json(serde_json::json!({"forms": forms})).into_response())
}

fn subject_if_named(headers: &HeaderMap) -> Result<Option<Pseudonym>, Problem> {
    let is_named = headers.contains_key(SUBJECT);
    is_named.then(|| subject_of(headers)).transpose()
}

/// Which version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InVersion {
    version: Option<String>,
}

async fn form(
    State(service): State<Service>,
    Path(id): Path<String>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let Query(InVersion { version }) = Query::try_from_uri(&call.uri).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no-such-version",
            "expected ?version= and a version of the form, or nothing for the newest",
        )
    })?;
    let form = service.desk.form(&call.caller, &id, version.as_deref());
    Ok(fhir(&form.await?))
}

async fn draft(
    State(service): State<Service>,
    Path(id): Path<String>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let subject = subject_of(&call.headers)?;
    let draft = service.desk.draft(&call.caller, subject, &id).await?;
    Ok(fhir(&draft))
}

async fn save_draft(
    State(service): State<Service>,
    Path(id): Path<String>,
    call: Call<DRAFT_BYTES_MAX>,
) -> Result<Response, Problem> {
    let subject = subject_of(&call.headers)?;
    let draft = crate::body::parse(&call.body, "a QuestionnaireResponse that is in-progress")?;
    let saved = service.desk.save_draft(&call.caller, subject, &id, draft);
    match saved.await {
        Ok(saved) => Ok(Json(saved).into_response()),
        Err(DeskError::Refused(refusal)) => Ok(operation_outcome(&refusal)),
        Err(error) => Err(error.into()),
    }
}

fn fhir(resource: &Value) -> Response {
    with_type(Json(resource).into_response(), "application/fhir+json")
}
