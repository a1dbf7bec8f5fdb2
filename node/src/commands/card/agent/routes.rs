//! The agent's routes; all but pairing want a token of the page's own origin.

use super::{
    desk::CardDesk,
    forms::{DocumentForm, FaceForm, PairingForm, SignatureForm, VisitForm, Wiped},
    pairing::Pairings,
    shown::Shown,
    signing::{self, Reading, Signing, Visiting},
    trouble::{Failure, Trouble},
    watching::Seen,
};
use crate::commands::card::{document::Signable, status::presence_code};
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, ORIGIN},
    },
    middleware::{Next, from_fn_with_state},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures::{Stream, stream};
use musubi_consent_card::pcsc::Presence;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::watch;

/// What the routes work with.
#[derive(Clone)]
pub struct Agent {
    pub pairings: Arc<Pairings>,
    pub desk: CardDesk,
    pub shown: Arc<Shown>,
    pub readers: watch::Receiver<Seen>,
}

/// Builds the routes; the door is put before them by [`super::guard`].
pub fn router(agent: Agent) -> Router {
    let paired = Router::new()
        .route("/v1/pairings/end", post(end))
        .route("/v1/readers", get(readers))
        .route("/v1/status", post(status))
        .route("/v1/face", post(face))
        .route("/v1/documents", post(show))
        .route("/v1/signatures", post(sign))
        .route("/v1/check-ins", post(check_in))
        .layer(from_fn_with_state(agent.clone(), require_token));
    Router::new()
        .route("/v1/pairings", post(pair))
        .merge(paired)
        .fallback(async || Trouble::NoSuchRoute)
        .method_not_allowed_fallback(async || Trouble::NoSuchRoute)
        .with_state(agent)
}

async fn require_token(State(agent): State<Agent>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let holds =
        token_of(headers).is_some_and(|token| agent.pairings.holds(origin_of(headers), token));
    if holds {
        next.run(request).await
    } else {
        Trouble::NotPaired.into_response()
    }
}

fn token_of(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// The door let no request in without one.
fn origin_of(headers: &HeaderMap) -> &str {
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    origin.unwrap_or_default()
}

async fn pair(
    State(agent): State<Agent>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Trouble> {
    let body = Wiped::read(body).await?;
    let form: PairingForm<'_> = body.form()?;
    let token = agent.pairings.pair(origin_of(&headers), &form.digits())?;
    Ok((StatusCode::CREATED, Json(json!({"token": token}))).into_response())
}

async fn end(State(agent): State<Agent>, headers: HeaderMap) -> Result<StatusCode, Trouble> {
    agent.pairings.end(token_of(&headers).unwrap_or_default())?;
    Ok(StatusCode::NO_CONTENT)
}

/// The readers now, and again whenever something changes.
async fn readers(State(agent): State<Agent>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut readers = agent.readers;
    readers.mark_changed();
    let events = stream::unfold(readers, async |mut readers| {
        readers.changed().await.ok()?;
        let event = Event::default()
            .event("readers")
            .data(said(&readers.borrow_and_update()).to_string());
        Some((Ok(event), readers))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn said(seen: &Seen) -> Value {
    let readers = match seen {
        Seen::NoService => return json!({"service": false, "readers": [], "card": false}),
        Seen::Readers(readers) => readers,
    };
    let each = readers
        .iter()
        .map(|reader| json!({"name": reader.name, "presence": presence_code(reader.presence)}));
    let lies_there =
        |presence: Presence| matches!(presence, Presence::Card | Presence::Busy | Presence::Mute);
    let card = readers.iter().any(|reader| lies_there(reader.presence));
    json!({"service": true, "readers": each.collect::<Vec<_>>(), "card": card})
}

async fn status(State(agent): State<Agent>) -> Result<Json<Value>, Failure> {
    agent.desk.touch(signing::status).await.map(Json)
}

async fn face(State(agent): State<Agent>, body: Body) -> Result<Json<Value>, Failure> {
    let reading = {
        let body = Wiped::read(body).await?;
        Reading::of(&body.form::<FaceForm<'_>>()?)?
    };
    let facts = agent.desk.touch(move |_, place| reading.read(place));
    Ok(Json(facts.await?))
}

async fn show(State(agent): State<Agent>, body: Body) -> Result<Json<Value>, Failure> {
    let body = Wiped::read(body).await?;
    let form: DocumentForm = body.form()?;
    let document = match Signable::make(&form.kind, form.fields) {
        Ok(document) => document,
        Err(error) => {
            eprintln!("document to be shown: {error}");
            return Err(Trouble::Malformed.into());
        }
    };
    Ok(Json(agent.shown.show(document)?))
}

async fn sign(State(agent): State<Agent>, body: Body) -> Result<Json<Value>, Failure> {
    let signing = {
        let body = Wiped::read(body).await?;
        let form: SignatureForm<'_> = body.form()?;
        let document = agent.shown.find(&form.digest)?;
        Signing::of(&form, document)?
    };
    let signed = agent
        .desk
        .touch(move |settings, place| signing.sign(settings, place));
    Ok(Json(signed.await?))
}

async fn check_in(State(agent): State<Agent>, body: Body) -> Result<Json<Value>, Failure> {
    let visiting = {
        let body = Wiped::read(body).await?;
        Visiting::of(&body.form::<VisitForm<'_>>()?)?
    };
    let signed = agent
        .desk
        .touch(move |settings, place| visiting.check_in(settings, place));
    Ok(Json(signed.await?))
}
