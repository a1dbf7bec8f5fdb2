//! One call on its way in: whom it claims to be from is looked up before its body is read, and the body is read up to its route's limit
//! and within a time, before the signature over all of it is checked. A session's token stands in the place of the signature where its
//! scopes allow ([`crate::sessions`]).

use crate::{
    caller::{Caller, Claimed},
    ports::Gatekeeper,
    problem::Problem,
    rate::Rates,
    sessions::{Door, Sessions, scope::door},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRef, FromRequest, MatchedPath, Request},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_LENGTH},
        request::Parts,
    },
};
use musubi_client_sdk::rest::ACCOUNT;
use musubi_primitives::AccountId;
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Where calls come in: who lets them in, how often, and how long is waited for them. Shared by all routes of a node, so that no account
/// has a second allowance.
#[derive(Clone)]
pub struct Entrance {
    pub(crate) gatekeeper: Arc<dyn Gatekeeper>,
    pub(crate) sessions: Arc<Sessions>,
    rates: Arc<Rates>,
    body_time: Duration,
}

impl Entrance {
    /// The entrance of a node: a body may take [`BODY_TIME_MAX`].
    pub fn new(gatekeeper: Arc<dyn Gatekeeper>) -> Self {
        Self::waiting(gatekeeper, BODY_TIME_MAX)
    }

    /// An entrance that waits for a body this long.
    pub fn waiting(gatekeeper: Arc<dyn Gatekeeper>, body_time: Duration) -> Self {
        Self {
            gatekeeper,
            sessions: Arc::default(),
            rates: Arc::default(),
            body_time,
        }
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance")
            .field("body_time", &self.body_time)
            .finish_non_exhaustive()
    }
}

/// A request as a handler sees it, authenticated; its body has at most `BYTES_MAX` bytes.
pub(crate) struct Call<const BYTES_MAX: usize> {
    pub(crate) caller: Caller,
    /// Whether a bearer stood in the place of a signature.
    pub(crate) is_by_session: bool,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Sync, const BYTES_MAX: usize> FromRequest<S> for Call<BYTES_MAX>
where
    Entrance: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let entrance = Entrance::from_ref(state);
        let (parts, body) = request.into_parts();
        match bearer(&parts.headers) {
            Some(token) => Self::by_session(&entrance, &token, parts, body).await,
            None => Self::by_signature(&entrance, parts, body).await,
        }
    }
}

impl<const BYTES_MAX: usize> Call<BYTES_MAX> {
    async fn by_signature(entrance: &Entrance, parts: Parts, body: Body) -> Result<Self, Problem> {
        let gatekeeper = entrance.gatekeeper.as_ref();
        let now = gatekeeper.now();
        let claimed = Claimed::read(&parts.headers, now)?;
        require_rate(&entrance.rates, &claimed.account, now)?;
        let caller = claimed.caller(gatekeeper).await?;
        let body = Self::whole(entrance, &parts, body).await?;
        claimed.check(&gatekeeper.genesis(), &parts, &body)?;
        entrance.rates.take(caller.account, now);
        Ok(Self::of(caller, false, parts, body))
    }

    async fn by_session(
        entrance: &Entrance,
        token: &str,
        parts: Parts,
        body: Body,
    ) -> Result<Self, Problem> {
        let gatekeeper = entrance.gatekeeper.as_ref();
        let now = gatekeeper.now();
        let account = entrance.sessions.account(token, now)?;
        require_rate(&entrance.rates, &account, now)?;
        // The token is proof enough that the call is the account's.
        entrance.rates.take(account, now);
        let pattern = parts.extensions.get::<MatchedPath>();
        let door = pattern.map_or(Door::Signed, |pattern| {
            door(&parts.method, pattern.as_str())
        });
        let caller = entrance.sessions.caller(gatekeeper, token, door).await?;
        let body = Self::whole(entrance, &parts, body).await?;
        Ok(Self::of(caller, true, parts, body))
    }

    /// A call of a system that its bearer has proved. All systems of a node call as its gateway's account, and share its allowance.
    pub(crate) async fn by_system(
        entrance: &Entrance,
        caller: Caller,
        request: Request,
    ) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let now = entrance.gatekeeper.now();
        require_rate(&entrance.rates, &caller.account, now)?;
        entrance.rates.take(caller.account, now);
        let body = Self::whole(entrance, &parts, body).await?;
        Ok(Self::of(caller, true, parts, body))
    }

    async fn whole(entrance: &Entrance, parts: &Parts, body: Body) -> Result<Bytes, Problem> {
        require_length(&parts.headers, BYTES_MAX)?;
        timeout(entrance.body_time, to_bytes(body, BYTES_MAX))
            .await
            .map_err(|_| too_slow(entrance.body_time))?
            .map_err(|_| unread(BYTES_MAX))
    }

    fn of(caller: Caller, is_by_session: bool, parts: Parts, body: Bytes) -> Self {
        Self {
            caller,
            is_by_session,
            uri: parts.uri,
            headers: parts.headers,
            body,
        }
    }
}

/// What is borne, where no signature is sent: whoever signs is heard by the signature.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    if headers.contains_key(ACCOUNT) {
        return None;
    }
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn require_rate(rates: &Rates, account: &AccountId, now: u64) -> Result<(), Problem> {
    rates.check(account, now).map_err(|seconds| {
        let detail = format!("this key calls too often: try again in {seconds} s");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-calls", detail).retry_after(seconds)
    })
}

/// What says that it is too long is not even begun.
fn require_length(headers: &HeaderMap, bytes_max: usize) -> Result<(), Problem> {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    match length {
        Some(length) if bytes_max < length => Err(unread(bytes_max)),
        Some(_) | None => Ok(()),
    }
}

fn unread(bytes_max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        format!("the body could not be read to its end; at most {bytes_max} bytes are read here"),
    )
}

fn too_slow(body_time: Duration) -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        format!("the body took longer than {} s", body_time.as_secs()),
    )
}
