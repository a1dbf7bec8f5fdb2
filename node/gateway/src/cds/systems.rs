//! Who asks a CDS service: staff by signature or session, as everywhere, or a registered record system by a bearer of its own.
//!
//! CDS Hooks 2 has clients send a signed JWT with each call; a token of SMART backend services serves as well. Which systems are registered
//! and what proves them is the node's matter; the gateway hears whose caller a bearer is.

use super::{REQUEST_BYTES_MAX, Service};
use crate::{
    call::{Call, bearer},
    caller::Caller,
    ports::DeskError,
    problem::Problem,
};
use async_trait::async_trait;
use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
};

/// The systems that may ask CDS services here.
#[async_trait]
pub trait HookSystems: Send + Sync + 'static {
    /// The caller behind a bearer at the endpoint with this path; none for a text that is no system's, which may be a session's.
    ///
    /// # Errors
    /// See [`SystemError`].
    async fn caller(&self, bearer: &str, path: &str) -> Result<Option<Caller>, SystemError>;
}

/// Why a system is not let in.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The bearer has the form of a system's and does not prove one; says why.
    #[error("{0}")]
    Unproved(String),
    /// It proves one that may not, or this machine failed.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl From<SystemError> for Problem {
    fn from(error: SystemError) -> Self {
        match error {
            SystemError::Unproved(why) => {
                Self::new(StatusCode::UNAUTHORIZED, "not-authenticated", why)
            }
            SystemError::Desk(error) => error.into(),
        }
    }
}

/// A call of a CDS service, authenticated.
pub(super) struct CheckCall(pub(super) Call<REQUEST_BYTES_MAX>);

impl FromRequest<Service> for CheckCall {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Problem> {
        let token = bearer(request.headers());
        if let Some((token, systems)) = token.zip(service.systems.as_ref())
            && let Some(caller) = systems.caller(&token, request.uri().path()).await?
        {
            let call = Call::by_system(&service.entrance, caller, request).await;
            return call.map(Self);
        }
        Call::from_request(request, service).await.map(Self)
    }
}
