//! The check before an injection: asked with an order, kept as a sealed report, on the chain as a verdict, and held against the dose
//! that is recorded afterwards.
//!
//! The engine answers; this desk gathers what it is asked (the chart's doses, and those that this member's own vault can open), keeps
//! question and answer so that they can be asked again, and tells the chain a salted commitment, the version of the rules and the
//! outcome. The physician decides (I7): a dose whose conditions are not met is taken in only after a doctor has said why, under the
//! doctor's own signature. Nobody is kept from recording what has happened: `already-given` is a reason too.

use super::{
    cards::{card, card_id},
    care::Care,
    chain::{Chain, unavailable},
    dose::{self, Draft, RecordedDose, japanese_day},
    history::{KeptReport, OwnRecord},
    intake::Intake,
};
use musubi_care::{
    check_report::{CheckReport, Identity, Outcome, Override, Question, RulesAsked},
    child::{Circumstances, Dose, History, Standing},
    civil::Date,
    rules::RuleSet,
    wording,
};
use musubi_client_sdk::{calls, sealing::CanonicalRecord};
use musubi_fhir::{Kind, Resource};
use musubi_node_gateway::{
    Caller, DeskError,
    cds::{
        card::{Card, Countersign},
        request::{Order, Overriding},
    },
};
use musubi_node_vault::STATE_AGE_MAX;
use musubi_primitives::{
    Category, Commitment, Pseudonym, RecordId, Role, VerdictCode,
    record::OverrideReason,
    view::{RuleSetView, SealingKeys, VerdictView},
};

/// A report that is kept here, and what the chain knows it by.
struct Filed {
    record: RecordId,
    inputs: Commitment,
    report: CheckReport,
}

impl Intake {
    /// Checks each draft of an order; every verdict is kept and on the chain before it is told.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn check(&self, caller: &Caller, order: Order) -> Result<Vec<Card>, DeskError> {
        self.check_judge(caller)?;
        self.check_known(order.subject).await?;
        let in_force = self.rules_in_force().await?;
        let rules = rules_of(&self.care, &in_force.hash)?;
        let today = self.today()?;
        let (history, mut identity) = self.gather(&order).await?;
        identity.visit_not_open = self.is_visit_over(&order).await?;
        let mut cards = Vec::new();
        for value in &order.drafts {
            let Draft { proposal, patient } = dose::draft(&self.care, value, today)?;
            let is_another = !dose::names(&order.patient).contains(&patient);
            let question = Question {
                subject: dose::subject(&order.patient),
                history: history.clone(),
                circumstances: circumstances(&order)?,
                proposal,
                bedside: bedside(&order)?,
                identity: Identity {
                    chart_differs: identity.chart_differs || is_another,
                    ..identity
                },
            };
            cards.push(
                self.answer(order.subject, question, rules, in_force)
                    .await?,
            );
        }
        Ok(cards)
    }

    async fn answer(
        &self,
        subject: Pseudonym,
        question: Question,
        rules: &RuleSet,
        in_force: RuleSetView,
    ) -> Result<Card, DeskError> {
        let reply = question.ask(rules);
        let asked = RulesAsked {
            name: rules.name.clone(),
            version: in_force.version,
            hash: hex::encode(in_force.hash),
        };
        let kept = self.reports(subject).await?;
        let report =
            CheckReport::new(next_number(&kept), asked, question, &reply).map_err(unavailable)?;
        let filed = self.file(subject, &kept, report).await?;
        self.tell_chain(subject, &filed).await?;
        Ok(card(&filed.record, &filed.inputs, &filed.report, &reply))
    }

    /// Keeps a report; the newest one that says the same is kept already. A caller who goes away changes nothing.
    async fn file(
        &self,
        subject: Pseudonym,
        kept: &[KeptReport],
        report: CheckReport,
    ) -> Result<Filed, DeskError> {
        if let Some(newest) = kept
            .last()
            .filter(|kept| kept.report.says_the_same(&report))
        {
            return Ok(Filed {
                record: newest.record,
                inputs: newest.commitment,
                report: newest.report.clone(),
            });
        }
        let text = serde_json::to_vec(&report).map_err(unavailable)?;
        let text = CanonicalRecord::from_json(&text).map_err(unavailable)?;
        let record = self.record_id(&subject, text.as_bytes());
        let working = self.at_work.begin(record)?;
        let intake = self.clone();
        let work = tokio::spawn(async move {
            let inputs = intake.keep_report(record, subject, text.as_bytes()).await;
            drop(working);
            inputs
        });
        let inputs = work.await.map_err(unavailable)??;
        Ok(Filed {
            record,
            inputs,
            report,
        })
    }

    async fn keep_report(
        &self,
        record: RecordId,
        subject: Pseudonym,
        bytes: &[u8],
    ) -> Result<Commitment, DeskError> {
        if let Some(view) = self.known(record).await? {
            return Ok(view.commitment);
        }
        let outgoing = match self.staged(record).await? {
            Some(outgoing) => outgoing,
            None => {
                self.seal(record, subject, Category::ScheduleVerdict, bytes)
                    .await?
            }
        };
        let inputs = outgoing.offer.sealed.commitment;
        self.commit(outgoing).await?;
        Ok(inputs)
    }

    /// The verdict as the chain keeps it; asked again, it is there already. A doctor's override waits for the doctor's own signature.
    async fn tell_chain(&self, subject: Pseudonym, filed: &Filed) -> Result<(), DeskError> {
        if filed.report.overridden.is_some() || self.verdict(filed.inputs).await?.is_some() {
            return Ok(());
        }
        let code = code_of(filed.report.outcome);
        let version = filed.report.rules.version;
        let call = calls::records::record_verdict(subject, version, filed.inputs, code, None);
        match self.chain.submit(&self.gateway, call).await {
            Ok(_) => Ok(()),
            Err(DeskError::RefusedByChain(rule)) => match self.verdict(filed.inputs).await? {
                Some(_) => Ok(()),
                None => Err(DeskError::RefusedByChain(rule)),
            },
            Err(error) => Err(error),
        }
    }

    async fn verdict(&self, inputs: Commitment) -> Result<Option<VerdictView>, DeskError> {
        self.chain.read("MusubiApi_verdict", inputs).await
    }

    /// Keeps a doctor's reason to go on, with question and answer; gives what the doctor signs.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn override_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        overriding: Overriding,
    ) -> Result<Countersign, DeskError> {
        let actor = caller.staff()?;
        if actor.member != self.member || actor.role != Role::Doctor {
            return Err(DeskError::Forbidden(
                "only a doctor of this member goes on although the conditions are not met"
                    .to_owned(),
            ));
        }
        let reason = reason_of(&overriding.code)?;
        let kept = self.reports(subject).await?;
        let named = kept
            .iter()
            .find(|kept| card_id(&kept.record) == overriding.card);
        let named = named.ok_or_else(|| {
            DeskError::NotFound("no such card, or not about this subject".to_owned())
        })?;
        let verdict = code_of(named.report.outcome);
        if verdict == VerdictCode::ConditionsMet {
            return Err(DeskError::Unprocessable(
                "the conditions are met: there is nothing to override".to_owned(),
            ));
        }
        let reason_kept = Override {
            code: overriding.code,
            words: overriding.words,
        };
        let report = named.report.overridden(next_number(&kept), reason_kept);
        let filed = self.file(subject, &kept, report).await?;
        Ok(Countersign {
            record: filed.record,
            subject,
            rule_set: filed.report.rules.version,
            inputs: filed.inputs,
            verdict,
            override_reason: reason,
        })
    }

    /// Holds a dose that is being recorded against the newest check of its product: asked again with what is known by now, on the
    /// dose's own day, so that neither another day nor another dose in between makes an old answer serve.
    ///
    /// A dose that nobody had checked here passes: it may come from paper, or from elsewhere.
    ///
    /// # Errors
    /// [`DeskError::Unprocessable`] for a day that has not come, and where conditions are not met and no doctor has said why.
    pub(super) async fn check_dose(
        &self,
        subject: Pseudonym,
        resource: &Resource,
    ) -> Result<(), DeskError> {
        if resource.kind() != Kind::Immunization {
            return Ok(());
        }
        let Some(given) = given_here(&self.care, resource) else {
            return Ok(());
        };
        if self.today()? < given.date {
            return Err(DeskError::Unprocessable(
                "Immunization.occurrenceDateTime: this day has not come yet by the chain's time; a dose is recorded when it was given"
                    .to_owned(),
            ));
        }
        let reports = self.reports(subject).await?;
        let mut of_product = reports.iter().rev();
        let newest = of_product.find(|kept| kept.report.question.proposal.vaccine == given.vaccine);
        let Some(newest) = newest else { return Ok(()) };
        if self.is_overridden_for(newest, given.date).await? {
            return Ok(());
        }
        self.ask_again(subject, newest, given.date).await
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
        Err(DeskError::Unprocessable(
            "the doctor's reason is kept, and its signature is not on the chain: sign the call that the feedback gave, submit it to /v1/extrinsics, and send the dose again"
                .to_owned(),
        ))
    }

    async fn ask_again(
        &self,
        subject: Pseudonym,
        kept: &KeptReport,
        day: Date,
    ) -> Result<(), DeskError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(&kept.report.rules.hash, &mut hash).map_err(unavailable)?;
        let rules = rules_of(&self.care, &hash)?;
        let mut question = kept.report.question.on(day);
        let own = self.own_records(subject, Category::Immunization).await?;
        for dose in doses_of(&self.care, &own)? {
            question.add(dose.dose);
        }
        let reply = question.ask(rules);
        if reply.outcome != Outcome::NotMet {
            return Ok(());
        }
        let (mut why, mut days) = ("対象者の誤認".to_owned(), String::new());
        if let Some(stop) = reply.verdict.stop() {
            why = format!("{} ({})", wording::reason(stop.reason), stop.reason);
            let permitted = reply.verdict.permitted;
            days = shown("earliest", permitted.earliest) + &shown("latest", permitted.latest);
        }
        Err(DeskError::Unprocessable(format!(
            "the conditions are not met: {why}{days}; ask the schedule check again, or let a doctor say why by its feedback, and send the dose again"
        )))
    }

    /// The doses known to the chart and to this member, and whether they are one person's.
    async fn gather(&self, order: &Order) -> Result<(History, Identity), DeskError> {
        let own = self
            .own_records(order.subject, Category::Immunization)
            .await?;
        let void: Vec<RecordId> = own
            .iter()
            .filter(|own| own.is_void)
            .map(|own| own.record)
            .collect();
        let mut known = doses_of(&self.care, &own)?;
        for resource in &order.doses {
            let record = self.record_id(&order.subject, resource.canonical_bytes());
            // What was entered in error here is not brought back by a chart that still has it.
            if void.contains(&record) {
                continue;
            }
            let recorded = dose::recorded(&self.care, resource, Standing::Stored)?;
            known.extend(recorded.filter(|recorded| !is_same_as_one(recorded, &known)));
        }
        let doses = known.into_iter().map(|recorded| recorded.dose).collect();
        let history = if order.circumstances.history_confirmed {
            History::Confirmed(doses)
        } else {
            History::Unconfirmed(doses)
        };
        let identity = Identity {
            chart_differs: self.is_another_chart(order, &own)?,
            visit_not_open: false,
        };
        Ok((history, identity))
    }

    /// Twins share a birthday and a surname; their charts do not share a name: earlier records of this member about the subject, and
    /// every dose of the chart, must be about the Patient that the chart shows.
    fn is_another_chart(&self, order: &Order, own: &[OwnRecord]) -> Result<bool, DeskError> {
        let names = dose::names(&order.patient);
        let is_another = |resource: &Resource| {
            resource
                .subject()
                .is_some_and(|subject| !names.iter().any(|name| name == subject))
        };
        let mut earlier = Vec::new();
        for own in own.iter().filter(|own| own.author == self.member) {
            earlier.push(own.resource()?);
        }
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

    /// The rule set that holds now.
    pub(super) async fn rules_in_force(&self) -> Result<RuleSetView, DeskError> {
        let in_force: Option<RuleSetView> =
            self.chain.read("MusubiApi_rule_set_in_force", ()).await?;
        in_force.ok_or_else(|| {
            DeskError::NotOffered(
                "no rule set is published on this chain: an officer of a municipality publishes one"
                    .to_owned(),
            )
        })
    }

    async fn check_known(&self, subject: Pseudonym) -> Result<(), DeskError> {
        let keys: Option<SealingKeys> = self.chain.read("MusubiApi_sealing_keys", subject).await?;
        keys.map(drop).ok_or_else(|| {
            DeskError::NotFound("no such subject, or not available to this member".to_owned())
        })
    }

    fn check_judge(&self, caller: &Caller) -> Result<(), DeskError> {
        let actor = caller.staff()?;
        if actor.member != self.member {
            return Err(DeskError::Forbidden(
                "a dose is checked by the own node of whoever gives it: ask there".to_owned(),
            ));
        }
        if matches!(actor.role, Role::Doctor | Role::Nurse | Role::Gateway) {
            return Ok(());
        }
        Err(DeskError::Forbidden(format!(
            "the role {:?} does not give doses",
            actor.role
        )))
    }

    /// The civil date in Japan by the newest finalised block, not by this machine's clock: a clock that was set to another day passes
    /// no interval.
    fn today(&self) -> Result<Date, DeskError> {
        let at = block_time(&self.chain)?.saturating_add(STATE_AGE_MAX);
        japanese_day(at).ok_or_else(|| unavailable("the chain's time is no date"))
    }
}

fn block_time(chain: &Chain) -> Result<u64, DeskError> {
    let tip = chain.tip().map_err(unavailable)?;
    let executor = chain.pipeline().executor();
    let header = executor.header(&tip.hash).map_err(unavailable)?;
    executor.time_of(&header).map_err(unavailable)
}

fn rules_of<'a>(care: &'a Care, hash: &[u8; 32]) -> Result<&'a RuleSet, DeskError> {
    care.rules(hash).ok_or_else(|| {
        DeskError::NotOffered(format!(
            "this node lacks the rules with hash {}: name their file in care.rules",
            hex::encode(hash)
        ))
    })
}

fn doses_of(care: &Care, own: &[OwnRecord]) -> Result<Vec<RecordedDose>, DeskError> {
    let doses = own.iter().map(|own| own.dose(care));
    doses.filter_map(Result::transpose).collect()
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

/// A dose that this record says was given, where it is a first-hand record of a product of the rules.
fn given_here(care: &Care, resource: &Resource) -> Option<Dose> {
    let value = resource.value();
    let product = care.product(&value["vaccineCode"])?;
    let is_given = value["status"] == "completed" && value["primarySource"] != false;
    let date = resource.date().and_then(dose::full).filter(|_| is_given)?;
    Some(Dose::new(&product, date))
}

fn circumstances(order: &Order) -> Result<Circumstances, DeskError> {
    let said = &order.circumstances;
    Ok(Circumstances {
        conditions: said.conditions.clone(),
        short_interval_needed: said.short_interval_needed,
        measures: said.measures.clone(),
        recovery: engine_form("recovery", said.recovery.as_ref())?,
    })
}

fn bedside(order: &Order) -> Result<Option<musubi_care::bedside::Bedside>, DeskError> {
    engine_form("bedside", order.circumstances.bedside.as_ref())
}

fn engine_form<T: serde::de::DeserializeOwned>(
    field: &str,
    value: Option<&serde_json::Value>,
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

fn next_number(kept: &[KeptReport]) -> u32 {
    kept.last()
        .map_or(0, |newest| newest.report.number.saturating_add(1))
}

fn code_of(outcome: Outcome) -> VerdictCode {
    match outcome {
        Outcome::ConditionsMet => VerdictCode::ConditionsMet,
        Outcome::NotMet => VerdictCode::ConditionsNotMet,
        Outcome::NeedsPerson => VerdictCode::NeedsPerson,
    }
}

fn reason_of(code: &str) -> Result<OverrideReason, DeskError> {
    serde_json::from_value(serde_json::Value::from(code)).map_err(|_| {
        let known: Vec<String> = OverrideReason::ALL.iter().map(super::cards::code).collect();
        DeskError::Unprocessable(format!(
            "overrideReason.reason.code: expected one of {}",
            known.join(", ")
        ))
    })
}

fn shown(what: &str, day: Option<Date>) -> String {
    day.map(|day| format!(", {what} {day}")).unwrap_or_default()
}
