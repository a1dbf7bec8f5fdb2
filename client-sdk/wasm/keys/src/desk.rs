//! The runtime's calls that the staff of a desk make: an emergency and its review, a doctor's word, visits, staff keys.

use crate::json;
use musubi_client_sdk::calls::{access, consortium, records};
use musubi_primitives::{
    AccountId, Commitment, HpkeKey, Moment, Pseudonym, Role, Salt, VerdictCode,
    access::BreakGlassReason, commit, domain, record::OverrideReason,
};
use serde::Deserialize;
use wasm_bindgen::prelude::*;


/// Commits to an incident number under 32 random bytes of salt, which the caller keeps beside it.
#[wasm_bindgen(js_name = incidentCommitment)]
pub fn incident_commitment(number: &str, salt: &[u8]) -> Result<String, JsError> {
    let salt = Salt(json::fixed("salt", salt)?);
    Ok(commit(domain::INCIDENT, &salt, number.as_bytes()).to_string())
}

/// An emergency, as it is opened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    request: musubi_primitives::RequestId,
    subject: Pseudonym,
    incident: Commitment,
    reason: BreakGlassReason,
}

/// Opens somebody's emergency data.
#[wasm_bindgen(js_name = openBreakGlass)]
pub fn open_break_glass(opening: &str) -> Result<Vec<u8>, JsError> {
    let Opening {
        request,
        subject,
        incident,
        reason,
    } = json::read("opening", opening)?;
    Ok(access::open_break_glass(request, subject, incident, reason).0)
}

/// Closes it again, before its hour is over.
#[wasm_bindgen(js_name = closeBreakGlass)]
pub fn close_break_glass(request: &str) -> Result<Vec<u8>, JsError> {
    Ok(access::close_break_glass(json::id("request", request)?).0)
}

/// What a second person finds of it.
#[wasm_bindgen(js_name = reviewBreakGlass)]
pub fn review_break_glass(request: &str, justified: bool) -> Result<Vec<u8>, JsError> {
    Ok(access::review_break_glass(json::id("request", request)?, justified).0)
}

/// Closes a visit.
#[wasm_bindgen(js_name = closeSession)]
pub fn close_session(session: &str) -> Result<Vec<u8>, JsError> {
    Ok(access::close_session(json::id("session", session)?).0)
}

/// What a doctor signs after an override, as the schedule check gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Countersign {
    #[allow(dead_code, reason = "names the report; the call does not carry it")]
    record: musubi_primitives::RecordId,
    subject: Pseudonym,
    rule_set: u32,
    inputs: Commitment,
    verdict: VerdictCode,
    override_reason: OverrideReason,
}

/// A doctor goes on although the schedule check said no, and says why on the chain.
#[wasm_bindgen(js_name = countersignVerdict)]
pub fn countersign_verdict(countersign: &str) -> Result<Vec<u8>, JsError> {
    let said: Countersign = json::read("countersign", countersign)?;
    let reason = Some(said.override_reason);
    Ok(
        records::record_verdict(said.subject, said.rule_set, said.inputs, said.verdict, reason)
            .0,
    )
}

/// A member of staff, as the operator registers the key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffKey {
    account: AccountId,
    role: Role,
    hpke: HpkeKey,
    until: Moment,
}

/// Registers a staff or device key of the operator's own member.
#[wasm_bindgen(js_name = registerKey)]
pub fn register_key(key: &str) -> Result<Vec<u8>, JsError> {
    let key: StaffKey = json::read("key", key)?;
    Ok(consortium::register_key(key.account, key.role, key.hpke, key.until).0)
}

/// Withdraws such a key, for ever.
#[wasm_bindgen(js_name = withdrawKey)]
pub fn withdraw_key(account: &str) -> Result<Vec<u8>, JsError> {
    Ok(consortium::withdraw_key(json::id("account", account)?).0)
}
