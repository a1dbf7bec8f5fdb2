//! The routes. Each handler authenticates, parses, asks the desk, and answers.

use crate::{
    body,
    caller::{Caller, Presented, authenticate},
    home,
    ports::{Desk, Gatekeeper},
    problem::{Problem, operation_outcome, with_type},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, Path, Query, Request, State, rejection::BytesRejection,
    },
    http::{HeaderMap, Method, StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_client_sdk::rest::SUBJECT;
use musubi_fhir::{Kind, Resource};
use musubi_primitives::{MemberId, Pseudonym, RecordId, RequestId};
use serde::Deserialize;
use std::sync::Arc;
use tower::limit::GlobalConcurrencyLimitLayer;

/// The most bytes of one request body: a whole sealed record with its envelopes, and room.
pub const BODY_BYTES_MAX: usize = 6 * 1024 * 1024;

/// The most calls that are worked on at once; further ones wait. With [`BODY_BYTES_MAX`] it bounds the memory for bodies to 1.5 GiB.
pub const CALLS_MAX: usize = 256;

#[derive(Clone)]
pub(crate) struct Gateway {
    gatekeeper: Arc<dyn Gatekeeper>,
    pub(crate) desk: Arc<dyn Desk>,
}

/// A request as every handler sees it.
pub(crate) struct Call {
    method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
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
    pub(crate) async fn caller(&self, call: &Call) -> Result<Caller, Problem> {
        caller_of(self.gatekeeper.as_ref(), call).await
    }
}

/// Finds out who makes a call.
pub(crate) async fn caller_of(gatekeeper: &dyn Gatekeeper, call: &Call) -> Result<Caller, Problem> {
    let path = call.uri.path_and_query().map_or("/", |path| path.as_str());
    let presented = Presented {
        method: call.method.as_str(),
        path,
        headers: &call.headers,
        body: &call.body,
    };
    authenticate(gatekeeper, &presented).await
}

/// Builds the routes.
pub fn router(gatekeeper: Arc<dyn Gatekeeper>, desk: Arc<dyn Desk>) -> Router {
    Router::new()
        .route("/v1/signing-context", get(signing_context))
        .route("/v1/extrinsics", post(submit))
        .route("/v1/nonces", post(issue_nonce))
        .route("/v1/people", post(enrol))
        .route("/v1/guardianships", post(attest_guardianship))
        .route("/v1/evidence", post(receive_evidence))
        .route("/v1/records/{record}", get(record))
        .route("/v1/requests/{request}", get(decision))
        .route("/v1/vault", post(vault))
        .route("/fhir/{kind}", post(take_in))
        .merge(home::routes())
        .fallback(no_such_route)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(GlobalConcurrencyLimitLayer::new(CALLS_MAX))
        .with_state(Gateway { gatekeeper, desk })
}

async fn no_such_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "there is no such path here",
    )
}

async fn signing_context(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    Ok(Json(gateway.desk.signing_context(&caller).await?).into_response())
}

async fn submit(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let applied = gateway.desk.submit(&caller, call.body.to_vec()).await?;
    Ok(Json(applied).into_response())
}

async fn issue_nonce(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let nonce = gateway.desk.issue_nonce(&caller).await?;
    Ok((StatusCode::CREATED, Json(nonce)).into_response())
}

async fn enrol(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let form: body::EnrolmentForm =
        body::parse(&call.body, "patient, domain, protected and device")?;
    if let Err(refusal) = form.checked_patient() {
        return Ok(operation_outcome(&refusal));
    }
    let enrolled = gateway.desk.enrol(&caller, form).await?;
    Ok((created_or_known(enrolled.block), Json(enrolled)).into_response())
}

async fn attest_guardianship(
    State(gateway): State<Gateway>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let form = body::parse(
        &call.body,
        "subject, guardian, role, authority, until and, for a proxy, paper (base64)",
    )?;
    let applied = gateway.desk.attest_guardianship(&caller, form).await?;
    Ok((StatusCode::CREATED, Json(applied)).into_response())
}

async fn receive_evidence(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let document = body::parse(
        &call.body,
        "kind (binding, consent, withdrawal or handed-over), about and sealed (base64)",
    )?;
    let answer = gateway.desk.receive_evidence(&caller, document).await?;
    Ok(Json(answer).into_response())
}

async fn record(
    State(gateway): State<Gateway>,
    Path(record): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let record: RecordId = record
        .parse()
        .map_err(|error| malformed_id("record", error))?;
    Ok(Json(gateway.desk.record(&caller, record).await?).into_response())
}

async fn decision(
    State(gateway): State<Gateway>,
    Path(request): Path<String>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let request: RequestId = request
        .parse()
        .map_err(|error| malformed_id("request", error))?;
    Ok(Json(gateway.desk.decision(&caller, request).await?).into_response())
}

pub(crate) fn malformed_id(what: &str, error: impl std::fmt::Display) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed-id",
        format!("{what}: {error}"),
    )
}

/// Which custodian's vault is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custodian {
    custodian: u32,
}

async fn vault(State(gateway): State<Gateway>, call: Call) -> Result<Response, Problem> {
    let caller = gateway.caller(&call).await?;
    let Query(Custodian { custodian }) = Query::try_from_uri(&call.uri).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no-custodian",
            "expected ?custodian= and the number of a member",
        )
    })?;
    let answer = gateway
        .desk
        .vault(&caller, MemberId(custodian), call.body.to_vec())
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
    let taken = gateway.desk.take_in(&caller, subject, resource).await?;
    let location = format!("/v1/records/{}", taken.record);
    let status = created_or_known(taken.block);
    Ok((status, [(LOCATION, location)], Json(taken)).into_response())
}

/// 201 when a block was made for it, 200 when it was there before.
fn created_or_known(block: Option<u64>) -> StatusCode {
    block.map_or(StatusCode::OK, |_| StatusCode::CREATED)
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
