//! The trail of one person: shown to an officer, reviewer or auditor who signs for it, and noted in the log with the key that asked.
//!
//! The signature is that of every gateway call ([`musubi_client_sdk::rest`]): over chain, method, path, subject, time and body.

use super::{Explorer, Place, problem::Problem};
use crate::{
    filter::{Asked, Order},
    pages::Page,
};
use axum::{
    Json,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode, Uri},
};
use musubi_client_sdk::rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME};
use musubi_primitives::{
    AccountId, Moment, Pseudonym, Role, VerifyingKey, finality::verify_ed25519, seams::Actor,
};

/// How far the caller's clock may be from ours, in milliseconds.
pub const CLOCK_SKEW_MAX: Moment = 60_000;

/// Roles that may look at one person's whole trail.
pub const ROLES: [Role; 3] = [Role::Officer, Role::Reviewer, Role::Auditor];

pub(super) async fn subject(
    State(explorer): State<Explorer>,
    OriginalUri(uri): OriginalUri,
    Path(subject): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Page>, Problem> {
    let subject: Pseudonym = subject
        .parse()
        .map_err(|error| Problem::question(&format!("subject: {error}")))?;
    check(&explorer, &headers, &uri).await?;
    let asked = Asked {
        about: Some(subject.to_string()),
        order: Order::Oldest,
        limit: Some(crate::PAGE_MAX),
        after: query_value(uri.query(), "after"),
        ..Asked::default()
    };
    Ok(Json(explorer.keeper.index().page(&asked).await?))
}

/// A question about a person is one about that person's trail, whichever way it is asked: it needs the same signature.
pub(super) async fn check_about(
    explorer: &Explorer,
    (headers, uri): (&HeaderMap, &Uri),
    about: Option<&str>,
) -> Result<(), Problem> {
    let Some(about) = about else { return Ok(()) };
    if !explorer.keeper.index().is_person(about).await? {
        return Ok(());
    }
    if !headers.contains_key(ACCOUNT) {
        let detail = "this is a person's pseudonym: an officer, reviewer or auditor signs for it, as for /subjects/{pseudonym}";
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
    }
    check(explorer, headers, uri).await
}

/// Lets an officer's signed call through, and leaves a line in the log.
async fn check(explorer: &Explorer, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let (account, actor) = officer(explorer.place.as_ref(), headers, path).await?;
    tracing::info!(%account, member = %actor.member, "an officer looks at one person's trail");
    Ok(())
}

/// Who signed the call, if such a one may look.
async fn officer(
    place: &dyn Place,
    headers: &HeaderMap,
    path: &str,
) -> Result<(AccountId, Actor), Problem> {
    let text = |name: &'static str| header(headers, name);
    let account: AccountId = text(ACCOUNT)?
        .parse()
        .map_err(|error| unsigned(&format!("{ACCOUNT}: {error}")))?;
    let time: Moment = text(TIME)?
        .parse()
        .map_err(|_| unsigned(&format!("{TIME}: expected milliseconds since 1970")))?;
    if place.now().abs_diff(time) > CLOCK_SKEW_MAX {
        return Err(unsigned(
            "the signature is older than a minute: set the clock, sign again",
        ));
    }
    let call = SignedCall {
        method: "GET",
        path,
        subject: headers
            .get(SUBJECT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
        time,
        body: &[],
    };
    let signature = signature(text(SIGNATURE)?)?;
    let bytes = call.signing_bytes(&place.genesis().genesis);
    if !verify_ed25519(&VerifyingKey(account.0), &signature, &bytes) {
        return Err(unsigned(
            "the signature is not by this account over this call",
        ));
    }
    let actor = place.actor(account).await?;
    let allowed = actor.filter(|actor| ROLES.contains(&actor.role));
    let forbidden =
        "only an officer, reviewer or auditor of an active member may see one person's trail";
    allowed
        .map(|actor| (account, actor))
        .ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "forbidden", forbidden))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| unsigned(&format!("header {name} is missing")))
}

fn signature(text: &str) -> Result<[u8; 64], Problem> {
    let mut signature = [0; 64];
    hex::decode_to_slice(text, &mut signature)
        .map_err(|_| unsigned(&format!("{SIGNATURE}: expected 128 hexadecimal digits")))?;
    Ok(signature)
}

fn unsigned(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "not-authenticated", detail)
}

fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    query?
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .map(str::to_owned)
}
