//! Protection (支援措置): an officer gives a person another pseudonym, to which nothing on the chain leads from the one before.

use crate::{
    body::{self, DeviceForm},
    call::{Call, Entrance},
    caller::Caller,
    ports::DeskError,
    problem::Problem,
    router::no_such_method,
};
use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{FromRef, State},
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
    entrance: Entrance,
    desk: Arc<dyn ProtectionDesk>,
}

impl FromRef<Service> for Entrance {
    fn from_ref(service: &Service) -> Self {
        service.entrance.clone()
    }
}

/// Builds the route `POST /v1/protections`.
pub fn router(entrance: Entrance, desk: Arc<dyn ProtectionDesk>) -> Router {
    Router::new()
        .route("/v1/protections", post(protect))
        .method_not_allowed_fallback(no_such_method)
        .with_state(Service { entrance, desk })
}

async fn protect(
    State(service): State<Service>,
    call: Call<FORM_BYTES_MAX>,
) -> Result<Response, Problem> {
    let form = body::parse(&call.body, "subject, guardians and device")?;
    let reissued = service.desk.protect(&call.caller, form).await?;
    Ok((StatusCode::CREATED, Json(reissued)).into_response())
}
