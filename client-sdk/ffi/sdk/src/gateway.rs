//! Calls to a gateway, signed by a key that stays where it is.

use crate::{
    error::MusubiError,
    keys::{Signer, account_of, signature_by},
};
use musubi_client_sdk::rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME};
use musubi_primitives::{BlockHash, Moment, Pseudonym, VerifyingKey, finality::verify_ed25519};
use std::sync::Arc;

/// What a call consists of.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct GatewayCall {
    /// HTTP method, upper case.
    pub method: String,
    /// Path, and query if any, as they stand in the request line.
    pub path: String,
    /// Whom it is about, where it is about somebody.
    pub subject: Option<Pseudonym>,
    /// The caller's time, milliseconds since 1970; gateways refuse clocks that are far off.
    pub time: Moment,
    /// The body; empty without one.
    pub body: Vec<u8>,
}

/// A header to send.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The headers that say who calls. The signature covers chain, method, path with query, subject, time and body.
///
/// # Errors
/// [`MusubiError::Key`] as the key store says; [`MusubiError::WrongKey`] when its signature is not the account's.
#[uniffi::export]
pub async fn sign_gateway_call(
    genesis: BlockHash,
    call: GatewayCall,
    signer: Arc<dyn Signer>,
) -> Result<Vec<HttpHeader>, MusubiError> {
    let account = account_of(&signer)?;
    let payload = gateway_call_to_sign(genesis, call.clone())?;
    let signature = signature_by(&signer, &payload).await?;
    if !verify_ed25519(&VerifyingKey(account.0), &signature, &payload) {
        return Err(MusubiError::WrongKey {
            reason: format!("the signature is not by account {account} over this call"),
        });
    }
    let header = |name: &str, value: String| HttpHeader {
        name: name.to_owned(),
        value,
    };
    let mut headers = vec![
        header(ACCOUNT, account.to_string()),
        header(TIME, call.time.to_string()),
        header(SIGNATURE, hex::encode(signature)),
    ];
    headers.extend(call.subject.map(|id| header(SUBJECT, id.to_string())));
    Ok(headers)
}

/// The 32 bytes that the caller signs, for keys that are used elsewhere.
///
/// # Errors
/// [`MusubiError::Input`] for an identifier that is none.
#[uniffi::export]
pub fn gateway_call_to_sign(genesis: BlockHash, call: GatewayCall) -> Result<Vec<u8>, MusubiError> {
    let subject = call.subject.map(|id| id.to_string()).unwrap_or_default();
    let signed = SignedCall {
        method: &call.method,
        path: &call.path,
        subject: &subject,
        time: call.time,
        body: &call.body,
    };
    Ok(signed.signing_bytes(&genesis).to_vec())
}
