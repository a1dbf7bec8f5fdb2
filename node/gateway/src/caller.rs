//! Who calls: each request is signed by a staff or device key that the chain knows.
//!
//! Three headers carry it: `Musubi-Account` (the key's account), `Musubi-Time` (milliseconds) and `Musubi-Signature` (Ed25519 over
//! [`signing_bytes`]). The signature covers method, path, subject and body, so nothing in between can be changed or moved to another
//! call; the time bounds replay to [`CLOCK_SKEW_MAX`], and what must happen once is single-use behind the gateway anyway.

use crate::{ports::Gatekeeper, problem::Problem};
use axum::http::{HeaderMap, Method, StatusCode};
use musubi_primitives::{
    AccountId, BlockHash, Moment, VerifyingKey, commitment::hash_parts, domain,
    finality::verify_ed25519, seams::Actor,
};

/// How far the caller's clock may be from ours, in milliseconds.
pub const CLOCK_SKEW_MAX: Moment = 60_000;

/// Header with the account, `0x` and 64 hexadecimal digits.
pub const ACCOUNT: &str = "musubi-account";
/// Header with the time, decimal milliseconds since 1970.
pub const TIME: &str = "musubi-time";
/// Header with the signature, 128 hexadecimal digits.
pub const SIGNATURE: &str = "musubi-signature";
/// Header with the subject's pseudonym, where a call is about somebody.
pub const SUBJECT: &str = "musubi-subject";

/// What a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct SignedCall<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Path of the request.
    pub path: &'a str,
    /// The subject header's text, empty without one.
    pub subject: &'a str,
    /// The caller's time.
    pub time: Moment,
    /// The body.
    pub body: &'a [u8],
}

/// The bytes that the caller signs.
pub fn signing_bytes(genesis: &BlockHash, call: &SignedCall<'_>) -> [u8; 32] {
    let part = |bytes: &[u8]| hash_parts(&[domain::MERKLE_LEAF, bytes]);
    hash_parts(&[
        domain::GATEWAY_CALL,
        &genesis.0,
        &call.time.to_be_bytes(),
        &part(call.method.as_bytes()),
        &part(call.path.as_bytes()),
        &part(call.subject.as_bytes()),
        &part(call.body),
    ])
}

/// An authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that signed.
    pub account: AccountId,
    /// Whom it acts for, in which role.
    pub actor: Actor,
}

/// Finds out who calls.
///
/// # Errors
/// 401 when headers are missing, malformed, too old or wrongly signed; 403 for keys that act for nobody.
pub async fn authenticate(
    gatekeeper: &dyn Gatekeeper,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Caller, Problem> {
    let account: AccountId = text(headers, ACCOUNT)?
        .parse()
        .map_err(|error| unauthorized(format!("{ACCOUNT}: {error}")))?;
    let time: Moment = text(headers, TIME)?
        .parse()
        .map_err(|_| unauthorized(format!("{TIME}: expected milliseconds since 1970")))?;
    let signature = parse_signature(text(headers, SIGNATURE)?)?;
    if gatekeeper.now().abs_diff(time) > CLOCK_SKEW_MAX {
        return Err(unauthorized(format!(
            "{TIME} is more than {} s from this node's clock: set the clock",
            CLOCK_SKEW_MAX / 1000
        )));
    }
    let subject = headers
        .get(SUBJECT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let call = SignedCall {
        method: method.as_str(),
        path,
        subject,
        time,
        body,
    };
    if !verify_ed25519(
        &VerifyingKey(account.0),
        &signature,
        &signing_bytes(&gatekeeper.genesis(), &call),
    ) {
        return Err(unauthorized(
            "the signature does not verify over method, path, subject, time and body",
        ));
    }
    let actor = gatekeeper.actor(&account).await?;
    let actor = actor.ok_or_else(|| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "unknown-key",
            "this key acts for no active member",
        )
    })?;
    Ok(Caller { account, actor })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| unauthorized(format!("header {name} is missing")))
}

fn parse_signature(text: &str) -> Result<[u8; 64], Problem> {
    let mut signature = [0u8; 64];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut signature)
        .map_err(|_| unauthorized(format!("{SIGNATURE}: expected 128 hexadecimal digits")))?;
    Ok(signature)
}

fn unauthorized(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "not-authenticated", detail)
}
