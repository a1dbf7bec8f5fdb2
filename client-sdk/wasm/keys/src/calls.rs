//! The runtime's calls that people and their devices make; each gives the bytes for an extrinsic.

use crate::json;
use musubi_client_sdk::calls::{access, consent};
use musubi_primitives::{Category, CategorySet, Purpose, access::Claim};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// Proposes a consent whose statement a card has signed; the chain holds the terms that the statement spells.
#[wasm_bindgen(js_name = proposeConsent)]
pub fn propose_consent(
    consent: &str,
    terms: &str,
    evidence: Option<String>,
) -> Result<Vec<u8>, JsError> {
    let (consent, terms) = (json::id("consent", consent)?, json::read("terms", terms)?);
    Ok(consent::propose(consent, &terms, json::optional("evidence", evidence)?).0)
}

/// Ends a consent by the person's will. `evidence` is a commitment, where a counter speaks for the person.
#[wasm_bindgen(js_name = withdrawConsent)]
pub fn withdraw_consent(consent: &str, evidence: Option<String>) -> Result<Vec<u8>, JsError> {
    let consent = json::id("consent", consent)?;
    Ok(consent::withdraw(consent, json::optional("evidence", evidence)?).0)
}

/// Pauses a consent by the will of another holder of joint authority.
#[wasm_bindgen(js_name = objectToConsent)]
pub fn object_to_consent(
    consent: &str,
    objector: &str,
    evidence: Option<String>,
) -> Result<Vec<u8>, JsError> {
    let (consent, objector) = (
        json::id("consent", consent)?,
        json::id("objector", objector)?,
    );
    Ok(consent::object(consent, objector, json::optional("evidence", evidence)?).0)
}

/// Takes an objection back.
#[wasm_bindgen(js_name = resumeConsent)]
pub fn resume_consent(consent: &str, evidence: Option<String>) -> Result<Vec<u8>, JsError> {
    let consent = json::id("consent", consent)?;
    Ok(consent::resume(consent, json::optional("evidence", evidence)?).0)
}

/// What a reader asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Request {
    request: musubi_primitives::RequestId,
    subject: musubi_primitives::Pseudonym,
    purpose: Purpose,
    categories: Vec<Category>,
    claim: Claim,
    session: Option<musubi_primitives::SessionId>,
}

/// Asks to read; the runtime decides.
#[wasm_bindgen(js_name = requestAccess)]
pub fn request_access(request: &str) -> Result<Vec<u8>, JsError> {
    let asked: Request = json::read("request", request)?;
    let categories = CategorySet::of(&asked.categories);
    let call = access::request_access(
        asked.request,
        asked.subject,
        asked.purpose,
        categories,
        asked.claim,
        asked.session,
    );
    Ok(call.0)
}
