//! Invitations and reminders as letters, print-ready: one page for each child whose time has come.

use super::{Service, SmallCall, query};
use crate::{
    caller::Caller,
    ports::DeskError,
    problem::{Problem, with_type},
};
use async_trait::async_trait;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use musubi_care::civil::Date;
use serde::Deserialize;

/// Which letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Letter {
    /// To whoever is due or overdue and was not invited yet.
    Invite,
    /// To whoever was invited, and whose reminder is due.
    Remind,
}

/// Which letters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LettersQuery {
    /// Which appointment: a checkup form's or product's code, such as `checkup-18m` or `MR`.
    pub about: String,
    /// Which letter.
    pub letter: Letter,
    /// The day that stands on them; today in Japan without one.
    pub on: Option<Date>,
}

/// The desk that writes letters.
#[async_trait]
pub trait LetterDesk: Send + Sync + 'static {
    /// The letters as PDF. Nothing is noted: a step is, once they are sent.
    async fn letters(&self, caller: &Caller, query: LettersQuery) -> Result<Vec<u8>, DeskError>;
}

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/v1/follow-up/letters", get(letters))
}

async fn letters(State(service): State<Service>, call: SmallCall) -> Result<Response, Problem> {
    let query = query(
        &call.uri,
        "?about= (a form or product), letter= (invite or remind) and, if wanted, on= (YYYY-MM-DD)",
    )?;
    let pdf = service.desk.letters(&call.caller, query).await?;
    Ok(with_type(pdf.into_response(), "application/pdf"))
}
