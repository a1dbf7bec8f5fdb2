//! The municipality's incident log (間違い接種): whole reports are entered, and listed for its officers and nurses.

use super::{ReportCall, Service, SmallCall};
use crate::{body, caller::Caller, ports::DeskError, problem::Problem};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_care::report::IncidentReport;
use musubi_primitives::{AccountId, Moment, RecordId};
use serde::Serialize;

/// A report in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedIncident {
    /// Its number in the log.
    pub incident: RecordId,
    /// When it was entered.
    pub at: Moment,
    /// Who entered it.
    pub by: AccountId,
    /// The dose's record, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The report.
    pub report: IncidentReport,
    /// Whether it must be passed on at once.
    pub urgent: bool,
}

/// The desk that keeps the log.
#[async_trait]
pub trait IncidentDesk: Send + Sync + 'static {
    /// Enters a report that is whole.
    async fn log_incident(
        &self,
        caller: &Caller,
        form: super::PaperForm<IncidentReport>,
    ) -> Result<LoggedIncident, DeskError>;
    /// Every report, the newest first.
    async fn incidents(&self, caller: &Caller) -> Result<Vec<LoggedIncident>, DeskError>;
}

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/follow-up/incidents", get(list))
        .route("/v1/follow-up/incidents", post(enter))
}

async fn list(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let incidents = service.desk.incidents(&call.caller).await?;
    Ok(Json(serde_json::json!({"incidents": incidents})).into_response())
}

async fn enter(State(service): State<Service>, call: ReportCall) -> Result<Response, Problem> {
    let form = body::parse(
        &call.body,
        "record and report, with the fields of the paper",
    )?;
    let logged = service.desk.log_incident(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(logged)).into_response())
}
