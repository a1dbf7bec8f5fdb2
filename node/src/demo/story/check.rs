//! Before the injection: the clinic's record system asks the schedule check, which passes the dose, stops the same again on the next
//! day, and passes the next one on its earliest day. Only doses whose product the rules know are checked.

use super::{Cast, DAY, Stage};
use crate::{
    clock::now,
    demo::{consortium, family::Child, gateway::Keys, report::Step},
    desk::{
        care::{PRODUCT_SYSTEM, hash_of},
        dose::full,
    },
    key_file::KeyKind,
};
use ed25519_dalek::SigningKey;
use musubi_care::{civil::Date, presets::SCHEDULE_2026};
use musubi_client_sdk::{calls, sealing::HpkeSecret};
use musubi_fhir::{Kind, Resource};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};

const SERVICE: &str = "/cds-services/musubi-immunization";
const DOCTOR: &str = "doctor of the first clinic";

/// What a card comes to.
struct Answer {
    verdict: String,
    reason: Option<String>,
    earliest: Option<Date>,
}

impl Stage<'_> {
    /// An officer publishes the rules of the schedule check, by the hash of their text.
    ///
    /// # Errors
    /// What kept them from the chain.
    pub async fn publish_rules(&mut self) -> Result<(), String> {
        let officer = consortium::secret(self.folder, "rusutsu", "officer", KeyKind::Ed25519)?;
        let officer = Keys {
            signing: SigningKey::from_bytes(&officer),
            sealing: HpkeSecret::generate().map_err(|error| error.to_string())?,
        };
        let hash = hash_of(SCHEDULE_2026.as_bytes());
        let call = calls::records::publish_rule_set(1, hash, now() - DAY);
        let applied = self.village.submit(&officer, call).await?;
        let step = Step {
            actor: "officer of Rusutsu",
            outcome: "published",
            reason: Some("schedule rules, version 1, by their hash"),
            block: Some(applied.block),
            proof: None,
        };
        self.report.step("publish rules", &step);
        Ok(())
    }

    /// Each dose is checked as its order is signed.
    pub(super) async fn check_before(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
    ) -> Result<(), String> {
        for (dose, day) in checked_doses(child) {
            self.check(cast, subject, child, dose, day, "conditions_met")
                .await?;
        }
        Ok(())
    }

    /// On the day after, a colleague who overlooks the entry orders the same again.
    pub(super) async fn stop_the_same_again(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
    ) -> Result<(), String> {
        for (dose, day) in checked_doses(child) {
            let answer = self
                .check(cast, subject, child, dose, day.morrow(), "not_met")
                .await?;
            self.record_refused(cast, subject, dose, day.morrow())
                .await?;
            if let Some(earliest) = answer.earliest {
                self.check(cast, subject, child, dose, earliest, "conditions_met")
                    .await?;
            }
        }
        Ok(())
    }

    async fn check(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
        dose: &Resource,
        day: Date,
        expected: &str,
    ) -> Result<Answer, String> {
        let order = order(subject, child, dose, day);
        let said: Value = self
            .clinic
            .post(&cast.first_doctor, SERVICE, &order)
            .await?;
        let answer = Answer::of(&said["cards"][0]["extension"]["musubi"])?;
        if answer.verdict != expected {
            return Err(format!(
                "the schedule check answers {}, expected {expected}",
                answer.verdict
            ));
        }
        let (outcome, reason) = (answer.outcome(), answer.in_words());
        self.tell("check", DOCTOR, outcome, reason.as_deref(), None, subject)
            .await?;
        Ok(answer)
    }

    /// The stopped dose is recorded all the same, and is refused.
    async fn record_refused(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        dose: &Resource,
        day: Date,
    ) -> Result<(), String> {
        let mut again = dose.value().clone();
        // Another injection is another resource; the same id would correct the first.
        again["id"] = json!("the-same-again");
        again["occurrenceDateTime"] = json!(day);
        let body = again.to_string().into_bytes();
        let kind = dose.kind().as_str();
        let posted: Result<Value, String> = self
            .clinic
            .post_fhir(&cast.first_doctor, kind, &subject, body)
            .await;
        match posted {
            Ok(_) => Err("a dose that was stopped was recorded".to_owned()),
            Err(said) if is_of_the_check(&said) => {
                let reason = "no doctor has said why";
                self.tell("record", DOCTOR, "refused", Some(reason), None, subject)
                    .await
            }
            Err(said) => Err(said),
        }
    }
}

impl Answer {
    fn of(said: &Value) -> Result<Self, String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let earliest = said["earliest"].as_str().map(Date::parse).transpose();
        Ok(Self {
            verdict: text(&said["verdict"])
                .ok_or("the schedule check answers without a verdict")?,
            reason: text(&said["reasons"][0]["reason"]),
            earliest: earliest.map_err(|error| error.to_string())?,
        })
    }

    fn outcome(&self) -> &'static str {
        match self.verdict.as_str() {
            "conditions_met" => "conditions met",
            "not_met" => "conditions not met",
            _ => "needs a person",
        }
    }

    fn in_words(&self) -> Option<String> {
        let reason = self.reason.as_ref()?;
        Some(match self.earliest {
            Some(day) => format!("{reason}, earliest {day}"),
            None => reason.clone(),
        })
    }
}

/// The schedule check's own refusal, and not that of a node that is away.
fn is_of_the_check(said: &str) -> bool {
    ["the conditions are not met", "has not come yet"]
        .iter()
        .any(|words| said.contains(words))
}

/// Doses given whose product the rules know by its own code, with their days.
fn checked_doses(child: &Child) -> impl Iterator<Item = (&Resource, Date)> {
    let doses = child.records.iter().filter(|record| {
        record.kind() == Kind::Immunization
            && record.value()["status"] == "completed"
            && !product(record).is_null()
    });
    doses.filter_map(|dose| Some((dose, dose.date().and_then(full)?)))
}

/// The coding of the rules' own product; null if there is none.
fn product(dose: &Resource) -> Value {
    let codings = dose.value()["vaccineCode"]["coding"].as_array();
    let mut codings = codings.map_or(&[][..], Vec::as_slice).iter();
    let own = codings.find(|coding| coding["system"] == PRODUCT_SYSTEM);
    own.cloned().unwrap_or_default()
}

/// What the record system sends while the order is signed; the physician has seen the 母子健康手帳.
fn order(subject: Pseudonym, child: &Child, dose: &Resource, day: Date) -> Value {
    let draft = json!({
        "resourceType": "MedicationRequest", "status": "draft", "intent": "order",
        "subject": dose.value()["patient"],
        "medicationCodeableConcept": {"coding": [product(dose)]},
        "dosageInstruction": [{"timing": {"event": [day]}}],
    });
    json!({
        "hook": "order-sign",
        "hookInstance": "2f9c1c6e-0d5b-4f0e-9a58-6f6f3a6c5b11",
        "context": {
            "patientId": subject,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        },
        "prefetch": {"patient": child.patient.value()},
        "extension": {"musubi": {"historyConfirmed": true}},
    })
}
