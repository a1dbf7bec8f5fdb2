//! The index over HTTP, below `/explorer/api`: every answer is JSON, every failure an RFC 9457 problem that says what to do.
//!
//! Whoever mounts these routes lets only operators reach them; the trail of one person needs beside that the signature of an officer,
//! reviewer or auditor ([`officer`]), and leaves a line in the node's log, also where it is asked for as events or as an export.

mod export;
mod live;
pub mod officer;
mod problem;

use crate::{
    error::IndexError,
    filter::Asked,
    keeper::Keeper,
    lists::{BlockLine, BreakGlassLine, ConsentLine, ErasureLine, Figures, ProposalLine},
    pages::{EventLine, Page},
    places::EventId,
    search::Found,
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{OriginalUri, Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use musubi_client_sdk::proofs::Checkpoint;
use musubi_primitives::{AccountId, MemberId, MemberKind, Moment, seams::Actor};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// What the explorer must know of the node that it stands in.
#[async_trait]
pub trait Place: Send + Sync + 'static {
    /// Genesis and its validators: what a reader trusts who has kept no newer checkpoint.
    fn genesis(&self) -> Checkpoint;
    /// Name of the chain.
    fn chain(&self) -> String;
    /// This machine's clock.
    fn now(&self) -> Moment;
    /// Members in good standing and what they are.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn members(&self) -> Result<Vec<(MemberId, MemberKind)>, IndexError>;
    /// The active member and role behind an account.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn actor(&self, account: AccountId) -> Result<Option<Actor>, IndexError>;
}

/// What the routes share.
#[derive(Clone)]
pub struct Explorer {
    /// The index and its progress.
    pub keeper: Keeper,
    /// The node.
    pub place: Arc<dyn Place>,
    /// Names of members that this node's operator wrote down; none are on the chain.
    pub names: Arc<BTreeMap<u32, String>>,
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer").finish_non_exhaustive()
    }
}

type Answer<T> = Result<Json<T>, Problem>;

/// All routes, to be nested at `/explorer/api`.
pub fn routes(explorer: Explorer) -> Router {
    Router::new()
        .route("/chain", get(chain))
        .route("/figures", get(figures))
        .route("/blocks", get(blocks))
        .route("/blocks/{height}", get(block))
        .route("/events", get(events))
        .route("/events/export", get(export::export))
        .route("/events/{id}", get(event))
        .route("/search", get(search))
        .route("/consents", get(consents))
        .route("/break-glass", get(break_glass))
        .route("/erasures", get(erasures))
        .route("/proposals", get(proposals))
        .route("/subjects/{subject}", get(officer::subject))
        .route("/live", get(live::live))
        .route("/rebuild", post(rebuild))
        .with_state(explorer)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    member: MemberId,
    kind: MemberKind,
    name: Option<String>,
}

async fn chain(State(explorer): State<Explorer>) -> Answer<Value> {
    let progress = *explorer.keeper.progress().borrow();
    let members: Vec<Member> = explorer
        .place
        .members()
        .await?
        .into_iter()
        .map(|(member, kind)| Member {
            member,
            kind,
            name: explorer.names.get(&member.0).cloned(),
        })
        .collect();
    Ok(Json(json!({
        "chain": explorer.place.chain(),
        "genesis": explorer.place.genesis(),
        "members": members,
        "index": progress,
    })))
}

async fn figures(State(explorer): State<Explorer>) -> Answer<Figures> {
    Ok(Json(explorer.keeper.index().figures().await?))
}

#[derive(Deserialize)]
struct Below {
    below: Option<u64>,
}

async fn blocks(
    State(explorer): State<Explorer>,
    Query(asked): Query<Below>,
) -> Answer<Vec<BlockLine>> {
    Ok(Json(explorer.keeper.index().blocks(asked.below).await?))
}

async fn block(State(explorer): State<Explorer>, Path(height): Path<u64>) -> Answer<BlockLine> {
    let block = explorer.keeper.index().block(height).await?;
    block.map(Json).ok_or_else(|| Problem::absent("block"))
}

async fn events(
    State(explorer): State<Explorer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer<Page> {
    let Query(asked) = asked.map_err(|error| Problem::question(&error.body_text()))?;
    officer::check_about(&explorer, (&headers, &uri), asked.about.as_deref()).await?;
    Ok(Json(explorer.keeper.index().page(&asked).await?))
}

async fn event(State(explorer): State<Explorer>, Path(id): Path<String>) -> Answer<EventLine> {
    let event = explorer.keeper.index().event(EventId::parse(&id)?).await?;
    event.map(Json).ok_or_else(|| Problem::absent("event"))
}

#[derive(Deserialize)]
struct Sought {
    q: String,
}

async fn search(
    State(explorer): State<Explorer>,
    Query(sought): Query<Sought>,
) -> Answer<Vec<Found>> {
    Ok(Json(explorer.keeper.index().search(&sought.q).await?))
}

#[derive(Deserialize)]
struct InState {
    state: Option<String>,
}

async fn consents(
    State(explorer): State<Explorer>,
    Query(asked): Query<InState>,
) -> Answer<Vec<ConsentLine>> {
    let index = explorer.keeper.index();
    Ok(Json(index.consents(asked.state.as_deref()).await?))
}

async fn break_glass(State(explorer): State<Explorer>) -> Answer<Vec<BreakGlassLine>> {
    Ok(Json(explorer.keeper.index().break_glass().await?))
}

async fn erasures(State(explorer): State<Explorer>) -> Answer<Vec<ErasureLine>> {
    Ok(Json(explorer.keeper.index().erasures().await?))
}

async fn proposals(State(explorer): State<Explorer>) -> Answer<Vec<ProposalLine>> {
    Ok(Json(explorer.keeper.index().proposals().await?))
}

/// Begins to fill the index anew; `/chain` and `/live` tell how far it is.
async fn rebuild(State(explorer): State<Explorer>) -> StatusCode {
    explorer.keeper.rebuild();
    StatusCode::ACCEPTED
}
