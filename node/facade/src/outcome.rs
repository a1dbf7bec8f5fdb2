//! Everything that can go wrong, as HTTP status and `OperationOutcome`: what, where, what to do; never what was sent.

use crate::{checked, ports::PortError};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use musubi_fhir::{Issue, Refusal};
use serde_json::{Value, json};

/// The media type of everything here.
pub const FHIR_JSON: &str = "application/fhir+json";

/// The code system of denial reasons.
pub const DENIAL_SYSTEM: &str = "urn:musubi:denial-reason";

/// A refusal on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// HTTP status.
    pub status: StatusCode,
    /// At least one issue.
    issues: Vec<Value>,
}

impl Outcome {
    /// One issue: FHIR's issue type, and a sentence.
    pub fn new(status: StatusCode, code: &str, diagnostics: impl Into<String>) -> Self {
        let diagnostics: String = diagnostics.into();
        Self {
            status,
            issues: vec![json!({"severity": "error", "code": code, "diagnostics": diagnostics})],
        }
    }

    /// The same, with the place in what was sent.
    #[must_use]
    pub fn at(mut self, expression: &str) -> Self {
        if let Some(issue) = self.issues.first_mut() {
            issue["expression"] = json!([expression]);
        }
        self
    }

    /// A request that does not have the form that it should.
    pub fn invalid(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", diagnostics)
    }

    /// Nothing there, or not for this caller.
    pub fn not_found() -> Self {
        let same_for_all = "there is no such resource here, or not for this client";
        Self::new(StatusCode::NOT_FOUND, "not-found", same_for_all)
    }

    /// Whether it only says that nothing is there.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE)
    }

    /// A resource that cannot be taken in.
    pub fn unprocessable(code: &str, diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, diagnostics)
    }

    /// A state that is not the one the client thinks.
    pub fn precondition(diagnostics: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "conflict", diagnostics)
    }

    /// The issues of a checked resource, below a path such as `Bundle.entry[3].resource`.
    pub fn refused(refusal: &Refusal, below: Option<&str>) -> Self {
        let place = |issue: &Issue| match below {
            Some(below) => format!("{below}.{}", issue.expression),
            None => issue.expression.clone(),
        };
        let issue = |issue: &Issue| {
            json!({
                "severity": "error", "code": issue.code.as_str(), "diagnostics": issue.to_string(), "expression": [place(issue)],
            })
        };
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            issues: refusal.0.iter().map(issue).collect(),
        }
    }

    /// Issues that are written already.
    pub(crate) fn of_issues(status: StatusCode, issues: Vec<Value>) -> Self {
        Self { status, issues }
    }

    /// Everything that several refusals say, with the status of the first one.
    pub fn all(refusals: Vec<Self>) -> Option<Self> {
        let status = refusals.first()?.status;
        let issues = refusals.into_iter().flat_map(|one| one.issues).collect();
        Some(Self { status, issues })
    }

    /// The resource.
    pub fn resource(&self) -> Value {
        json!({"resourceType": "OperationOutcome", "issue": self.issues})
    }
}

impl From<PortError> for Outcome {
    fn from(error: PortError) -> Self {
        let (status, code) = match &error {
            PortError::Denied(reason) => return denied(*reason, &error),
            PortError::Refused(refusal) => return Self::refused(refusal, None),
            PortError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            PortError::NotFound(_) => (StatusCode::NOT_FOUND, "not-found"),
            PortError::Unprocessable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "processing"),
            PortError::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            PortError::NotOffered(_) => (StatusCode::NOT_IMPLEMENTED, "not-supported"),
            PortError::Unavailable(cause) => {
                tracing::error!(%cause, "a port of the facade could not answer");
                (StatusCode::SERVICE_UNAVAILABLE, "transient")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

/// A denial says its reason as a code, so that a program can tell a withdrawal from a consent that never was.
fn denied(reason: musubi_primitives::DenialReason, error: &PortError) -> Outcome {
    let mut outcome = Outcome::new(StatusCode::FORBIDDEN, "forbidden", error.to_string());
    if let Some(issue) = outcome.issues.first_mut() {
        issue["details"] = json!({"coding": [{"system": DENIAL_SYSTEM, "code": json!(reason)}]});
    }
    outcome
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response<Body> {
        let mut response = fhir(self.status, &self.resource());
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"musubi\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read: nothing else can come on this connection.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A response with a resource; one that is not sound never leaves ([`crate::checked`]).
pub fn fhir(status: StatusCode, resource: &Value) -> Response<Body> {
    if let Err(fault) = checked::soundness(resource) {
        tracing::error!(fault, "an answer of the facade was held back");
        let words = "the node's own answer is not sound, and was held back: report it to the node's operator";
        let held = Outcome::new(StatusCode::INTERNAL_SERVER_ERROR, "exception", words);
        return sent(held.status, &held.resource());
    }
    sent(status, resource)
}

fn sent(status: StatusCode, resource: &Value) -> Response<Body> {
    let mut response = (status, resource.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    // What is shown here is about a person: no cache between may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
