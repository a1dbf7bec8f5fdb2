//! ImmunizationRecommendation: the schedule engine's forecast for one child. It says when conditions are met, never that a dose is right:
//! the physician decides. A history that nobody has confirmed, and doses that could not be counted, are said on every row.

use crate::{
    instant::{instant, japanese_date},
    outcome::Outcome,
    parts::Facade,
    ports::Agent,
    query::id,
    record::plain_id,
    served::Type,
    shape::{code, coding, patient},
};
use musubi_care::{
    child::{Circumstances, Dose, History, Subject},
    civil::Date,
    forecast::{Forecast, ForecastDose, Row, Status, forecast},
    reason::Reason,
    wording,
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The engine's own words for where a dose stands; HL7 has fewer.
const STATUS_SYSTEM: &str = "urn:musubi:forecast-status";
/// The engine's reason codes, and the rules that they come from.
const REASON_SYSTEM: &str = "urn:musubi:schedule-reason";
const RULE_SYSTEM: &str = "urn:musubi:schedule-rule";
const HL7_STATUS: &str = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status";
const LOINC: &str = "http://loinc.org";

/// Doses whose product and day are known, and where each stands; and those that could not be counted.
#[derive(Default)]
struct Read {
    doses: Vec<Dose>,
    sources: Vec<Value>,
    uncounted: Vec<Uncounted>,
}

/// A dose that was given and is missing in the forecast.
struct Uncounted {
    reason: Reason,
    source: Value,
}

impl Facade {
    /// The forecast for a child of this municipality's register.
    pub(crate) async fn recommendation(&self, agent: &Agent, text: &str) -> Result<Value, Outcome> {
        let subject: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        let child = self.child(agent, text).await?;
        let found = self.records_of(agent, Type::Immunization, subject).await?;
        if let Some(denied) = found.denied {
            return Err(denied);
        }
        let read = Read::of(&found.resources, |concept| self.handbook.product(concept));
        let now = self.ledger.now();
        let today = Date::parse(&japanese_date(now))
            .map_err(|error| Outcome::invalid(error.to_string()))?;
        let rules = self.handbook.rules().await?;
        // Whether these are all doses nobody has said: an empty history is unconfirmed, not "no dose".
        let history = History::Unconfirmed(read.doses.clone());
        let forecast = forecast(&rules, &child, &history, &Circumstances::default(), today);
        let doubts = doubts(&forecast, &read);
        let rows: Vec<Value> = forecast
            .rows
            .iter()
            .map(|row| self.recommended(row, &doubts, &read))
            .collect();
        if rows.is_empty() {
            return Err(Outcome::not_found());
        }
        Ok(json!({
            "resourceType": "ImmunizationRecommendation",
            "id": id(&subject.0),
            "meta": {"lastUpdated": instant(now)},
            "identifier": [{"system": "urn:musubi:rule-set", "value": format!("{}|{}", forecast.rules.id, forecast.rules.version)}],
            "patient": patient(&subject),
            "date": instant(now),
            "recommendation": rows,
        }))
    }

    /// Birth date and sex, as the register has them.
    async fn child(&self, agent: &Agent, text: &str) -> Result<Subject, Outcome> {
        let patient = self.patient(agent, text).await?;
        let born = patient["birthDate"].as_str().ok_or_else(|| {
            Outcome::new(
                axum::http::StatusCode::NOT_IMPLEMENTED,
                "not-supported",
                "a forecast needs the birth date, which the home municipality's register has: ask its facade",
            )
        })?;
        let birth = Date::parse(born)
            .map_err(|error| Outcome::unprocessable("value", error.to_string()))?;
        Ok(Subject {
            birth: Some(birth),
            sex: serde_json::from_value(patient["gender"].clone()).ok(),
            pregnancy_start: None,
        })
    }

    fn recommended(&self, row: &Row, doubts: &[Value], read: &Read) -> Value {
        let mut shown = json!({
            "vaccineCode": [{"coding": [coding(self.handbook.product_system(), &row.vaccine)]}],
            "forecastStatus": {"coding": status(row.status)},
        });
        let stop = row.stop.iter().map(|stop| {
            let reason = coding(REASON_SYSTEM, &code(&stop.reason));
            json!({"coding": [reason, coding(RULE_SYSTEM, &stop.rule)]})
        });
        let reasons: Vec<Value> = stop.chain(doubts.iter().cloned()).collect();
        if !reasons.is_empty() {
            shown["forecastReason"] = json!(reasons);
        }
        let uncounted: Vec<&Value> = read.uncounted.iter().map(|dose| &dose.source).collect();
        if !uncounted.is_empty() {
            shown["supportingPatientInformation"] = json!(uncounted);
        }
        if let Some(dose) = &row.dose {
            describe(&mut shown, dose);
        }
        let supporting: Vec<&Value> = read
            .doses
            .iter()
            .zip(&read.sources)
            .filter(|(dose, _)| dose.vaccine == row.vaccine)
            .map(|(_, source)| source)
            .collect();
        if !supporting.is_empty() {
            shown["supportingImmunization"] = json!(supporting);
        }
        shown
    }
}

impl Read {
    /// The doses that were given. One whose product or day nobody knows is not counted, and not passed over in silence.
    fn of(resources: &[Value], product: impl Fn(&Value) -> Option<String>) -> Self {
        let mut read = Self::default();
        for resource in resources
            .iter()
            .filter(|dose| dose["status"] == "completed")
        {
            let day = resource["occurrenceDateTime"]
                .as_str()
                .and_then(|text| text.get(..10));
            let day = day.and_then(|text| Date::parse(text).ok());
            let id = resource["id"].as_str().unwrap_or_default();
            let source = json!({"reference": format!("Immunization/{id}")});
            let reason = match (product(&resource["vaccineCode"]), day) {
                (Some(product), Some(day)) => {
                    read.doses.push(Dose::new(&product, day));
                    read.sources.push(source);
                    continue;
                }
                (Some(_), None) => Reason::HistoryUndated,
                (None, _) => Reason::HistoryVaccineUnknown,
            };
            read.uncounted.push(Uncounted { reason, source });
        }
        read
    }
}

/// Why no row of the forecast is certain, each reason once.
fn doubts(forecast: &Forecast, read: &Read) -> Vec<Value> {
    let unconfirmed = (!forecast.history_confirmed).then_some(Reason::HistoryUnconfirmed);
    let uncounted = read.uncounted.iter().map(|dose| dose.reason);
    let reasons: BTreeSet<Reason> = unconfirmed.into_iter().chain(uncounted).collect();
    let said = |reason: Reason| json!({"coding": [coding(REASON_SYSTEM, &code(&reason))], "text": wording::reason(reason)});
    reasons.into_iter().map(said).collect()
}

/// Dates and numbers of a dose to come. LOINC's answers of FHIR's value set `immunization-recommendation-date-criterion`.
fn describe(shown: &mut Value, dose: &ForecastDose) {
    let criterion = |code: &str, day: Date| json!({"code": {"coding": [coding(LOINC, code)]}, "value": format!("{day}T00:00:00+09:00")});
    let mut dates = vec![
        criterion("30981-5", dose.earliest),
        criterion("30980-7", dose.due),
    ];
    dates.extend(
        dose.overdue_after
            .map(|day| criterion("59778-1", day.morrow())),
    );
    dates.push(criterion("59777-3", dose.latest));
    shown["dateCriterion"] = json!(dates);
    shown["series"] = json!(dose.label);
    shown["doseNumberPositiveInt"] = json!(dose.number);
    shown["seriesDosesPositiveInt"] = json!(dose.of.max(dose.number));
}

/// HL7's word where it has one, and the engine's.
fn status(status: Status) -> Vec<Value> {
    let (hl7, own) = match status {
        Status::Overdue => (Some("overdue"), "overdue"),
        Status::Due => (Some("due"), "due"),
        Status::Possible => (Some("due"), "possible"),
        Status::Later => (None, "later"),
        Status::Complete => (Some("complete"), "complete"),
        Status::Ended => (None, "ended"),
        Status::Contraindicated => (Some("contraindicated"), "contraindicated"),
        Status::NeedsPerson => (None, "needs-person"),
    };
    let hl7 = hl7.map(|code| coding(HL7_STATUS, code));
    hl7.into_iter()
        .chain([coding(STATUS_SYSTEM, own)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_care::{presets::SCHEDULE_2026, rules::RuleSet};

    fn given(id: &str, product: &str, day: &str) -> Value {
        json!({
            "resourceType": "Immunization", "id": id, "status": "completed", "occurrenceDateTime": day,
            "vaccineCode": {"coding": [{"code": product}]},
        })
    }

    /// The rows' doubts, after these doses of a child of half a year.
    fn doubts_after(resources: &[Value]) -> (Vec<String>, Read) {
        let read = Read::of(resources, |concept| {
            let code = concept["coding"][0]["code"].as_str()?;
            (code != "HOT9").then(|| code.to_owned())
        });
        let rules = RuleSet::parse(SCHEDULE_2026).expect("the built-in rules");
        let child = Subject {
            birth: Date::parse("2026-05-20").ok(),
            ..Subject::default()
        };
        let history = History::Unconfirmed(read.doses.clone());
        let today = Date::parse("2026-11-26").expect("a date");
        let made = forecast(&rules, &child, &history, &Circumstances::default(), today);
        let reasons = doubts(&made, &read).into_iter();
        let codes = reasons.map(|one| {
            one["coding"][0]["code"]
                .as_str()
                .expect("a code")
                .to_owned()
        });
        (codes.collect(), read)
    }

    #[test]
    fn an_empty_history_is_said_to_be_unconfirmed() {
        assert_eq!(doubts_after(&[]).0, ["HISTORY_UNCONFIRMED"]);
    }

    #[test]
    fn a_dose_that_could_not_be_counted_is_said_with_its_place() {
        let resources = [
            given("a", "PCV20", "2026-07-25"),
            given("b", "HOT9", "2026-07-25"),
            given("c", "HIB", "2026-08"),
        ];
        let (codes, read) = doubts_after(&resources);
        assert_eq!(
            codes,
            [
                "HISTORY_UNCONFIRMED",
                "HISTORY_UNDATED",
                "HISTORY_VACCINE_UNKNOWN"
            ]
        );
        assert_eq!(read.doses.len(), 1);
        let places = read.uncounted.iter().map(|dose| &dose.source["reference"]);
        assert_eq!(
            places.collect::<Vec<_>>(),
            ["Immunization/b", "Immunization/c"]
        );
    }
}
