//! The routes. A call comes to its handler authenticated ([`crate::call`]); the handler parses, asks the desk, and answers.

use crate::{
    body,
    call::{Call, Entrance},
    home,
    id::Id,
    ports::{Desk, DeskError},
    problem::{Problem, in_words_of_fhir, operation_outcome, with_type},
};
use axum::{
    Json, Router,
    extract::{FromRef, Path, Query, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use musubi_client_sdk::rest::SUBJECT;
use musubi_fhir::{Kind, Resource};
use musubi_primitives::{MemberId, Pseudonym, RecordId, RequestId};
use serde::Deserialize;
use std::sync::Arc;
use tower::limit::GlobalConcurrencyLimitLayer;

/// The most bytes of a vault message: a whole sealed record with its envelopes, and room.
pub const VAULT_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The most bytes of a FHIR resource, and of a transaction.
pub const RESOURCE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The most bytes of a form: sealed evidence of 64 KiB in base64, and room.
pub const FORM_BYTES_MAX: usize = 128 * 1024;
/// The most bytes where next to nothing is expected.
pub const SMALL_BYTES_MAX: usize = 1024;

/// The most calls that are worked on at once; further ones wait. With [`VAULT_BYTES_MAX`] it bounds the memory for bodies to 1.5 GiB.
pub const CALLS_MAX: usize = 256;

type SmallCall = Call<SMALL_BYTES_MAX>;
type FormCall = Call<FORM_BYTES_MAX>;
type ResourceCall = Call<RESOURCE_BYTES_MAX>;
type VaultCall = Call<VAULT_BYTES_MAX>;

#[derive(Clone)]
pub(crate) struct Gateway {
    entrance: Entrance,
    pub(crate) desk: Arc<dyn Desk>,
}

impl FromRef<Gateway> for Entrance {
    fn from_ref(gateway: &Gateway) -> Self {
        gateway.entrance.clone()
    }
}

/// Builds the routes.
pub fn router(entrance: Entrance, desk: Arc<dyn Desk>) -> Router {
    Router::new()
        .route("/v1/signing-context", get(signing_context))
        .route("/v1/extrinsics", post(submit))
        .route("/v1/nonces", post(issue_nonce))
        .route("/v1/nonce-batches", post(issue_nonce_batch))
        .route("/v1/people", post(enrol))
        .route("/v1/guardianships", post(attest_guardianship))
        .route("/v1/evidence", post(receive_evidence))
        .route("/v1/check-ins", post(check_in))
        .route("/v1/records/{record}", get(record))
        .route("/v1/requests/{request}", get(decision))
        .route("/v1/vault", post(vault))
        .route(
            "/fhir/{kind}",
            post(take_in)
                .fallback(no_such_method)
                .layer(map_response(in_words_of_fhir)),
        )
        .merge(home::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(GlobalConcurrencyLimitLayer::new(CALLS_MAX))
        .with_state(Gateway { entrance, desk })
}

async fn no_such_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        "there is no such path here",
    )
}

pub(crate) async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "no-such-method",
        "this path is not called by this method",
    )
}

async fn signing_context(
    State(gateway): State<Gateway>,
    call: SmallCall,
) -> Result<Response, Problem> {
    Ok(Json(gateway.desk.signing_context(&call.caller).await?).into_response())
}

async fn submit(State(gateway): State<Gateway>, call: ResourceCall) -> Result<Response, Problem> {
    let applied = gateway
        .desk
        .submit(&call.caller, call.body.to_vec())
        .await?;
    Ok(Json(applied).into_response())
}

async fn issue_nonce(State(gateway): State<Gateway>, call: SmallCall) -> Result<Response, Problem> {
    let form = body::parse_nonce_form(&call.body)?;
    let nonce = gateway.desk.issue_nonce(&call.caller, form.purpose).await?;
    Ok((StatusCode::CREATED, Json(nonce)).into_response())
}

async fn issue_nonce_batch(
    State(gateway): State<Gateway>,
    call: SmallCall,
) -> Result<Response, Problem> {
    let form = body::parse(&call.body, "count and hours")?;
    let batch = gateway.desk.issue_nonce_batch(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(batch)).into_response())
}

async fn enrol(State(gateway): State<Gateway>, call: FormCall) -> Result<Response, Problem> {
    let form: body::EnrolmentForm =
        body::parse(&call.body, "patient, domain, protected and device")?;
    if let Err(refusal) = form.checked_patient() {
        return Ok(operation_outcome(&refusal));
    }
    let enrolled = gateway.desk.enrol(&call.caller, form).await?;
    Ok((created_or_known(enrolled.block), Json(enrolled)).into_response())
}

async fn attest_guardianship(
    State(gateway): State<Gateway>,
    call: FormCall,
) -> Result<Response, Problem> {
    let form = body::parse(
        &call.body,
        "subject, guardian, role, authority, until and, for a proxy, paper (base64)",
    )?;
    let applied = gateway.desk.attest_guardianship(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(applied)).into_response())
}

async fn receive_evidence(
    State(gateway): State<Gateway>,
    call: FormCall,
) -> Result<Response, Problem> {
    let document = body::parse(
        &call.body,
        "kind (binding, check-in-card, consent, withdrawal or handed-over), about and sealed (base64)",
    )?;
    let answer = gateway
        .desk
        .receive_evidence(&call.caller, document)
        .await?;
    Ok(Json(answer).into_response())
}

async fn check_in(State(gateway): State<Gateway>, call: FormCall) -> Result<Response, Problem> {
    let expected = "session, subject, staff, purpose and sealed (base64)";
    let form = body::parse(&call.body, expected)?;
    Ok(Json(gateway.desk.check_in(&call.caller, form).await?).into_response())
}

async fn record(
    State(gateway): State<Gateway>,
    Id(record): Id<RecordId>,
    call: SmallCall,
) -> Result<Response, Problem> {
    Ok(Json(gateway.desk.record(&call.caller, record).await?).into_response())
}

async fn decision(
    State(gateway): State<Gateway>,
    Id(request): Id<RequestId>,
    call: SmallCall,
) -> Result<Response, Problem> {
    Ok(Json(gateway.desk.decision(&call.caller, request).await?).into_response())
}

/// Which custodian's vault is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custodian {
    custodian: u32,
}

async fn vault(State(gateway): State<Gateway>, call: VaultCall) -> Result<Response, Problem> {
    let Query(Custodian { custodian }) = Query::try_from_uri(&call.uri).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "no-custodian",
            "expected ?custodian= and the number of a member",
        )
    })?;
    let answer = gateway
        .desk
        .vault(&call.caller, MemberId(custodian), call.body.to_vec())
        .await?;
    Ok(with_type(
        answer.into_response(),
        "application/octet-stream",
    ))
}

async fn take_in(
    State(gateway): State<Gateway>,
    Path(kind): Path<String>,
    call: ResourceCall,
) -> Result<Response, Problem> {
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
    let taken = match gateway.desk.take_in(&call.caller, subject, resource).await {
        Err(DeskError::Refused(refusal)) => return Ok(operation_outcome(&refusal)),
        taken => taken?,
    };
    let location = format!("/v1/records/{}", taken.record);
    let status = created_or_known(taken.block);
    Ok((status, [(LOCATION, location)], Json(taken)).into_response())
}

/// 201 when a block was made for it, 200 when it was there before.
fn created_or_known(block: Option<u64>) -> StatusCode {
    block.map_or(StatusCode::OK, |_| StatusCode::CREATED)
}

pub(crate) fn subject_of(headers: &HeaderMap) -> Result<Pseudonym, Problem> {
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
