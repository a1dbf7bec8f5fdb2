//! The passkeys that an account has: registered, listed and forgotten by the account's own key.

use super::{
    Algorithm, CEREMONY_BYTES_MAX, PASSKEYS_MAX, Passkey, Registration, Service, passkey,
    require_signed, wrong,
};
use crate::{
    body, call::Call, id::malformed_id, ports::DeskError, problem::Problem, router::SMALL_BYTES_MAX,
};
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use musubi_primitives::Moment;
use serde::Serialize;

/// A passkey as its account sees it.
#[derive(Serialize)]
struct ListedPasskey {
    credential: String,
    algorithm: Algorithm,
    made: Moment,
}

impl From<Passkey> for ListedPasskey {
    fn from(passkey: Passkey) -> Self {
        Self {
            credential: passkey.credential,
            algorithm: passkey.algorithm,
            made: passkey.made,
        }
    }
}

pub(super) async fn register(
    State(service): State<Service>,
    call: Call<CEREMONY_BYTES_MAX>,
) -> Result<Response, Problem> {
    let account = require_signed(&call)?.account;
    let party = service.party()?;
    let form: Registration = body::parse(&call.body, "clientDataJSON and attestationObject")?;
    let challenge = passkey::challenge_of(&form.client_data).map_err(wrong)?;
    service
        .sessions()
        .take_challenge(&challenge, service.now())?;
    let passkey = form.passkey(party, account, service.now()).map_err(wrong)?;
    if !service.store.keep(passkey.clone()).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "passkey-not-kept",
            format!(
                "this passkey is known already, or the account has {PASSKEYS_MAX}: forget one first"
            ),
        ));
    }
    Ok((StatusCode::CREATED, Json(ListedPasskey::from(passkey))).into_response())
}

pub(super) async fn list(
    State(service): State<Service>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<Response, Problem> {
    let own = service.store.passkeys_of(&call.caller.account).await?;
    let own: Vec<ListedPasskey> = own.into_iter().map(ListedPasskey::from).collect();
    Ok(Json(own).into_response())
}

pub(super) async fn forget(
    State(service): State<Service>,
    Path(credential): Path<String>,
    call: Call<SMALL_BYTES_MAX>,
) -> Result<StatusCode, Problem> {
    let account = require_signed(&call)?.account;
    if CEREMONY_BYTES_MAX < credential.len() {
        return Err(malformed_id("credential", "too long"));
    }
    if service.store.forget(&account, &credential).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(DeskError::NotFound("no such passkey of this account".to_owned()).into())
}
