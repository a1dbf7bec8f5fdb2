//! RFC 9457 problems of the explorer.

use crate::error::IndexError;
use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A problem on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
        }
    }

    /// What was asked for is not here.
    pub(crate) fn absent(what: &str) -> Self {
        let detail = format!(
            "this index has no such {what}; it may be from before the index's first height"
        );
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// A question that does not read.
    pub(crate) fn question(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "question", detail)
    }
}

impl From<IndexError> for Problem {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Question { .. } => Self::question(&error.to_string()),
            IndexError::Database { .. } | IndexError::Chain(_) | IndexError::Block { .. } => {
                tracing::error!(%error, "the explorer could not answer");
                let detail = "this node could not read its index; try again, or have it built anew";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
        }
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
        let media_type = [(CONTENT_TYPE, "application/problem+json")];
        (self.status, media_type, Json(body)).into_response()
    }
}
