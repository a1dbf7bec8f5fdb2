//! What the schedule check is asked: the doses of the chart, of this member's own vault and of others as far as the family permits, the
//! circumstances, and whether all of it is about one person.

use super::{
    dose::{self, Recorded, RecordedDose},
    history::OwnRecord,
    intake::Intake,
};
use musubi_care::{
    bedside::Bedside,
    check_report::{Gaps, Identity},
    child::{Circumstances, History, Standing},
};
use musubi_fhir::Resource;
use musubi_node_gateway::{
    DeskError,
    cds::request::{Order, pseudonyms},
};
use musubi_primitives::{Category, Pseudonym};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The doses known, and what keeps them from being all there are.
#[derive(Default)]
struct Gathered {
    doses: Vec<RecordedDose>,
    gaps: Gaps,
}

impl Intake {
    /// The doses known to the chart, to this member and, where they may be read, to others; what is missing among them; and whether they
    /// are one person's.
    pub(super) async fn gather(
        &self,
        order: &Order,
    ) -> Result<(History, Gaps, Identity), DeskError> {
        let own = self
            .own_records(order.subject, Category::Immunization)
            .await?;
        let mut gathered = Gathered::default();
        for own in &own {
            gathered.add(own.dose(&self.care)?);
        }
        for resource in &order.doses {
            let record = self.record_id(&order.subject, resource.canonical_bytes());
            // What was entered in error here is not brought back by a chart that still has it.
            let is_void = own.iter().any(|own| own.is_void && own.record == record);
            if !is_void {
                gathered.add_once(dose::recorded(&self.care, resource, Standing::Stored));
            }
        }
        let others = self.doses_of_others(order.subject, &own).await?;
        for read in &others.read {
            gathered.add_once(read.dose(&self.care)?);
        }
        gathered.gaps.elsewhere = others.is_part_missing;
        let identity = Identity {
            chart_differs: self.is_another_chart(order, &own)?,
            visit_not_open: self.is_visit_over(order).await?,
        };
        let gaps = gathered.gaps;
        let history = gathered.history(order.circumstances.history_confirmed);
        Ok((history, gaps, identity))
    }

    /// Twins share a birthday and a surname; their charts do not share a name: earlier records of this member about the subject, and
    /// every dose of the chart, must be about the Patient that the chart shows.
    fn is_another_chart(&self, order: &Order, own: &[OwnRecord]) -> Result<bool, DeskError> {
        let stated: Vec<Pseudonym> = pseudonyms(&order.patient).collect();
        if !stated.is_empty() && !stated.contains(&order.subject) {
            return Ok(true);
        }
        let (names, by_pseudonym) = (names(order), pseudonym_name(&order.subject));
        let is_another = |resource: &Resource| {
            let named = resource.subject().filter(|named| *named != by_pseudonym);
            named.is_some_and(|named| !names.iter().any(|name| name == named))
        };
        let mut earlier = Vec::new();
        for own in own.iter().filter(|own| own.author == self.member) {
            earlier.push(own.resource()?);
        }
        // The facade names whom it is asked about by pseudonym: that tells no chart from another.
        earlier.retain(|resource| resource.subject() != Some(by_pseudonym.as_str()));
        let has_earlier_name = earlier.iter().any(|resource| !is_another(resource));
        Ok(order.doses.iter().any(is_another) || (!earlier.is_empty() && !has_earlier_name))
    }

    /// Whether the visit named is over, another person's, or its consent withdrawn since.
    async fn is_visit_over(&self, order: &Order) -> Result<bool, DeskError> {
        let Some(session) = order.circumstances.session else {
            return Ok(false);
        };
        let visit = (session, self.member, order.subject);
        let is_open: bool = self.chain.read("MusubiApi_is_session_open", visit).await?;
        Ok(!is_open)
    }
}

/// What a reference may call the patient of an order: by the chart's Patient, or by the id that the order says the chart has.
pub(super) fn names(order: &Order) -> Vec<String> {
    let mut names = dose::names(&order.patient);
    names.push(format!("Patient/{}", order.chart_id));
    names
}

/// How a FHIR client calls somebody whose pseudonym it has, as in `context.patientId`.
pub(super) fn pseudonym_name(subject: &Pseudonym) -> String {
    format!("Patient/{}", hex::encode(subject.0))
}

impl Gathered {
    fn add(&mut self, recorded: Recorded) {
        match recorded {
            Recorded::NotGiven => {}
            Recorded::Undated => self.gaps.undated = true,
            Recorded::Given(dose) => self.doses.push(dose),
        }
    }

    /// Adds what another system may have written down of a dose that is known.
    fn add_once(&mut self, recorded: Recorded) {
        let is_known =
            matches!(&recorded, Recorded::Given(dose) if is_same_as_one(dose, &self.doses));
        if !is_known {
            self.add(recorded);
        }
    }

    /// Confirmed where the chart says so and nothing is known to be missing.
    fn history(self, is_confirmed: bool) -> History {
        let doses = self.doses.into_iter().map(|recorded| recorded.dose);
        if is_confirmed && self.gaps.are_none() {
            History::Confirmed(doses.collect())
        } else {
            History::Unconfirmed(doses.collect())
        }
    }
}

/// One dose that two systems wrote down: same product, same day, and no two lots.
fn is_same_as_one(recorded: &RecordedDose, known: &[RecordedDose]) -> bool {
    known.iter().any(|other| {
        let (dose, of_other) = (&recorded.dose, &other.dose);
        let may_differ = recorded.lot.is_none() || other.lot.is_none();
        (&dose.vaccine, dose.date) == (&of_other.vaccine, of_other.date)
            && (may_differ || recorded.lot == other.lot)
    })
}

/// What the chart says of the day.
///
/// # Errors
/// Which field cannot be read.
pub(super) fn circumstances(order: &Order) -> Result<Circumstances, DeskError> {
    let said = &order.circumstances;
    Ok(Circumstances {
        conditions: said.conditions.clone(),
        short_interval_needed: said.short_interval_needed,
        measures: said.measures.clone(),
        recovery: engine_form("recovery", said.recovery.as_ref())?,
    })
}

/// Person, paper and vial, where the chart sends them.
///
/// # Errors
/// As [`circumstances`].
pub(super) fn bedside(order: &Order) -> Result<Option<Bedside>, DeskError> {
    engine_form("bedside", order.circumstances.bedside.as_ref())
}

fn engine_form<T: DeserializeOwned>(
    field: &str,
    value: Option<&Value>,
) -> Result<Option<T>, DeskError> {
    let Some(value) = value else { return Ok(None) };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| {
            // The error's own words could repeat what was sent.
            DeskError::Unprocessable(format!(
                "extension.musubi.{field}: not of the engine's form (musubi-care documents it)"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::CareConfig,
        desk::care::{Care, PRODUCT_SYSTEM},
    };
    use musubi_care::check_report::{Outcome, Question};
    use musubi_care::child::{Proposal, Subject};
    use musubi_care::civil::Date;
    use serde_json::json;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn given_on(date: &str) -> Resource {
        Resource::from_value(json!({
            "resourceType": "Immunization", "status": "completed", "primarySource": true, "lotNumber": "L1",
            "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": "HIB"}]},
            "patient": {"reference": "Patient/a"}, "occurrenceDateTime": date,
        }))
        .expect("an Immunization")
    }

    /// What a check of PCV20 comes to after these doses of a chart that is said to be whole.
    fn checked_after(doses: &[&str]) -> (Outcome, Vec<String>) {
        let care = Care::open(&CareConfig::default()).expect("the built-in rules");
        let mut gathered = Gathered::default();
        for date in doses {
            gathered.add_once(dose::recorded(&care, &given_on(date), Standing::Stored));
        }
        let question = Question {
            subject: Subject {
                birth: Some(day("2025-10-05")),
                ..Subject::default()
            },
            gaps: gathered.gaps,
            history: gathered.history(true),
            circumstances: Circumstances::default(),
            proposal: Proposal::new("PCV20", day("2026-02-10")),
            bedside: None,
            identity: Identity::default(),
        };
        let hash = super::super::care::hash_of(musubi_care::presets::SCHEDULE_2026.as_bytes());
        let reply = question.ask(care.rules(&hash).expect("the built-in rules"));
        let stops = reply.verdict.stop().into_iter().chain(&reply.verdict.also);
        let reasons = stops.map(|stop| stop.reason.to_string());
        (reply.outcome, reasons.collect())
    }

    #[test]
    fn a_dose_whose_day_nobody_knows_makes_every_later_check_a_question_for_a_person() {
        assert_eq!(
            checked_after(&["2026-01-10"]),
            (Outcome::ConditionsMet, Vec::new())
        );
        for date in ["2026-03", "2026"] {
            let (outcome, reasons) = checked_after(&["2026-01-10", date]);
            assert_eq!(outcome, Outcome::NeedsPerson, "{date}");
            assert_eq!(reasons, ["HISTORY_UNCONFIRMED", "HISTORY_UNDATED"]);
        }
    }
}
