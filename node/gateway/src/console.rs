//! What the counter console must know before it can do anything: who its user is here, which members there are, and where they are
//! reached; and the other gateways' consoles that may call this one.
//!
//! A clinic gives doses at its own node, and checks people in at their village's: one page calls two gateways. Every call is signed by a
//! key of the caller's, and nothing rests on cookies, so that another origin gains nothing by calling; it is named all the same.

use crate::{
    call::{Call, Entrance},
    caller::Caller,
    id::Id,
    ports::DeskError,
    problem::Problem,
    router::SMALL_BYTES_MAX,
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ORIGIN, VARY,
        },
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use musubi_primitives::{
    BindingId, HpkeKey, MemberId, MemberKind, Moment, Pseudonym, Role,
    resident::{Authority, SignerRole},
};
use serde::Serialize;
use std::sync::Arc;

/// Whom a desk's user works for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Here {
    /// The caller.
    pub you: You,
    /// The member that runs this node; none while the chain does not know the node.
    pub node: Option<MemberId>,
    /// The members in good standing.
    pub members: Vec<Neighbour>,
    /// Where a card agent of the user's machine listens.
    pub agent: String,
}

/// The caller, as the chain has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct You {
    /// Whom it acts for.
    pub member: MemberId,
    /// What that is.
    pub kind: MemberKind,
    /// As what.
    pub role: Role,
}

/// A member, as a desk needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbour {
    /// Its number.
    pub member: MemberId,
    /// What it is.
    pub kind: MemberKind,
    /// What people here call it; the chain knows no names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Evidence for it is sealed to this key.
    pub hpke: HpkeKey,
    /// Origin of its gateway, where a desk here may call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
}

/// Somebody of the municipality's register, as its own counter has to know: who signs, and which card speaks for the person now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resident {
    /// Who, on the chain.
    pub person: Pseudonym,
    /// Name, as the resident register writes it.
    pub name: String,
    /// Its reading.
    pub kana: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub born: String,
    /// The number in the resident register, without its system.
    pub number: String,
    /// The binding that a renewed card's has to name; none where no card speaks for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<BindingId>,
    /// Who decides for the person, as the chain has it now.
    pub guardians: Vec<Signer>,
}

/// Somebody who signs for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Who, on the chain.
    pub person: Pseudonym,
    /// Name.
    pub name: String,
    /// As whom.
    pub role: SignerRole,
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it no longer holds.
    pub until: Moment,
}

/// The desk that knows its neighbours, and its municipality's people.
#[async_trait]
pub trait ConsoleDesk: Send + Sync + 'static {
    /// Whom the caller works for, and with whom.
    async fn here(&self, caller: &Caller) -> Result<Here, DeskError>;
    /// Somebody of the register. For the municipality's own counter only.
    async fn resident(&self, caller: &Caller, person: Pseudonym) -> Result<Resident, DeskError>;
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    desk: Arc<dyn ConsoleDesk>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

/// Builds the routes.
pub fn router(entrance: Entrance, desk: Arc<dyn ConsoleDesk>) -> Router {
    Router::new()
        .route("/v1/desk", get(here))
        .route("/v1/desk/residents/{person}", get(resident))
        .method_not_allowed_fallback(crate::router::no_such_method)
        .with_state(Service { entrance, desk })
}

async fn here(
    State(service): State<Service>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    Ok(Json(service.desk.here(&call.caller).await?).into_response())
}

async fn resident(
    State(service): State<Service>,
    Id(person): Id<Pseudonym>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let resident = service.desk.resident(&call.caller, person).await?;
    Ok(Json(resident).into_response())
}

/// Lets pages of these origins read the routes' answers. Others get the same answers, and their browsers keep them.
pub fn across(routes: Router, origins: Vec<String>) -> Router {
    if origins.is_empty() {
        return routes;
    }
    routes.layer(from_fn_with_state(Arc::<[String]>::from(origins), let_read))
}

async fn let_read(State(origins): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN);
    let known = origin.filter(|origin| origins.iter().any(|known| *origin == known.as_str()));
    let Some(known) = known.cloned() else {
        return next.run(request).await;
    };
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, known);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("location, retry-after"),
    );
    headers.append(VARY, HeaderValue::from_static("origin"));
    response
}

fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "content-type, musubi-account, musubi-time, musubi-signature, musubi-subject",
        ),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}
