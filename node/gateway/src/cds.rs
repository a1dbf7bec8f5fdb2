//! CDS Hooks 2.0: the check before an injection, as clinics' record systems ask for it while an order is signed.
//!
//! The shapes of the standard stand in [`request`] and [`card`]; what is answered, the [`ScheduleDesk`] behind decides. A service of
//! this kind informs: each card says that the physician decides, and an override comes back by [`feedback`](request::Feedback).

pub mod card;
pub mod request;
pub mod systems;

use crate::{
    call::Entrance,
    caller::Caller,
    ports::DeskError,
    problem::{Problem, operation_outcome},
    router::no_such_method,
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use card::{Card, Countersign};
use musubi_client_sdk::rest::SUBJECT;
use musubi_fhir::Refusal;
use musubi_primitives::Pseudonym;
use request::{Feedback, Feedbacks, HookRequest, Order, Outcome, Overriding, SERVICE};
use serde_json::json;
use std::sync::Arc;
use systems::{CheckCall, HookSystems};
use tower::limit::GlobalConcurrencyLimitLayer;

/// The most bytes of a request: a chart with a whole childhood of doses, and room.
pub const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The most checks that are worked on at once; further ones wait.
pub const CHECKS_MAX: usize = 32;

/// The desk that checks doses against the schedule.
#[async_trait]
pub trait ScheduleDesk: Send + Sync + 'static {
    /// Checks the drafts of an order, records each verdict on the chain, and answers in cards.
    async fn check(&self, caller: &Caller, order: Order) -> Result<Vec<Card>, DeskError>;
    /// Whom a card of this member is about: the standard's feedback names the card alone.
    async fn subject_of_card(&self, caller: &Caller, card: &str) -> Result<Pseudonym, DeskError>;
    /// Keeps a doctor's reason to go on although a card says no; gives what the doctor signs for the chain.
    async fn override_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        overriding: Overriding,
    ) -> Result<Countersign, DeskError>;
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    desk: Arc<dyn ScheduleDesk>,
    systems: Option<Arc<dyn HookSystems>>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

/// Builds the routes; without `systems` only staff calls them.
pub fn router(
    entrance: Entrance,
    desk: Arc<dyn ScheduleDesk>,
    systems: Option<Arc<dyn HookSystems>>,
) -> Router {
    Router::new()
        .route("/cds-services", get(services))
        .route(&format!("/cds-services/{SERVICE}"), post(check))
        .route(&format!("/cds-services/{SERVICE}/feedback"), post(feedback))
        .method_not_allowed_fallback(no_such_method)
        .layer(GlobalConcurrencyLimitLayer::new(CHECKS_MAX))
        .with_state(Service {
            entrance,
            desk,
            systems,
        })
}

/// What is offered here; says nothing about anybody, and is the one answer that strangers get.
async fn services() -> Response {
    let service = json!({
        "id": SERVICE,
        "hook": request::HOOK,
        "title": "予防接種の期間・間隔・回数の確認",
        "description": "接種の指示を、接種歴と日付つきの規則に照らします。条件を満たす・満たさない・医師や町の確認が必要、のいずれかを答えます。接種の可否は医師が判断します。",
        "prefetch": {
            "patient": "Patient/{{context.patientId}}",
            "immunizations": "Immunization?patient={{context.patientId}}&_count=200",
        },
    });
    Json(json!({"services": [service]})).into_response()
}

async fn check(
    State(service): State<Service>,
    CheckCall(call): CheckCall,
) -> Result<Response, Problem> {
    let request = HookRequest::parse(&call.body)?;
    let order = match request.order()? {
        Ok(order) => order,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    let cards = service.desk.check(&call.caller, order).await?;
    Ok(Json(json!({"cards": cards})).into_response())
}

fn refused(refusal: &Refusal) -> Response {
    operation_outcome(refusal)
}

async fn feedback(
    State(service): State<Service>,
    CheckCall(call): CheckCall,
) -> Result<Response, Problem> {
    let named = subject_named(&call.headers)?;
    let mut to_sign = Vec::new();
    for feedback in Feedbacks::parse(&call.body)?.feedback {
        let Some(overriding) = overriding(feedback)? else {
            continue;
        };
        let subject = match named {
            Some(subject) => subject,
            None => {
                let card = &overriding.card;
                service.desk.subject_of_card(&call.caller, card).await?
            }
        };
        let signing = service
            .desk
            .override_card(&call.caller, subject, overriding)
            .await?;
        to_sign.push(signing);
    }
    Ok(Json(json!({"toSign": to_sign})).into_response())
}

/// What an override says; nothing for a card that was taken as it stands.
fn overriding(feedback: Feedback) -> Result<Option<Overriding>, Problem> {
    match feedback.outcome {
        Outcome::Accepted => Ok(None),
        Outcome::Overridden => {
            let incomplete = || {
                Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "no-reason",
                    "overrideReason: expected reason.code out of the card's overrideReasons, and userComment: \
                     a physician who goes on says why",
                )
            };
            let given = feedback.override_reason.ok_or_else(incomplete)?;
            let words = given.user_comment.trim().to_owned();
            if words.is_empty() {
                return Err(incomplete());
            }
            Ok(Some(Overriding {
                card: feedback.card,
                code: given.reason.code,
                words,
            }))
        }
    }
}

/// Whom the header names, where it is sent: our own clients know whom they ask about.
fn subject_named(headers: &HeaderMap) -> Result<Option<Pseudonym>, Problem> {
    let Some(value) = headers.get(SUBJECT) else {
        return Ok(None);
    };
    let subject = value.to_str().unwrap_or_default().parse();
    subject.map(Some).map_err(|error| {
        let detail = format!("header {SUBJECT}: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "no-subject", detail)
    })
}
