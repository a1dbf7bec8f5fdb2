//! The identifier in the path of a call, as in `/v1/consents/{consent}`: one way to read it and one way to refuse it.

use crate::problem::Problem;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{StatusCode, request::Parts},
};
use std::{fmt::Display, str::FromStr};

/// The first identifier of the path.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    /// # Errors
    /// 400 `malformed-id`, which names the identifier and says what it should look like.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|error| malformed_id("path", error))?;
        let (name, text) = params
            .iter()
            .next()
            .ok_or_else(|| malformed_id("path", "it names nothing"))?;
        let id = text.parse().map_err(|error| malformed_id(name, error))?;
        Ok(Self(id))
    }
}

/// An identifier that is none.
pub(crate) fn malformed_id(what: &str, error: impl Display) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed-id",
        format!("{what}: {error}"),
    )
}
