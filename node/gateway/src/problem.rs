//! RFC 9457 problems: what went wrong, where, and what to do, for programs and for people.

use crate::ports::DeskError;
use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use musubi_fhir::Refusal;
use serde_json::{Value, json};

/// A problem on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable name of the kind of problem, `urn:musubi:problem:<kind>`.
    pub kind: &'static str,
    /// A sentence that says what to do; never personal data.
    pub detail: String,
    /// After how many seconds the same call may succeed, where that is known.
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// The same problem, over in so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let (status, kind) = match &error {
            DeskError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            DeskError::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            DeskError::Unprocessable(_) | DeskError::Refused(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable")
            }
            DeskError::RefusedByChain(_) => (StatusCode::CONFLICT, "refused-by-chain"),
            DeskError::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, "full"),
            DeskError::NotTaken(_) => (StatusCode::CONFLICT, "not-taken"),
            DeskError::NotOffered(_) => (StatusCode::NOT_IMPLEMENTED, "not-offered"),
            DeskError::Unavailable(cause) => {
                tracing::error!(%cause, "a desk could not answer");
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
        };
        Self::new(status, kind, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:musubi:problem:{}", self.kind),
            "title": self.status.canonical_reason().unwrap_or("problem"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = with_type(
            (self.status, Json(body)).into_response(),
            "application/problem+json",
        );
        if self.kind == "no-session" {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The same answer as FHIR says it, where it is a problem: at an address of FHIR every refusal is an `OperationOutcome`.
pub(crate) async fn in_words_of_fhir(response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>() else {
        return response;
    };
    let outcome = json!({"resourceType": "OperationOutcome", "issue": [problem.issue()]});
    let mut told = with_type(
        (response.status(), Json(outcome)).into_response(),
        "application/fhir+json",
    );
    let retry_after = response.headers().get(RETRY_AFTER).cloned();
    if let Some(seconds) = retry_after {
        told.headers_mut().insert(RETRY_AFTER, seconds);
    }
    told
}

impl Problem {
    /// FHIR's issue type, and the place: an element, or a part of the call as FHIR names it (`http.` and a header).
    fn issue(&self) -> Value {
        let (code, place) = match (self.kind, self.status) {
            ("no-subject" | "not-found", _) => ("not-found", "http.musubi-subject"),
            ("wrong-type", _) => ("invalid", "Resource.resourceType"),
            (_, StatusCode::UNAUTHORIZED) => ("login", "http.musubi-signature"),
            (_, StatusCode::FORBIDDEN) => ("forbidden", "http.musubi-account"),
            (_, StatusCode::TOO_MANY_REQUESTS) => ("throttled", "http.musubi-account"),
            (_, StatusCode::PAYLOAD_TOO_LARGE) => ("too-long", "Resource"),
            (_, StatusCode::UNPROCESSABLE_ENTITY) => ("processing", "Resource"),
            (_, StatusCode::CONFLICT) => ("conflict", "Resource"),
            (_, StatusCode::INSUFFICIENT_STORAGE) => ("too-costly", "Resource"),
            (_, StatusCode::NOT_IMPLEMENTED) => ("not-supported", "Resource"),
            (_, StatusCode::METHOD_NOT_ALLOWED) => ("not-supported", "http.method"),
            (_, status) if status.is_server_error() => ("transient", "Resource"),
            _ => ("invalid", "Resource"),
        };
        json!({"severity": "error", "code": code, "diagnostics": self.detail, "expression": [place]})
    }
}

/// A refused resource as FHIR says it.
pub(crate) fn operation_outcome(refusal: &Refusal) -> Response {
    let body = Json(refusal.operation_outcome());
    with_type(
        (StatusCode::UNPROCESSABLE_ENTITY, body).into_response(),
        "application/fhir+json",
    )
}

/// The response with another content type.
pub(crate) fn with_type(mut response: Response, content_type: &'static str) -> Response {
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
