//! ImmunizationRecommendation: the schedule engine's forecast for one child. It says when conditions are met, never that a dose is right:
//! the physician decides.

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
    forecast::{ForecastDose, Row, Status, forecast},
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};

/// The engine's own words for where a dose stands; HL7 has fewer.
const STATUS_SYSTEM: &str = "urn:musubi:forecast-status";
/// The engine's reason codes, and the rules that they come from.
const REASON_SYSTEM: &str = "urn:musubi:schedule-reason";
const RULE_SYSTEM: &str = "urn:musubi:schedule-rule";
const HL7_STATUS: &str = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status";
const LOINC: &str = "http://loinc.org";

/// Doses whose product is known, and where each stands.
struct Read {
    doses: Vec<Dose>,
    sources: Vec<Value>,
}

impl Facade {
    /// The forecast for a child of this municipality's register.
    pub(crate) async fn recommendation(&self, agent: &Agent, text: &str) -> Result<Value, Outcome> {
        let subject: Pseudonym = plain_id(text).ok_or_else(Outcome::not_found)?;
        let birth = self.birth(agent, text).await?;
        let found = self.records_of(agent, Type::Immunization, subject).await?;
        if let Some(denied) = found.denied {
            return Err(denied);
        }
        let read = self.doses(&found.resources);
        let now = self.ledger.now();
        let today = Date::parse(&japanese_date(now))
            .map_err(|error| Outcome::invalid(error.to_string()))?;
        let rules = self.handbook.rules().await?;
        let child = Subject {
            birth: Some(birth),
            ..Subject::default()
        };
        // Whether these are all doses nobody has said: an empty history is unconfirmed, not "no dose".
        let history = History::Unconfirmed(read.doses.clone());
        let forecast = forecast(&rules, &child, &history, &Circumstances::default(), today);
        let rows: Vec<Value> = forecast
            .rows
            .iter()
            .map(|row| self.recommended(row, &read))
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

    async fn birth(&self, agent: &Agent, text: &str) -> Result<Date, Outcome> {
        let patient = self.patient(agent, text).await?;
        let born = patient["birthDate"].as_str().ok_or_else(|| {
            Outcome::new(
                axum::http::StatusCode::NOT_IMPLEMENTED,
                "not-supported",
                "a forecast needs the birth date, which the home municipality's register has: ask its facade",
            )
        })?;
        Date::parse(born).map_err(|error| Outcome::unprocessable("value", error.to_string()))
    }

    /// The doses that were given, as far as their product is known.
    fn doses(&self, resources: &[Value]) -> Read {
        let mut read = Read {
            doses: Vec::new(),
            sources: Vec::new(),
        };
        for resource in resources
            .iter()
            .filter(|dose| dose["status"] == "completed")
        {
            let day = resource["occurrenceDateTime"]
                .as_str()
                .and_then(|text| text.get(..10));
            let day = day.and_then(|text| Date::parse(text).ok());
            if let (Some(product), Some(day)) =
                (self.handbook.product(&resource["vaccineCode"]), day)
            {
                read.doses.push(Dose::new(&product, day));
                read.sources.push(json!({"reference": format!("Immunization/{}", resource["id"].as_str().unwrap_or_default())}));
            }
        }
        read
    }

    fn recommended(&self, row: &Row, read: &Read) -> Value {
        let mut shown = json!({
            "vaccineCode": [{"coding": [coding(self.handbook.product_system(), &row.vaccine)]}],
            "forecastStatus": {"coding": status(row.status)},
        });
        if let Some(stop) = &row.stop {
            let reason = coding(REASON_SYSTEM, &code(&stop.reason));
            shown["forecastReason"] =
                json!([{"coding": [reason, coding(RULE_SYSTEM, &stop.rule)]}]);
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
