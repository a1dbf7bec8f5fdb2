//! Registered systems at the door: how each proves itself, for the facade's own routes and for the other services of the same node.
//!
//! A token of the token endpoint (SMART backend services) opens both. A CDS client may send its own signed JWT instead with each call, as
//! CDS Hooks 2 has it: `iss` is the client, `aud` the very endpoint that is called, and each is good once.

use crate::{
    assertion::{AssertionError, Assertions},
    client::Client,
    ports::Agent,
    served::{Interaction, Type},
    tokens::{Session, Tokens},
};
use musubi_primitives::Moment;

/// The registered systems of a member, and the tokens that they hold.
#[derive(Debug)]
pub struct Systems {
    /// Scheme, host and port under which they know this node.
    pub(crate) origin: String,
    pub(crate) clients: Vec<Client>,
    pub(crate) assertions: Assertions,
    pub(crate) tokens: Tokens,
}

/// Why a bearer opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It proves nobody.
    #[error("{0}")]
    Unproved(String),
    /// It proves a system that may not.
    #[error("{0}")]
    Forbidden(String),
}

impl Systems {
    /// The agent behind a bearer at a service that looks into somebody's doses; none for a text that is neither a token of ours nor a
    /// JWT. `path` is the path of the service's endpoint.
    ///
    /// # Errors
    /// See [`NotOpened`].
    pub fn agent(&self, bearer: &str, path: &str, now: Moment) -> Result<Option<Agent>, NotOpened> {
        if let Some(session) = self.session(bearer, now) {
            return Self::reading_doses(session).map(Some);
        }
        if bearer.split('.').count() != 3 {
            return Ok(None);
        }
        let client = self
            .by_jwt(bearer, path, now)
            .map_err(|error| NotOpened::Unproved(format!("the client's JWT: {error}")))?;
        let session = Session {
            agent: client.agent(),
            scopes: client.scopes.clone(),
            until: now,
        };
        Self::reading_doses(session).map(Some)
    }

    /// What a token stands for, while it is good.
    pub(crate) fn session(&self, token: &str, now: Moment) -> Option<Session> {
        self.tokens.session(token, now)
    }

    fn by_jwt(&self, jwt: &str, path: &str, now: Moment) -> Result<&Client, AssertionError> {
        let endpoint = format!("{}{path}", self.origin);
        self.assertions
            .prove_call(&self.clients, jwt, &endpoint, now)
    }

    fn reading_doses(session: Session) -> Result<Agent, NotOpened> {
        let search = (Type::Immunization, Interaction::Search);
        if session.scopes.allows(search.0, search.1) {
            return Ok(session.agent);
        }
        Err(NotOpened::Forbidden(
            "this needs the scope system/Immunization.s, which the token does not have".to_owned(),
        ))
    }
}
