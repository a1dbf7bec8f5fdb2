//! Why nothing was done, for programs as a code and for people as a sentence in three languages.

use crate::commands::card::{
    answer::Refusal,
    words::{self, Sentence, pick},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use musubi_consent_card::CardError;
use musubi_primitives::Language;
use serde_json::{Map, Value, json};

/// What kept the agent from doing what was asked, before a card was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A page of another origin.
    ForeignOrigin,
    /// Another name than this machine's own.
    ForeignHost,
    /// No token, or none of this page.
    NotPaired,
    /// Another code than the one shown.
    WrongCode,
    /// The code was too old, or wrong too often: another one is shown.
    CodeReplaced,
    /// Too many codes were wrong.
    PairingClosed,
    /// Another page uses the card.
    Busy,
    /// No body of the route's form.
    Malformed,
    /// A document that was not shown here, or too long ago.
    NotShown,
    /// The 4-digit PIN consents to nothing.
    WrongKey,
    /// This machine failed; its terminal says how.
    Failed,
    /// There is no such path.
    NoSuchRoute,
}

impl Trouble {
    fn status(self) -> StatusCode {
        match self {
            Self::ForeignOrigin | Self::ForeignHost => StatusCode::FORBIDDEN,
            Self::NotPaired => StatusCode::UNAUTHORIZED,
            Self::WrongCode | Self::CodeReplaced | Self::NotShown | Self::WrongKey => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::PairingClosed | Self::Busy => StatusCode::CONFLICT,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoSuchRoute => StatusCode::NOT_FOUND,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::ForeignOrigin => "foreign-origin",
            Self::ForeignHost => "foreign-host",
            Self::NotPaired => "not-paired",
            Self::WrongCode => "wrong-code",
            Self::CodeReplaced => "code-replaced",
            Self::PairingClosed => "pairing-closed",
            Self::Busy => "agent-busy",
            Self::Malformed => "malformed-body",
            Self::NotShown => "not-shown",
            Self::WrongKey => "wrong-key",
            Self::Failed => "agent-failed",
            Self::NoSuchRoute => "no-such-route",
        }
    }

    fn sentence(self) -> &'static Sentence {
        match self {
            Self::ForeignOrigin | Self::ForeignHost => &words::AGENT_FOREIGN,
            Self::NotPaired => &words::AGENT_NOT_PAIRED,
            Self::WrongCode => &words::AGENT_WRONG_CODE,
            Self::CodeReplaced => &words::AGENT_CODE_REPLACED,
            Self::PairingClosed => &words::AGENT_PAIRING_CLOSED,
            Self::Busy => &words::AGENT_BUSY,
            Self::Malformed | Self::NoSuchRoute => &words::AGENT_MALFORMED,
            Self::NotShown => &words::AGENT_NOT_SHOWN,
            Self::WrongKey => &words::AGENT_WRONG_KEY,
            Self::Failed => &words::AGENT_FAILED,
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let sentences = sentences(|language| pick(self.sentence(), language).to_owned());
        let body = json!({"outcome": self.code(), "sentences": sentences});
        (self.status(), Json(body)).into_response()
    }
}

/// What a card or its signature came to.
#[derive(Debug)]
pub enum Failure {
    /// The agent itself.
    Agent(Trouble),
    /// Card, reader, secret or verdict.
    Card(Refusal),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Agent(trouble)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Card(refusal)
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        Self::Card(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Agent(trouble) => trouble.into_response(),
            // Its words are the operator's: files and arguments of this machine.
            Self::Card(Refusal::Other(text)) => {
                eprintln!("{text}");
                Trouble::Failed.into_response()
            }
            Self::Card(refusal) => refused(&refusal),
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let sentences = sentences(|language| refusal.sentence(language));
    let mut body = json!({"outcome": refusal.code(), "sentences": sentences});
    if let Some(tries) = refusal.tries_left() {
        body["triesLeft"] = json!(tries);
    }
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}

/// The same in each language, by its tag.
pub fn sentences(say: impl Fn(Language) -> String) -> Map<String, Value> {
    let each = Language::ALL.iter().filter_map(|language| {
        let tag = serde_json::to_value(language).ok()?;
        Some((tag.as_str()?.to_owned(), Value::from(say(*language))))
    });
    each.collect()
}
