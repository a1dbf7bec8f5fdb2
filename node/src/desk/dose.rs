//! From FHIR to the engine: a Patient, a recorded dose, and a draft that is about to be signed.
//!
//! What is not there stays unknown, and what cannot be read is refused with its place: a guess here would be a wrong answer there.

use super::care::Care;
use musubi_care::{
    child::{Dose, Proposal, Sex, Standing, Subject},
    civil::Date,
    decimal::Thousandths,
    rules::Route,
};
use musubi_fhir::{PartialDate, Resource};
use musubi_node_gateway::DeskError;
use musubi_primitives::Moment;
use serde_json::Value;

/// Stands for a product that no coding names; no rule knows it, so a person has to look.
const UNCODED: &str = "UNCODED";
/// Japan's time is nine hours ahead of UTC, all year.
const JAPAN_AHEAD: Moment = 9 * 3600 * 1000;
const DAY: Moment = 24 * 3600 * 1000;
/// Codes of the rules' routes, beside FHIR's own.
const ROUTE_SYSTEM: &str = "https://musubi.example/CodeSystem/schedule-route";
const FHIR_ROUTES: &str = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration";

/// A dose that is on record somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDose {
    /// As the engine needs it.
    pub dose: Dose,
    /// Its lot, if it was written down.
    pub lot: Option<String>,
}

/// The Japanese civil date at a moment.
pub fn japanese_day(at: Moment) -> Option<Date> {
    let days = at.saturating_add(JAPAN_AHEAD) / DAY;
    let epoch = Date::new(1970, 1, 1)?;
    Some(epoch.plus_days(i32::try_from(days).ok()?))
}

/// What the chart says of the person, and of the present pregnancy where there is one.
pub fn subject(patient: &Resource, pregnancy_start: Option<Date>) -> Subject {
    let sex = match patient.value()["gender"].as_str() {
        Some("female") => Some(Sex::Female),
        Some("male") => Some(Sex::Male),
        _ => None,
    };
    Subject {
        birth: patient.date().and_then(full),
        sex,
        pregnancy_start,
    }
}

/// What a reference may call this patient: `Patient/` and its id, or the value of one of its identifiers.
pub fn names(patient: &Resource) -> Vec<String> {
    let value = patient.value();
    let identifiers = value["identifier"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let identifiers = identifiers.iter().filter_map(|one| one["value"].as_str());
    let names = value["id"].as_str().into_iter().chain(identifiers);
    names.map(|name| format!("Patient/{name}")).collect()
}

/// What a record says of a dose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// None was given, or it does not count any more.
    NotGiven,
    /// One was given, on a day that nobody wrote down whole: no interval can be counted from it.
    Undated,
    /// One was given.
    Given(RecordedDose),
}

/// Reads what an Immunization says.
pub fn recorded(care: &Care, immunization: &Resource, standing: Standing) -> Recorded {
    let value = immunization.value();
    if value["status"] != "completed" {
        return Recorded::NotGiven;
    }
    let Some(date) = immunization.date().and_then(full) else {
        return Recorded::Undated;
    };
    let product = care.product(&value["vaccineCode"]);
    let dose = Dose {
        vaccine: product.unwrap_or_else(|| UNCODED.to_owned()),
        date,
        standing,
    };
    let lot = value["lotNumber"].as_str().map(str::to_owned);
    Recorded::Given(RecordedDose { dose, lot })
}

/// A draft: the proposal, and whom it says it is for.
pub struct Draft {
    /// The dose.
    pub proposal: Proposal,
    /// The reference to the patient.
    pub patient: String,
}

/// Reads a draft `Immunization` or `MedicationRequest`; without a day of its own it is for `today`.
///
/// # Errors
/// What is missing or cannot be read, and where.
pub fn draft(care: &Care, draft: &Value, today: Date) -> Result<Draft, DeskError> {
    match draft["resourceType"].as_str() {
        Some("Immunization") => of_immunization(care, draft, today),
        Some("MedicationRequest") => of_medication_request(care, draft, today),
        _ => Err(wrong(
            "draftOrders",
            "expected Immunization or MedicationRequest",
        )),
    }
}

fn of_immunization(care: &Care, draft: &Value, today: Date) -> Result<Draft, DeskError> {
    let place = "draftOrders Immunization";
    let proposal = Proposal {
        vaccine: product(care, place, &draft["vaccineCode"])?,
        date: date(place, &draft["occurrenceDateTime"])?.unwrap_or(today),
        volume: volume(place, &draft["doseQuantity"])?,
        route: route(place, &draft["route"])?,
        lot_expiry: date(place, &draft["expirationDate"])?,
    };
    let patient = reference(place, &draft["patient"])?;
    Ok(Draft { proposal, patient })
}

fn of_medication_request(care: &Care, draft: &Value, today: Date) -> Result<Draft, DeskError> {
    let place = "draftOrders MedicationRequest";
    let contained = contained_medication(draft);
    let concept = match contained {
        Some(medication) => &medication["code"],
        None => &draft["medicationCodeableConcept"],
    };
    let instruction = &draft["dosageInstruction"][0];
    let expiry = contained.map_or(
        &Value::Null,
        |medication| &medication["batch"]["expirationDate"],
    );
    let proposal = Proposal {
        vaccine: product(care, place, concept)?,
        date: date(place, &instruction["timing"]["event"][0])?.unwrap_or(today),
        volume: volume(place, &instruction["doseAndRate"][0]["doseQuantity"])?,
        route: route(place, &instruction["route"])?,
        lot_expiry: date(place, expiry)?,
    };
    let patient = reference(place, &draft["subject"])?;
    Ok(Draft { proposal, patient })
}

fn contained_medication(draft: &Value) -> Option<&Value> {
    let id = draft["medicationReference"]["reference"].as_str()?;
    let id = id.strip_prefix('#')?;
    draft["contained"]
        .as_array()?
        .iter()
        .find(|one| one["id"] == id)
}

fn product(care: &Care, place: &str, concept: &Value) -> Result<String, DeskError> {
    care.product(concept).ok_or_else(|| {
        wrong(
            place,
            "its product has no coding that this node knows, or two that disagree: use the rules' own codes, or enter the code in care.products",
        )
    })
}

fn date(place: &str, value: &Value) -> Result<Option<Date>, DeskError> {
    let Some(text) = value.as_str() else {
        return Ok(None);
    };
    let date = PartialDate::parse_date_time(text).ok().and_then(full);
    date.map(Some)
        .ok_or_else(|| wrong(place, "expected whole dates YYYY-MM-DD that exist"))
}

fn volume(place: &str, quantity: &Value) -> Result<Option<Thousandths>, DeskError> {
    if quantity.is_null() {
        return Ok(None);
    }
    let millilitres = Thousandths::parse(&quantity["value"].to_string());
    match (quantity["code"].as_str(), millilitres) {
        (Some("mL"), Ok(volume)) => Ok(Some(volume)),
        _ => Err(wrong(
            place,
            "expected a dose quantity in mL with at most three decimals",
        )),
    }
}

/// The route, where a system that is known here names one. A code that such a system does not have, or that no vaccine of the rules is given
/// by, is refused: passed over, it would be a route that nobody judged. Codes of other systems were not read.
fn route(place: &str, concept: &Value) -> Result<Option<Route>, DeskError> {
    let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
    let mut read = None;
    for coding in codings {
        let known = match coding["system"].as_str() {
            Some(FHIR_ROUTES) => of_fhir(&coding["code"]),
            Some(ROUTE_SYSTEM) => serde_json::from_value(coding["code"].clone()).ok(),
            Some(_) | None => continue,
        };
        let known = known.ok_or_else(|| {
            wrong(
                place,
                "route: expected SQ, IM or PO of v3-RouteOfAdministration, or a code of the rules' own routes",
            )
        })?;
        if read.is_some_and(|other| other != known) {
            return Err(wrong(place, "route: its codings disagree"));
        }
        read = Some(known);
    }
    Ok(read)
}

fn of_fhir(code: &Value) -> Option<Route> {
    match code.as_str()? {
        "SQ" => Some(Route::Subcutaneous),
        "IM" => Some(Route::Intramuscular),
        "PO" => Some(Route::Oral),
        _ => None,
    }
}

fn reference(place: &str, reference: &Value) -> Result<String, DeskError> {
    let text = reference["reference"].as_str().map(str::to_owned);
    text.ok_or_else(|| wrong(place, "expected a reference to its patient"))
}

/// A whole date within the engine's bounds.
pub fn full(date: PartialDate) -> Option<Date> {
    Date::new(date.year.into(), date.month?.into(), date.day?.into())
}

fn wrong(place: &str, expected: &str) -> DeskError {
    DeskError::Unprocessable(format!("{place}: {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::CareConfig, desk::care::PRODUCT_SYSTEM};
    use serde_json::json;

    fn care() -> Care {
        Care::open(&CareConfig::default()).expect("the built-in rules")
    }

    fn today() -> Date {
        Date::new(2026, 11, 26).expect("a date")
    }

    #[test]
    fn the_japanese_day_begins_at_fifteen_hours_utc() {
        let eve = 1_795_618_799_999;
        assert_eq!(
            japanese_day(eve).map(|day| day.to_string()),
            Some("2026-11-25".to_owned())
        );
        assert_eq!(japanese_day(eve + 1), Some(today()));
    }

    #[test]
    fn both_kinds_of_draft_give_the_same_proposal() {
        let code = json!({"coding": [{"system": PRODUCT_SYSTEM, "code": "MR"}]});
        let quantity = json!({"value": 0.5, "unit": "mL", "code": "mL"});
        let route = json!({"coding": [{"system": FHIR_ROUTES, "code": "SQ"}]});
        let immunization = json!({
            "resourceType": "Immunization", "vaccineCode": code, "patient": {"reference": "Patient/a"},
            "occurrenceDateTime": "2026-11-26T09:00:00+09:00", "doseQuantity": quantity, "route": route,
            "expirationDate": "2027-03-31",
        });
        let request = json!({
            "resourceType": "MedicationRequest", "subject": {"reference": "Patient/a"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": code, "batch": {"expirationDate": "2027-03-31"}}],
            "medicationReference": {"reference": "#m"},
            "dosageInstruction": [{"route": route, "doseAndRate": [{"doseQuantity": quantity}]}],
        });
        let read = |value: &Value| draft(&care(), value, today()).expect("a draft");
        assert_eq!(read(&immunization).proposal, read(&request).proposal);
        assert_eq!(read(&request).patient, "Patient/a");
    }

    #[test]
    fn the_weeks_of_a_pregnancy_are_counted_from_what_the_order_says() {
        use musubi_care::check_report::{Gaps, Identity, Outcome, Question};
        use musubi_care::child::{Circumstances, History};
        let care = care();
        let hash = crate::desk::care::hash_of(musubi_care::presets::SCHEDULE_2026.as_bytes());
        let rules = care.rules(&hash).expect("the built-in rules");
        let mother = Resource::from_value(json!({
            "resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "結　母"}],
            "gender": "female", "birthDate": "1996-04-01",
        }))
        .expect("a Patient");
        let outcome = |start: Option<Date>| {
            let question = Question {
                subject: subject(&mother, start),
                history: History::Confirmed(Vec::new()),
                gaps: Gaps::default(),
                circumstances: Circumstances::default(),
                proposal: Proposal::new("RSV_MAT", today()),
                bedside: None,
                identity: Identity::default(),
            };
            question.ask(rules).outcome
        };
        let weeks = |weeks: i32, days: i32| Some(today().plus_days(-7 * weeks - days));
        assert_eq!(outcome(weeks(27, 6)), Outcome::NotMet);
        assert_eq!(outcome(weeks(28, 0)), Outcome::ConditionsMet);
        assert_eq!(outcome(weeks(36, 6)), Outcome::ConditionsMet);
        assert_eq!(outcome(weeks(37, 0)), Outcome::NotMet);
        assert_eq!(outcome(None), Outcome::NeedsPerson);
    }

    #[test]
    fn a_route_of_a_system_that_nobody_here_knows_was_not_read() {
        let coded = |system: &str| json!({"coding": [{"system": system, "code": "06"}]});
        assert_eq!(
            route("draft", &coded("urn:elsewhere")).expect("not read"),
            None
        );
        assert_eq!(route("draft", &Value::Null).expect("none"), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place_and_nothing_is_repeated() {
        let base = json!({
            "resourceType": "Immunization", "patient": {"reference": "Patient/a"},
            "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": "MR"}]},
        });
        let bent = [
            ("vaccineCode", json!({"text": "secret"})),
            ("occurrenceDateTime", json!("secret")),
            ("doseQuantity", json!({"value": 0.5, "code": "secret"})),
            ("patient", json!({"display": "secret"})),
            ("resourceType", json!("secret")),
            (
                "route",
                json!({"coding": [{"system": FHIR_ROUTES, "code": "secret"}]}),
            ),
            (
                "route",
                json!({"coding": [{"system": ROUTE_SYSTEM, "code": "secret"}]}),
            ),
            (
                "route",
                json!({"coding": [{"system": FHIR_ROUTES, "code": "SQ"}, {"system": FHIR_ROUTES, "code": "IM"}]}),
            ),
        ];
        for (field, value) in bent {
            let mut bad = base.clone();
            bad[field] = value;
            let refused = draft(&care(), &bad, today())
                .err()
                .expect(field)
                .to_string();
            assert!(
                refused.contains("draftOrders") && !refused.contains("secret"),
                "{refused}"
            );
        }
    }
}
