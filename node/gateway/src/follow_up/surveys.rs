//! Counts of a survey, for officers and public-health nurses: never a single answer, and small counts hidden.

use super::{Service, SmallCall, query};
use crate::{caller::Caller, ports::DeskError, problem::Problem};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use musubi_care::forms::survey::PublishedSurvey;
use serde::Deserialize;

/// Which survey.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyQuery {
    /// The last part of the form's address, such as `survey-checkup`; its newest edition is counted.
    pub form: String,
    /// The fiscal year that begins on 1 April of this year.
    pub year: i32,
    /// Counts below this are hidden, and enough others; 10 without it.
    pub publish: Option<u32>,
}

/// The desk that counts surveys.
#[async_trait]
pub trait SurveyDesk: Send + Sync + 'static {
    /// Counts the answers of a fiscal year.
    async fn survey(
        &self,
        caller: &Caller,
        query: SurveyQuery,
    ) -> Result<PublishedSurvey, DeskError>;
}

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/v1/follow-up/surveys", get(survey))
}

async fn survey(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(
        &call.uri,
        "?form= (a form's name), year= and, if wanted, publish= (2 to 1000)",
    )?;
    Ok(Json(service.desk.survey(&call.caller, query).await?).into_response())
}
