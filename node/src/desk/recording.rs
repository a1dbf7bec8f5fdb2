//! Holding a dose that is being recorded against the check that was asked before it.
//!
//! A dose whose conditions are not met is taken in only after a doctor has said why (I7), under the doctor's own signature on the chain.
//! Nobody is kept from recording what has happened: `already-given` is a reason too.

use super::{
    care::Care,
    chain::unavailable,
    dose::{self, Recorded},
    history::{KeptReport, OwnRecord},
    intake::Intake,
    verdict::rules_of,
};
use musubi_care::{
    check_report::{Outcome, Question, Reply},
    child::Dose,
    civil::Date,
    wording,
};
use musubi_fhir::{IssueCode, Kind, Refusal, Resource};
use musubi_node_gateway::DeskError;
use musubi_primitives::{Category, Pseudonym, RecordId};

/// What is recorded together with a dose.
#[derive(Default)]
pub(super) struct Alongside {
    /// Doses that come before it, and do not stand yet.
    pub(super) doses: Vec<Dose>,
    /// Records that will not stand any more.
    pub(super) void: Vec<RecordId>,
}

impl Intake {
    /// Holds a dose that is being recorded against the newest check of its product: asked again with what is known by now, on the
    /// dose's own day, so that neither another day nor another dose in between makes an old answer serve.
    ///
    /// A dose that nobody had checked here passes: it may come from paper, or from elsewhere. A correction is held against what stands
    /// without the record that it replaces.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a day that has not come, and where conditions are not met and no doctor has said why.
    pub(super) async fn check_dose(
        &self,
        subject: Pseudonym,
        resource: &Resource,
        alongside: &Alongside,
    ) -> Result<(), DeskError> {
        if resource.kind() != Kind::Immunization {
            return Ok(());
        }
        let Some(given) = given_here(&self.care, resource) else {
            return Ok(());
        };
        if self.today()? < given.date {
            return Err(stopped(
                "this day has not come yet by the chain's time; a dose is recorded when it was given",
            ));
        }
        let reports = self.reports(subject).await?;
        let mut of_product = reports.iter().rev();
        let newest = of_product.find(|kept| kept.report.question.proposal.vaccine == given.vaccine);
        let Some(newest) = newest else { return Ok(()) };
        if self.is_overridden_for(newest, given.date).await? {
            return Ok(());
        }
        self.ask_again(subject, newest, resource, &given, alongside)
            .await
    }

    /// Whether a doctor said on the chain why this dose is given on this day nevertheless.
    async fn is_overridden_for(&self, kept: &KeptReport, day: Date) -> Result<bool, DeskError> {
        if kept.report.overridden.is_none() || kept.report.question.proposal.date != day {
            return Ok(false);
        }
        let on_chain = self.verdict(kept.commitment).await?;
        if on_chain.is_some_and(|verdict| verdict.override_reason.is_some()) {
            return Ok(true);
        }
        Err(stopped(
            "the doctor's reason is kept, and its signature is not on the chain: sign the call that the feedback gave, submit it to /v1/extrinsics, and send the dose again",
        ))
    }

    async fn ask_again(
        &self,
        subject: Pseudonym,
        kept: &KeptReport,
        resource: &Resource,
        given: &Dose,
        alongside: &Alongside,
    ) -> Result<(), DeskError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(&kept.report.rules.hash, &mut hash).map_err(unavailable)?;
        let rules = rules_of(&self.care, &hash)?;
        let mut question = kept.report.question.on(given.date);
        let own = self.own_records(subject, Category::Immunization).await?;
        bring_up_to_date(
            &mut question,
            &self.care,
            &own,
            (resource, given),
            alongside,
        )?;
        let reply = question.ask(rules);
        if reply.outcome != Outcome::NotMet {
            return Ok(());
        }
        Err(not_met(&reply))
    }
}

/// What is known by now of the doses before the one that is being recorded. What was corrected, entered in error, or is so
/// together with this record counts no longer, even where the question was asked when it still did.
fn bring_up_to_date(
    question: &mut Question,
    care: &Care,
    own: &[OwnRecord],
    (resource, given): (&Resource, &Dose),
    alongside: &Alongside,
) -> Result<(), DeskError> {
    let is_replaced = |own: &OwnRecord| -> Result<bool, DeskError> {
        let is_former = own.is_void || alongside.void.contains(&own.record);
        Ok(is_former || is_version_of(&own.resource()?, resource))
    };
    let (mut former, mut standing) = (Vec::new(), Vec::new());
    for own in own {
        if let Recorded::Given(known) = own.dose_as_written(care)? {
            let is_former = is_replaced(own)? || is_same(&known.dose, given);
            if is_former {
                &mut former
            } else {
                &mut standing
            }
            .push(known.dose);
        }
    }
    standing.extend(alongside.doses.iter().cloned());
    former.iter().for_each(|dose| question.forget(dose));
    standing.into_iter().for_each(|dose| question.add(dose));
    Ok(())
}

/// A dose that this record says was given, where it is a first-hand record of a product of the rules.
pub(super) fn given_here(care: &Care, resource: &Resource) -> Option<Dose> {
    let value = resource.value();
    let product = care.product(&value["vaccineCode"])?;
    let is_given = value["status"] == "completed" && value["primarySource"] != false;
    let date = resource.date().and_then(dose::full).filter(|_| is_given)?;
    Some(Dose::new(&product, date))
}

/// What is recorded of one injection keeps its id when it is corrected: an earlier version is no earlier dose.
fn is_version_of(earlier: &Resource, resource: &Resource) -> bool {
    let id = &resource.value()["id"];
    !id.is_null() && earlier.value()["id"] == *id
}

fn is_same(known: &Dose, given: &Dose) -> bool {
    (&known.vaccine, known.date) == (&given.vaccine, given.date)
}

/// The refusal, with its reason and the permitted days: enough to act on.
fn not_met(reply: &Reply) -> DeskError {
    let (mut why, mut days) = ("対象者の誤認".to_owned(), String::new());
    if let Some(stop) = reply.verdict.stop() {
        why = format!("{} ({})", wording::reason(stop.reason), stop.reason);
        let permitted = reply.verdict.permitted;
        days = shown("earliest", permitted.earliest) + &shown("latest", permitted.latest);
    }
    stopped(format!(
        "the conditions are not met: {why}{days}; ask the schedule check again, or let a doctor say why by its feedback, and send the dose again"
    ))
}

/// A dose that is not taken in, at the element that it hangs on: another day would change the answer.
fn stopped(why: impl Into<String>) -> DeskError {
    DeskError::Refused(Refusal::one(
        IssueCode::BusinessRule,
        "Immunization.occurrenceDateTime",
        why,
    ))
}

fn shown(what: &str, day: Option<Date>) -> String {
    day.map(|day| format!(", {what} {day}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::CareConfig, desk::care::PRODUCT_SYSTEM};
    use musubi_care::{
        check_report::{Gaps, Identity},
        child::{Circumstances, History, Proposal, Standing, Subject},
    };
    use musubi_primitives::{Commitment, MemberId};
    use serde_json::json;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn pcv20(date: &str) -> Resource {
        Resource::from_value(json!({
            "resourceType": "Immunization", "status": "completed", "primarySource": true, "occurrenceDateTime": date,
            "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": "PCV20"}]}, "patient": {"reference": "Patient/a"},
        }))
        .expect("an Immunization")
    }

    fn own(record: u8, resource: &Resource, is_void: bool) -> OwnRecord {
        OwnRecord {
            record: RecordId([record; 32]),
            author: MemberId(4),
            commitment: Commitment([0; 32]),
            standing: Standing::Stored,
            is_void,
            bytes: resource.canonical_bytes().to_vec().into(),
        }
    }

    /// What the check of a dose comes to, asked when these doses were known, beside these records.
    fn held(known: &[&str], own: &[OwnRecord], given: &str, alongside: &Alongside) -> Outcome {
        let care = Care::open(&CareConfig::default()).expect("the built-in rules");
        let doses = known.iter().map(|date| Dose::new("PCV20", day(date)));
        let mut question = Question {
            subject: Subject {
                birth: Some(day("2026-07-03")),
                ..Subject::default()
            },
            history: History::Confirmed(doses.collect()),
            gaps: Gaps::default(),
            circumstances: Circumstances::default(),
            proposal: Proposal::new("PCV20", day(given)),
            bedside: None,
            identity: Identity::default(),
        };
        let dose = Dose::new("PCV20", day(given));
        let resource = pcv20(given);
        bring_up_to_date(&mut question, &care, own, (&resource, &dose), alongside)
            .expect("records that can be read");
        let hash = super::super::care::hash_of(musubi_care::presets::SCHEDULE_2026.as_bytes());
        question
            .ask(care.rules(&hash).expect("the built-in rules"))
            .outcome
    }

    #[test]
    fn a_corrected_date_is_not_held_against_the_record_that_it_replaces() {
        let mistaken = [own(1, &pcv20("2026-10-01"), false)];
        let replaces = Alongside {
            void: vec![RecordId([1; 32])],
            ..Alongside::default()
        };
        let alone = Alongside::default();
        assert_eq!(held(&[], &mistaken, "2026-10-02", &alone), Outcome::NotMet);
        assert_eq!(
            held(&[], &mistaken, "2026-10-02", &replaces),
            Outcome::ConditionsMet
        );
    }

    #[test]
    fn a_dose_that_was_corrected_since_the_check_counts_on_its_right_day_only() {
        let since = [
            own(1, &pcv20("2026-10-20"), true),
            own(2, &pcv20("2026-10-01"), false),
        ];
        let alone = Alongside::default();
        assert_eq!(
            held(&["2026-10-20"], &since, "2026-10-30", &alone),
            Outcome::ConditionsMet
        );
    }

    #[test]
    fn a_dose_of_the_same_bundle_stands_already() {
        let first = Alongside {
            doses: vec![Dose::new("PCV20", day("2026-10-05"))],
            ..Alongside::default()
        };
        assert_eq!(held(&[], &[], "2026-10-09", &first), Outcome::NotMet);
        assert_eq!(
            held(&[], &[], "2026-10-09", &Alongside::default()),
            Outcome::ConditionsMet
        );
    }
}
