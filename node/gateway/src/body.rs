//! Bodies that callers send: parsed at the door, each field known, nothing repeated in an error.

use crate::problem::Problem;
use axum::http::StatusCode;
use base64::Engine;
use musubi_fhir::Resource;
use musubi_primitives::{
    AccountId, HpkeKey, Moment, Pseudonym, Purpose, SessionId,
    resident::{Authority, ServiceDomain, SignerRole},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// A person to be entered into the register and enrolled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnrolmentForm {
    /// FHIR Patient.
    pub patient: Value,
    /// The domain that the pseudonym is for.
    pub domain: ServiceDomain,
    /// Whether under protection (支援措置).
    #[serde(default)]
    pub protected: bool,
    /// The person's device, if there is one.
    pub device: Option<DeviceForm>,
    /// For somebody who moved here: the pseudonym that the former home handed over, which stays.
    pub moved: Option<Pseudonym>,
}

impl EnrolmentForm {
    /// The Patient, checked.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn checked_patient(&self) -> Result<Resource, musubi_fhir::Refusal> {
        Resource::from_value(self.patient.clone())
    }
}

/// The public keys of a person's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceForm {
    /// Signs transactions and calls.
    pub account: AccountId,
    /// Record keys are wrapped to it.
    pub hpke: HpkeKey,
}

/// A guardianship to be entered and attested.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardianshipForm {
    /// The child, or whoever is decided for.
    pub subject: Pseudonym,
    /// Who decides.
    pub guardian: Pseudonym,
    /// As whom.
    pub role: SignerRole,
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it no longer holds, exactly; the chain gets a rounded date.
    pub until: Moment,
    /// The paper that it rests on (委任状, a court's decision), which a proxy must bring; base64.
    #[serde(default, deserialize_with = "optional_base64")]
    pub paper: Option<Vec<u8>>,
}

/// What kind of document a card signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// This card speaks for this person; about the binding.
    Binding,
    /// A consent statement; about the consent.
    Consent,
    /// A withdrawal; about the consent.
    Withdrawal,
    /// The card that this person checks in with, shown by its authentication certificate; about the binding.
    CheckInCard,
    /// A consent statement that the home municipality handed over to this one, the second that it names; about the consent.
    HandedOver,
}

/// Evidence of a signed document, sealed to this municipality.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedDocument {
    /// What was signed.
    pub kind: DocumentKind,
    /// The binding or consent that it is about.
    #[serde(deserialize_with = "hex32")]
    pub about: [u8; 32],
    /// HPKE-sealed evidence, base64.
    #[serde(deserialize_with = "base64")]
    pub sealed: Vec<u8>,
    /// For a binding whose certificate cannot write a character of the name: the counter compared it with the register by eye.
    #[serde(default)]
    pub name_compared_by_eye: bool,
}

/// A check-in by card: what this terminal wants, and the evidence of what the card signed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckInForm {
    /// The visit.
    pub session: SessionId,
    /// Whose visit.
    pub subject: Pseudonym,
    /// The member of staff who receives the person.
    pub staff: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// HPKE-sealed evidence, base64; what it is about is the session.
    #[serde(deserialize_with = "base64")]
    pub sealed: Vec<u8>,
}

/// What a nonce is asked for. An empty body asks for one for a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonceForm {
    /// What it will stand in.
    #[serde(rename = "for")]
    pub purpose: NoncePurpose,
}

/// What a nonce will stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoncePurpose {
    /// A binding, a consent or a withdrawal.
    #[default]
    Document,
    /// A check-in.
    CheckIn,
}

/// Nonces to be carried where there is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonceBatchForm {
    /// How many.
    pub count: usize,
    /// For how many hours.
    pub hours: u64,
}

fn hex32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let id: Pseudonym = text.parse().map_err(D::Error::custom)?;
    Ok(id.0)
}

pub(crate) fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|_| D::Error::custom("expected base64"))
}

/// Reads what a nonce is asked for; nothing at all, and `null`, ask for one for a document.
pub(crate) fn parse_nonce_form(body: &[u8]) -> Result<NonceForm, Problem> {
    if body.is_empty() {
        return Ok(NonceForm::default());
    }
    let form: Option<NonceForm> = parse(body, "for (document or check-in), or no body")?;
    Ok(form.unwrap_or_default())
}

fn optional_base64<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<u8>>, D::Error> {
    base64(deserializer).map(Some)
}

/// Reads a JSON body.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8], expected: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        // The error's own words could repeat what was sent.
        Problem::new(
            StatusCode::BAD_REQUEST,
            "malformed-body",
            format!(
                "the body fails at line {} column {}; expected JSON with {expected}",
                error.line(),
                error.column()
            ),
        )
    })
}
