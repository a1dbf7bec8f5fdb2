//! Questions: a hook with its context and prefetch, and the feedback on a card.
//!
//! The standard lets clients add fields, so what is not known here is passed over; our own extension knows every field.

use crate::{body, problem::Problem};
use axum::http::StatusCode;
use musubi_care::civil::Date;
use musubi_fhir::{PSEUDONYM_SYSTEM, Refusal, Resource};
use musubi_primitives::{Pseudonym, SessionId};
use serde::Deserialize;
use serde_json::{Value, json};

/// The service's id.
pub const SERVICE: &str = "musubi-immunization";
/// When record systems ask it.
pub const HOOK: &str = "order-sign";
/// The most drafts that one request may bring.
pub const DRAFTS_MAX: usize = 8;
/// The most earlier doses that one request may bring.
pub const DOSES_MAX: usize = 500;

/// A request of the standard.
#[derive(Deserialize)]
pub(crate) struct HookRequest {
    hook: String,
    context: Context,
    #[serde(default)]
    prefetch: Prefetch,
    #[serde(default)]
    extension: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    patient_id: String,
    draft_orders: Value,
}

#[derive(Default, Deserialize)]
struct Prefetch {
    #[serde(default)]
    patient: Value,
    #[serde(default)]
    immunizations: Value,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    musubi: Circumstances,
}

/// What a chart says beyond FHIR; field `extension.musubi` of a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Circumstances {
    /// Whoever signs the call has seen the 母子健康手帳 or the like: the doses sent and held here are all there are.
    pub history_confirmed: bool,
    /// The visit that the card opened at reception.
    pub session: Option<SessionId>,
    /// Codes of conditions that the 予診 found.
    pub conditions: Vec<String>,
    /// A physician judged the shortened interval necessary (Hib).
    pub short_interval_needed: bool,
    /// Week 0 day 0 of the present pregnancy, where the order is for a pregnant person (expected day of delivery minus 280 days).
    pub pregnancy_start: Option<Date>,
    /// Codes of special measures granted.
    pub measures: Vec<String>,
    /// 長期療養特例, in the engine's form.
    pub recovery: Option<Value>,
    /// Person, paper, vial and syringe, in the engine's form.
    pub bedside: Option<Value>,
}

/// An order to be checked.
#[derive(Clone, Debug)]
pub struct Order {
    /// Whom the order is for.
    pub subject: Pseudonym,
    /// The id of the Patient in the chart, `context.patientId`: the pseudonym, or an id of the record system's own.
    pub chart_id: String,
    /// The chart's Patient, checked.
    pub patient: Resource,
    /// The doses that the chart knows, each a checked Immunization.
    pub doses: Vec<Resource>,
    /// Drafts that were not yet signed: `Immunization` or `MedicationRequest`, as sent.
    pub drafts: Vec<Value>,
    /// What else the chart says.
    pub circumstances: Circumstances,
}

/// Checked resources, or what is wrong with one of them.
type Checked<T> = Result<T, Refusal>;

impl HookRequest {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let request: Self = body::parse(
            bytes,
            "hook, context (patientId, draftOrders), prefetch (patient, immunizations) and extension.musubi",
        )?;
        if request.hook == HOOK {
            return Ok(request);
        }
        Err(unprocessable("hook", format!("this service is for {HOOK}")))
    }

    /// The order, with every resource of the chart checked.
    pub(crate) fn order(self) -> Result<Checked<Order>, Problem> {
        let drafts = entries("context.draftOrders", &self.context.draft_orders)?;
        if drafts.is_empty() || DRAFTS_MAX < drafts.len() {
            let detail = format!("expected 1 to {DRAFTS_MAX} orders");
            return Err(unprocessable("context.draftOrders", detail));
        }
        let doses = entries("prefetch.immunizations", &self.prefetch.immunizations)?;
        if DOSES_MAX < doses.len() {
            let detail = format!("expected at most {DOSES_MAX} doses");
            return Err(unprocessable("prefetch.immunizations", detail));
        }
        let doses: Checked<Vec<Resource>> = doses.into_iter().map(Resource::from_value).collect();
        let mut circumstances = self.extension.musubi;
        circumstances.history_confirmed &= !has_next_page(&self.prefetch.immunizations);
        let chart_id = self.context.patient_id;
        let patient = match self.prefetch.patient {
            // The standard's way to say that the prefetch found nobody.
            Value::Null => json!({"resourceType": "Patient", "id": chart_id}),
            patient => patient,
        };
        let (patient, doses) = match (Resource::patient_of_chart(patient), doses) {
            (Ok(patient), Ok(doses)) => (patient, doses),
            (Err(refusal), _) | (_, Err(refusal)) => return Ok(Err(refusal)),
        };
        Ok(Ok(Order {
            subject: subject(&chart_id, &patient)?,
            chart_id,
            patient,
            doses,
            drafts,
            circumstances,
        }))
    }
}

/// Whom the order is for: `context.patientId` where the chart is of a facade of ours, else what the Patient says of the pseudonym.
fn subject(chart_id: &str, patient: &Resource) -> Result<Pseudonym, Problem> {
    let stated = || pseudonyms(patient).next();
    chart_id.parse().ok().or_else(stated).ok_or_else(|| {
        unprocessable(
            "context.patientId",
            format!(
                "expected the pseudonym (64 hexadecimal digits), or an identifier with the system {PSEUDONYM_SYSTEM} in prefetch.patient"
            ),
        )
    })
}

/// The pseudonyms that a chart's Patient says it has.
pub fn pseudonyms(patient: &Resource) -> impl Iterator<Item = Pseudonym> {
    let identifiers = patient.value()["identifier"].as_array();
    let identifiers = identifiers.map_or(&[][..], Vec::as_slice).iter();
    identifiers
        .filter(|one| one["system"] == PSEUDONYM_SYSTEM)
        .filter_map(|one| one["value"].as_str()?.parse().ok())
}

/// Whether a search result goes on where the client did not follow it: then these are not all doses.
fn has_next_page(bundle: &Value) -> bool {
    let links = bundle["link"].as_array().map_or(&[][..], Vec::as_slice);
    links.iter().any(|link| link["relation"] == "next")
}

/// The resources of a Bundle; none of an absent one. What a server says about a search is no resource of it.
fn entries(place: &str, bundle: &Value) -> Result<Vec<Value>, Problem> {
    if bundle.is_null() {
        return Ok(Vec::new());
    }
    if bundle["resourceType"] != "Bundle" {
        return Err(unprocessable(place, "expected a Bundle".to_owned()));
    }
    let entries = bundle["entry"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(entries
        .iter()
        .filter(|entry| entry["search"]["mode"] != "outcome")
        .map(|entry| entry["resource"].clone())
        .collect())
}

fn unprocessable(place: &str, detail: String) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unprocessable",
        format!("{place}: {detail}"),
    )
}

/// What became of cards.
#[derive(Deserialize)]
pub(crate) struct Feedbacks {
    pub(crate) feedback: Vec<Feedback>,
}

impl Feedbacks {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        body::parse(
            bytes,
            "feedback: a list of card, outcome (accepted or overridden) and overrideReason",
        )
    }
}

/// What became of one card.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Feedback {
    pub(crate) card: String,
    pub(crate) outcome: Outcome,
    pub(crate) override_reason: Option<GivenReason>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Accepted,
    Overridden,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GivenReason {
    pub(crate) reason: GivenCode,
    #[serde(default)]
    pub(crate) user_comment: String,
}

#[derive(Deserialize)]
pub(crate) struct GivenCode {
    pub(crate) code: String,
}

/// A doctor's reason to go on.
#[derive(Clone)]
pub struct Overriding {
    /// The card.
    pub card: String,
    /// One of the card's codes.
    pub code: String,
    /// In the doctor's own words; never empty.
    pub words: String,
}

impl std::fmt::Debug for Overriding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overriding({}, words hidden)", self.code)
    }
}
