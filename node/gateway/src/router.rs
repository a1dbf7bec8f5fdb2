//! The routes. Each handler authenticates, parses, asks the desk, and answers.

use crate::{
    caller::{Caller, SUBJECT, authenticate},
    ports::{Desk, Gatekeeper},
    problem::{Problem, operation_outcome, with_type},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Path, Request, State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
    routing::post,
};
use musubi_fhir::{Kind, Resource};
use musubi_primitives::Pseudonym;
use std::sync::Arc;

/// The most bytes of one request body.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

#[derive(Clone)]
struct Gateway {
    gatekeeper: Arc<dyn Gatekeeper>,
    desk: Arc<dyn Desk>,
}

/// A request as every handler sees it.
struct Call {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = BytesRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, BytesRejection> {
        let (method, uri, headers) = (
            request.method().clone(),
            request.uri().clone(),
            request.headers().clone(),
        );
        let body = Bytes::from_request(request, state).await?;
        Ok(Self {
            method,
            uri,
            headers,
            body,
        })
    }
}

impl Gateway {
    async fn caller(&self, call: &Call) -> Result<Caller, Problem> {
        authenticate(
            self.gatekeeper.as_ref(),
            &call.method,
            call.uri.path(),
            &call.headers,
            &call.body,
        )
        .await
    }
}

/// Builds the routes; the binary merges them into the node's one listener.
pub fn router(gatekeeper: Arc<dyn Gatekeeper>, desk: Arc<dyn Desk>) -> Router {
    Router::new()
        .route("/v1/nonces", post(issue_nonce))
        .route("/v1/evidence", post(receive_evidence))
        .route("/v1/vault", post(vault))
        .route("/fhir/{kind}", post(take_in))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Gateway { gatekeeper, desk })
}

async fn issue_nonce(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let nonce = gateway.desk.issue_nonce(&caller.actor).await?;
    Ok((StatusCode::CREATED, Json(nonce)).into_response())
}

async fn receive_evidence(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let answer = gateway
        .desk
        .receive_evidence(&caller.actor, call.body.to_vec())
        .await?;
    Ok(Json(answer).into_response())
}

async fn vault(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let answer = gateway
        .desk
        .vault(&caller.actor, call.body.to_vec())
        .await?;
    Ok(with_type(
        answer.into_response(),
        "application/octet-stream",
    ))
}

async fn take_in(
    State(gateway): State<Gateway>,
    Path(kind): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let subject = subject_of(&call.headers)?;
    let text = std::str::from_utf8(&call.body).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "not-utf8",
            "send the resource as UTF-8",
        )
    })?;
    let resource = match Resource::parse(text) {
        Ok(resource) => resource,
        Err(refusal) => return Ok(operation_outcome(&refusal)),
    };
    check_kind(&kind, resource.kind())?;
    let taken = gateway
        .desk
        .take_in(&caller.actor, &caller.account, subject, resource)
        .await?;
    let location = format!("/fhir/{kind}/{}", taken.record);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(taken)).into_response())
}

fn subject_of(headers: &HeaderMap) -> Result<Pseudonym, Problem> {
    let text = headers
        .get(SUBJECT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.parse().map_err(|error| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no-subject",
            format!("header {SUBJECT}: {error}"),
        )
    })
}

fn check_kind(path: &str, kind: Kind) -> Result<(), Problem> {
    if path == kind.as_str() {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "wrong-type",
        format!(
            "the resource is a {}: post it to /fhir/{}",
            kind.as_str(),
            kind.as_str()
        ),
    ))
}
