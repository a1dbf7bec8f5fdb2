//! Who calls: each request is signed by a staff or device key that the chain knows ([`musubi_client_sdk::rest`] has the form).
//!
//! The time bounds replay to [`CLOCK_SKEW_MAX`]; what must happen once is single-use behind the gateway anyway.

use crate::{
    ports::{DeskError, Gatekeeper},
    problem::Problem,
};
use axum::http::{HeaderMap, StatusCode, request::Parts};
use musubi_client_sdk::rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME};
use musubi_primitives::{
    AccountId, BlockHash, Moment, Pseudonym, VerifyingKey, finality::verify_ed25519, seams::Actor,
};

/// How far the caller's clock may be from ours, in milliseconds.
pub const CLOCK_SKEW_MAX: Moment = 60_000;

/// Who stands behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Staff or a device of an active member.
    Staff(Actor),
    /// A person of the health domain, by a device of their own.
    Person(Pseudonym),
}

/// An authenticated caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that signed.
    pub account: AccountId,
    /// Who stands behind it.
    pub standing: Standing,
}

impl Caller {
    /// Whom the caller acts for, if it is staff.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for residents.
    pub fn staff(&self) -> Result<Actor, DeskError> {
        match self.standing {
            Standing::Staff(actor) => Ok(actor),
            Standing::Person(_) => Err(DeskError::Forbidden(
                "only staff of a member may ask this".to_owned(),
            )),
        }
    }
}

/// What the headers claim, before anything is proved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimed {
    pub(crate) account: AccountId,
    time: Moment,
    signature: [u8; 64],
}

impl Claimed {
    /// Reads the headers.
    ///
    /// # Errors
    /// 401 when one is missing, malformed or too old.
    pub(crate) fn read(headers: &HeaderMap, now: Moment) -> Result<Self, Problem> {
        let account = text(headers, ACCOUNT)?
            .parse()
            .map_err(|error| unauthorized(format!("{ACCOUNT}: {error}")))?;
        Ok(Self {
            account,
            time: time_of(headers, now)?,
            signature: parse_signature(text(headers, SIGNATURE)?)?,
        })
    }

    /// Who stands behind the account.
    ///
    /// # Errors
    /// 403 for keys that act for nobody.
    pub(crate) async fn caller(&self, gatekeeper: &dyn Gatekeeper) -> Result<Caller, Problem> {
        let account = self.account;
        let standing = gatekeeper.standing(&account).await?;
        let standing = standing.ok_or_else(|| {
            Problem::new(
                StatusCode::FORBIDDEN,
                "unknown-key",
                "this key acts for no active member and for no person enrolled",
            )
        })?;
        Ok(Caller { account, standing })
    }

    /// Checks the signature over the whole call.
    ///
    /// # Errors
    /// 401 when it does not verify.
    pub(crate) fn check(
        &self,
        genesis: &BlockHash,
        parts: &Parts,
        body: &[u8],
    ) -> Result<(), Problem> {
        let subject = parts.headers.get(SUBJECT).map(|value| value.to_str());
        let call = SignedCall {
            method: parts.method.as_str(),
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
            subject: subject
                .transpose()
                .map_err(|_| unauthorized(format!("{SUBJECT}: expected visible ASCII")))?
                .unwrap_or_default(),
            time: self.time,
            body,
        };
        let signed = call.signing_bytes(genesis);
        if verify_ed25519(&VerifyingKey(self.account.0), &self.signature, &signed) {
            return Ok(());
        }
        Err(unauthorized(
            "the signature does not verify over chain, method, path, subject, time and body",
        ))
    }
}

fn time_of(headers: &HeaderMap, now: Moment) -> Result<Moment, Problem> {
    let time: Moment = text(headers, TIME)?
        .parse()
        .map_err(|_| unauthorized(format!("{TIME}: expected milliseconds since 1970")))?;
    if now.abs_diff(time) > CLOCK_SKEW_MAX {
        return Err(unauthorized(format!(
            "{TIME} is more than {} s from this node's clock: set the clock",
            CLOCK_SKEW_MAX / 1000
        )));
    }
    Ok(time)
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
