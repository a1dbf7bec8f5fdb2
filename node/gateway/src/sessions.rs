//! Sessions: for a while, an opaque bearer token in the place of a signature on each call.
//!
//! Whoever opens one proves an account first: by its own key (the call is signed as any other, over a challenge), by a passkey that the
//! account registered, or by a card that was touched at the account's terminal and whose visit goes on. The token is told once and kept by its
//! hash; it lives half an hour at most, in this process only, and its owner lists and ends it.
//!
//! A session never does more than its account: each use asks the chain anew who stands behind the account, and the first answer that
//! differs from the one at opening ends the session; the scope of the route must be among the session's, and those among what the role
//! allows ([`scope`]). What no scope names is signed with the key, session or not.

mod attempts;
mod book;
mod cbor;
mod challenge;
mod passkey;
mod passkeys;
pub mod scope;

pub use attempts::{TRIES, WINDOW};
pub use book::{Ground, PER_ACCOUNT_MAX, SESSION_LIFE, Session, VISIT_LIFE};
pub use challenge::CHALLENGE_LIFE;
pub use passkey::{Algorithm, Assertion, Passkey, Registration, RelyingParty, Wrong};
pub(crate) use scope::Door;
pub use scope::{Scope, Scopes};

use crate::{
    body,
    call::{Call, Entrance},
    caller::{Caller, Standing},
    ports::{DeskError, Gatekeeper},
    problem::Problem,
    router::{SMALL_BYTES_MAX, no_such_method},
};
use async_trait::async_trait;
use attempts::Attempts;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRef, Path, State},
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use book::{Book, fresh_id};
use challenge::Challenges;
use musubi_primitives::{AccountId, Moment, Pseudonym, SessionId, commitment::hash_parts};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// The most bytes of what a browser hands over.
const CEREMONY_BYTES_MAX: usize = 16 * 1024;
/// Passkeys of one account.
pub const PASSKEYS_MAX: usize = 8;

/// Somebody whose card opened a visit that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Whose card it was.
    pub person: Pseudonym,
    /// First moment at which the visit is over.
    pub until: Moment,
}

/// Where passkeys are kept, over restarts.
#[async_trait]
pub trait PasskeyStore: Send + Sync + 'static {
    /// A passkey by its id.
    async fn passkey(&self, credential: &str) -> Result<Option<Passkey>, DeskError>;
    /// Those of an account.
    async fn passkeys_of(&self, account: &AccountId) -> Result<Vec<Passkey>, DeskError>;
    /// Keeps a new one, unless its id is known or the account has [`PASSKEYS_MAX`]; whether it was kept.
    async fn keep(&self, passkey: Passkey) -> Result<bool, DeskError>;
    /// Notes the counter of an assertion; `false` if it is not above the last one, so that two authenticators share the key. One that
    /// stays 0 does not count.
    async fn advance(&self, credential: &str, counter: u32) -> Result<bool, DeskError>;
    /// Forgets one of an account; whether there was one.
    async fn forget(&self, account: &AccountId, credential: &str) -> Result<bool, DeskError>;
}

/// What all routes of a node share of sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    book: Book,
    challenges: Challenges,
    attempts: Attempts,
}

impl Sessions {
    /// The account of a token, before anything is asked of the chain.
    pub(crate) fn account(&self, token: &str, now: Moment) -> Result<AccountId, Problem> {
        let session = self.book.find(token, now).ok_or_else(over)?;
        Ok(session.account)
    }

    /// The caller behind a token, if the session opens this route now.
    pub(crate) async fn caller(
        &self,
        gatekeeper: &dyn Gatekeeper,
        token: &str,
        door: Door,
    ) -> Result<Caller, Problem> {
        let now = gatekeeper.now();
        let session = self.book.find(token, now).ok_or_else(over)?;
        let found = standing_of(gatekeeper, &session.account, session.ground).await?;
        if found.map(|(standing, _)| standing) != Some(session.standing) {
            self.book.end(&session.account, &session.id, now);
            return Err(over());
        }
        let is_visit = matches!(session.ground, Ground::CheckIn(_));
        match door {
            Door::Scoped(scope) if session.scopes.contains(&scope) => {}
            Door::Own if !is_visit => {}
            Door::Scoped(_) => {
                return Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "insufficient-scope",
                    "this session was not opened for that: open one with the scope, if the role has it",
                ));
            }
            Door::Own | Door::Signed => return Err(not_by_session()),
        }
        Ok(Caller {
            account: session.account,
            standing: session.standing,
        })
    }

    fn take_challenge(&self, challenge: &str, now: Moment) -> Result<(), Problem> {
        if self.challenges.take(challenge, now) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "challenge-not-valid",
            "the challenge was not given out here, was used, or its two minutes are over: ask for another one",
        ))
    }

    fn count_try(&self, what: [u8; 32], now: Moment) -> Result<(), Problem> {
        self.attempts.count(what, now).map_err(|seconds| {
            let detail = format!("too many tries: the next one in {seconds} s");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", detail)
                .retry_after(seconds)
        })
    }
}

/// Who stands behind a session's account now, and until when at most.
async fn standing_of(
    gatekeeper: &dyn Gatekeeper,
    account: &AccountId,
    ground: Ground,
) -> Result<Option<(Standing, Moment)>, DeskError> {
    let now = gatekeeper.now();
    let standing = gatekeeper.standing(account).await?;
    let Some(standing) = standing else {
        return Ok(None);
    };
    Ok(match ground {
        Ground::DeviceKey | Ground::Passkey => Some((standing, now.saturating_add(SESSION_LIFE))),
        Ground::CheckIn(visit) => {
            let caller = Caller {
                account: *account,
                standing,
            };
            let visitor = gatekeeper.visitor(&caller, visit).await?;
            visitor.map(|visitor| {
                let until = visitor.until.min(now.saturating_add(VISIT_LIFE));
                (Standing::Person(visitor.person), until)
            })
        }
    })
}

/// The same words for a token that never was, one whose time is over, and one whose account is no longer what it was.
fn over() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "no-session",
        "there is no such session, or no more: open another one",
    )
}

#[derive(Clone)]
struct Service {
    entrance: Entrance,
    store: Arc<dyn PasskeyStore>,
    party: Option<RelyingParty>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

impl Service {
    fn sessions(&self) -> &Sessions {
        &self.entrance.sessions
    }

    fn now(&self) -> Moment {
        self.entrance.gatekeeper.now()
    }

    fn party(&self) -> Result<&RelyingParty, Problem> {
        self.party.as_ref().ok_or_else(|| {
            DeskError::NotOffered(
                "this node takes no passkeys: it has no origin (gateway.origin)".to_owned(),
            )
            .into()
        })
    }
}

/// Builds the routes; passkeys need the site that they are made for.
pub fn router(
    entrance: Entrance,
    store: Arc<dyn PasskeyStore>,
    party: Option<RelyingParty>,
) -> Router {
    Router::new()
        .route("/v1/sessions/challenges", post(give_challenge))
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/by-passkey", post(open_by_passkey))
        .route("/v1/sessions", get(list))
        .route("/v1/sessions/{session}", delete(end))
        .route("/v1/passkeys", post(passkeys::register))
        .route("/v1/passkeys", get(passkeys::list))
        .route("/v1/passkeys/{credential}", delete(passkeys::forget))
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(CEREMONY_BYTES_MAX))
        .with_state(Service {
            entrance,
            store,
            party,
        })
}

/// A challenge, and what a browser must know for a passkey.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Challenge {
    challenge: String,
    until: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    rp_id: Option<String>,
}

async fn give_challenge(State(service): State<Service>) -> Result<Response, Problem> {
    let given = service.sessions().challenges.give(service.now());
    let (challenge, until) = given.map_err(no_randomness)?;
    let rp_id = service.party.as_ref().map(|party| party.id.clone());
    let answer = Challenge {
        challenge,
        until,
        rp_id,
    };
    Ok(secret((StatusCode::CREATED, Json(answer)).into_response()))
}

/// What is signed to open a session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    challenge: String,
    /// All that the role allows, if nothing is said.
    scopes: Option<Scopes>,
    /// A visit that a card opened at this account's terminal.
    visit: Option<SessionId>,
}

/// A session as it is told to whoever opened it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    token: String,
    token_type: &'static str,
    #[serde(flatten)]
    session: Listed,
}

/// A session as its account sees it.
#[derive(Serialize)]
struct Listed {
    id: String,
    ground: Ground,
    scopes: Scopes,
    opened: Moment,
    until: Moment,
}

impl From<Session> for Listed {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            ground: session.ground,
            scopes: session.scopes,
            opened: session.opened,
            until: session.until,
        }
    }
}

async fn open(
    State(service): State<Service>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let account = require_signed(&call)?.account;
    let opening: Opening = body::parse(&call.body, "challenge and, if wanted, scopes and visit")?;
    let (sessions, now) = (service.sessions(), service.now());
    sessions.take_challenge(&opening.challenge, now)?;
    sessions.count_try(hash_parts(&[&account.0]), now)?;
    let ground = opening.visit.map_or(Ground::DeviceKey, Ground::CheckIn);
    service.open(account, ground, opening.scopes).await
}

/// A passkey's signature over a challenge, and what the session is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByPasskey {
    assertion: Assertion,
    scopes: Option<Scopes>,
}

async fn open_by_passkey(State(service): State<Service>, body: Bytes) -> Result<Response, Problem> {
    let party = service.party()?;
    let form: ByPasskey = body::parse(&body, "assertion and, if wanted, scopes")?;
    let (sessions, now) = (service.sessions(), service.now());
    let credential = &form.assertion.credential;
    let challenge = passkey::challenge_of(&form.assertion.client_data).map_err(wrong)?;
    sessions.take_challenge(&challenge, now)?;
    sessions.count_try(hash_parts(&[credential.as_bytes()]), now)?;
    // One answer for a passkey that nobody has and for one that did not sign.
    let refused = || wrong(Wrong("assertion: no passkey known here signed it"));
    let known = service.store.passkey(credential).await?;
    let known = known.ok_or_else(refused)?;
    let counter = form.assertion.check(party, &known).map_err(|_| refused())?;
    if !service.store.advance(credential, counter).await? {
        return Err(wrong(Wrong(
            "assertion: its counter went back, so that the passkey was copied: register another one",
        )));
    }
    service
        .open(known.account, Ground::Passkey, form.scopes)
        .await
}

impl Service {
    /// Opens a session for an account that was proved.
    async fn open(
        &self,
        account: AccountId,
        ground: Ground,
        scopes: Option<Scopes>,
    ) -> Result<Response, Problem> {
        let found = standing_of(self.entrance.gatekeeper.as_ref(), &account, ground).await?;
        let (standing, until) = found.ok_or_else(|| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "unknown-key",
                "this key acts for no active member and for no person enrolled, or the visit is not one of its terminal or over",
            )
        })?;
        let allowed = match ground {
            Ground::DeviceKey | Ground::Passkey => scope::allowed(&standing),
            Ground::CheckIn(_) => scope::at_a_terminal(),
        };
        let scopes = scopes.unwrap_or_else(|| allowed.clone());
        if scopes.is_empty() || !scopes.is_subset(&allowed) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "insufficient-scope",
                format!(
                    "scopes: expected at least one, and only of these: {}",
                    names(&allowed)
                ),
            ));
        }
        let session = Session {
            id: fresh_id().map_err(no_randomness)?,
            account,
            standing,
            ground,
            scopes,
            opened: self.now(),
            until,
        };
        let token = self.sessions().book.open(session.clone());
        let opened = Opened {
            token: token.map_err(no_randomness)?,
            token_type: "Bearer",
            session: session.into(),
        };
        Ok(secret((StatusCode::CREATED, Json(opened)).into_response()))
    }
}

async fn list(
    State(service): State<Service>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let own = service
        .sessions()
        .book
        .of(&call.caller.account, service.now());
    let own: Vec<Listed> = own.into_iter().map(Listed::from).collect();
    Ok(Json(own).into_response())
}

async fn end(
    State(service): State<Service>,
    Path(session): Path<String>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<StatusCode, Problem> {
    let (account, now) = (call.caller.account, service.now());
    if service.sessions().book.end(&account, &session, now) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(DeskError::NotFound("no such session of this account".to_owned()).into())
}

/// A call that the account's own key signed: nobody comes to more sessions or passkeys by a session.
fn require_signed<const BYTES_MAX: usize>(call: &Call<BYTES_MAX>) -> Result<Caller, Problem> {
    if call.is_by_session {
        return Err(not_by_session());
    }
    Ok(call.caller)
}

fn not_by_session() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-by-session",
        "no session opens this: sign the call with the key itself",
    )
}

fn names(scopes: &BTreeSet<Scope>) -> String {
    let named = scopes.iter().filter_map(|scope| {
        let name = serde_json::to_value(scope).ok()?;
        name.as_str().map(str::to_owned)
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        return "none, this role signs each call".to_owned();
    }
    named.join(", ")
}

fn wrong(wrong: Wrong) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "passkey-not-valid", wrong.0)
}

fn no_randomness(error: getrandom::Error) -> Problem {
    DeskError::Unavailable(error.to_string()).into()
}

/// An answer that no cache may keep.
fn secret(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
