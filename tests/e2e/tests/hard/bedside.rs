//! A clinic's record system at the moment before an injection: orders, cards, overrides, and the dose that is recorded.

use crate::{actor::Actor, people::DAY};
use musubi_client_sdk::calls;
use musubi_primitives::{
    Commitment, Pseudonym,
    record::{OverrideReason, VerdictCode},
};
use musubi_tests_support::gateway::now;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const SERVICE: &str = "/cds-services/musubi-immunization";
const PRODUCTS: &str = "https://musubi.example/CodeSystem/schedule-product";

/// The Japanese civil date so many days from today.
pub(crate) fn day(offset: i64) -> String {
    let moment = i64::try_from(now() + 9 * 3600 * 1000).unwrap() / i64::try_from(DAY).unwrap();
    civil(moment + offset)
}

/// Days since 1970 to a date, by the well-known cycle of 400 years.
fn civil(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// An Immunization as a record system writes it.
pub(crate) fn dose(of: &str, product: &str, day: &str, lot: &str) -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": lot, "primarySource": true,
        "vaccineCode": {"coding": [{"system": PRODUCTS, "code": product}]},
        "patient": {"reference": format!("Patient/{of}")}, "occurrenceDateTime": day,
    })
}

/// An order that is about to be signed.
pub(crate) struct Order<'a> {
    pub(crate) subject: Pseudonym,
    /// The chart that is open.
    pub(crate) patient: Value,
    /// The doses that the chart knows.
    pub(crate) chart: Vec<Value>,
    pub(crate) product: &'a str,
    pub(crate) day: String,
    /// Volume, route and expiry, as they stand in a draft Immunization; with them the draft is one.
    pub(crate) vial: Option<Value>,
    /// `extension.musubi`.
    pub(crate) said: Value,
}

impl<'a> Order<'a> {
    /// For today, by a physician who has seen the handbook.
    pub(crate) fn new(subject: Pseudonym, patient: &Value, product: &'a str) -> Self {
        Self {
            subject,
            patient: patient.clone(),
            chart: Vec::new(),
            product,
            day: day(0),
            vial: None,
            said: json!({"historyConfirmed": true}),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let id = self.patient["id"].as_str().unwrap();
        let entries = |resources: &[Value]| -> Vec<Value> {
            resources
                .iter()
                .map(|one| json!({"resource": one}))
                .collect()
        };
        let draft = self.draft(id);
        json!({
            "hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {
                "userId": "Practitioner/1", "patientId": self.subject,
                "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries(&[draft])},
            },
            "prefetch": {
                "patient": self.patient,
                "immunizations": {"resourceType": "Bundle", "type": "searchset", "entry": entries(&self.chart)},
            },
            "extension": {"musubi": self.said},
        })
    }
}

impl Order<'_> {
    fn draft(&self, patient: &str) -> Value {
        let reference = json!({"reference": format!("Patient/{patient}")});
        let product = json!({"coding": [{"system": PRODUCTS, "code": self.product}]});
        let Some(vial) = &self.vial else {
            return json!({
                "resourceType": "MedicationRequest", "status": "draft", "intent": "order", "subject": reference,
                "medicationCodeableConcept": product, "dosageInstruction": [{"timing": {"event": [self.day]}}],
            });
        };
        let mut draft = vial.clone();
        draft["resourceType"] = json!("Immunization");
        draft["patient"] = reference;
        draft["vaccineCode"] = product;
        draft["occurrenceDateTime"] = json!(self.day);
        draft
    }
}

impl Actor {
    /// Asks the service.
    pub(crate) async fn try_check(&self, order: &Order<'_>) -> (StatusCode, Value) {
        let body = order.to_json().to_string().into_bytes();
        self.send(Method::POST, SERVICE, None, body).await
    }

    /// The one card for one order.
    pub(crate) async fn check(&self, order: &Order<'_>) -> Value {
        let (status, answer) = self.try_check(order).await;
        assert!(status.is_success(), "{status} {answer}");
        let cards = answer["cards"].as_array().unwrap();
        assert_eq!(cards.len(), 1, "{answer}");
        says_who_decides(&cards[0]);
        cards[0].clone()
    }

    /// A doctor says why the injection goes on.
    pub(crate) async fn feed_back(
        &self,
        subject: &Pseudonym,
        card: &Value,
        code: &str,
        words: &str,
    ) -> (StatusCode, Value) {
        let body = json!({"feedback": [{
            "card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-26T10:00:00Z",
            "overrideReason": {"reason": {"code": code}, "userComment": words},
        }]});
        let path = format!("{SERVICE}/feedback");
        self.send(
            Method::POST,
            &path,
            Some(subject),
            body.to_string().into_bytes(),
        )
        .await
    }

    /// Signs what a feedback gave to sign.
    pub(crate) async fn countersign(&self, to_sign: &Value) -> (StatusCode, Value) {
        let field = |name: &str| to_sign[name].clone();
        let inputs: Commitment = serde_json::from_value(field("inputs")).unwrap();
        let verdict: VerdictCode = serde_json::from_value(field("verdict")).unwrap();
        let reason: OverrideReason = serde_json::from_value(field("overrideReason")).unwrap();
        let version = u32::try_from(to_sign["ruleSet"].as_u64().unwrap()).unwrap();
        let subject = serde_json::from_value(field("subject")).unwrap();
        let call = calls::records::record_verdict(subject, version, inputs, verdict, Some(reason));
        self.try_submit(call).await
    }
}

/// The word of the engine, and its deciding reason.
pub(crate) fn verdict(card: &Value) -> (&str, Option<&str>) {
    let said = &card["extension"]["musubi"];
    (
        said["verdict"].as_str().unwrap(),
        said["reasons"][0]["reason"].as_str(),
    )
}

/// Every card says that the physician decides, and none that a dose is harmless.
fn says_who_decides(card: &Value) {
    let text = card.to_string();
    assert!(text.contains("医師が判断します"), "{text}");
    for word in ["安全", "safe", "Safe", "問題ありません", "大丈夫"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(card["summary"].as_str().unwrap().chars().count() <= 140);
}
