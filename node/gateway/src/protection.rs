//! Protection (支援措置): an officer gives a person another pseudonym, to which nothing on the chain leads from the one before.

use crate::{
    body::{self, DeviceForm},
    caller::Caller,
    ports::{DeskError, Gatekeeper},
    problem::Problem,
    router::{Call, caller_of},
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use musubi_primitives::Pseudonym;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most bytes of a form.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// Whom to protect, and who still decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionForm {
    /// The pseudonym that goes out of use. Sent again with the same one, nothing is done twice.
    pub subject: Pseudonym,
    /// Guardians who go on deciding, by their pseudonyms now; all others lose the guardianship.
    #[serde(default)]
    pub guardians: Vec<Pseudonym>,
    /// New keys of the person's device; those of before are retired for ever.
    pub device: Option<DeviceForm>,
}

/// The pseudonym in use from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reissued {
    /// Told to the officer alone.
    pub pseudonym: Pseudonym,
}

/// The desk that protects people.
#[async_trait]
pub trait ProtectionDesk: Send + Sync + 'static {
    /// Re-issues a person under protection.
    async fn protect(&self, caller: &Caller, form: ProtectionForm) -> Result<Reissued, DeskError>;
}

#[derive(Clone)]
struct Service {
    gatekeeper: Arc<dyn Gatekeeper>,
    desk: Arc<dyn ProtectionDesk>,
}

/// Builds the route `POST /v1/protections`.
pub fn router(gatekeeper: Arc<dyn Gatekeeper>, desk: Arc<dyn ProtectionDesk>) -> Router {
    Router::new()
        .route("/v1/protections", post(protect))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(Service { gatekeeper, desk })
}

async fn protect(State(service): State<Service>, call: Call) -> Result<Response, Problem> {
    let caller = caller_of(service.gatekeeper.as_ref(), &call).await?;
    let form = body::parse(&call.body, "subject, guardians and device")?;
    let reissued = service.desk.protect(&caller, form).await?;
    Ok((StatusCode::CREATED, Json(reissued)).into_response())
}
