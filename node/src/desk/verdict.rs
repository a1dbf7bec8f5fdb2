//! The check before an injection: asked with an order, kept as a sealed report, and on the chain as a verdict.
//!
//! The engine answers what [gathering](super::gathering) puts together. Question and answer are kept so that they can be asked again; the
//! chain gets a salted commitment to them, the version of the rules and the outcome. The physician decides (I7), and says why where the
//! conditions are not met; [recording](super::recording) holds the dose against it afterwards.

use super::{
    cards::{card, card_begins, card_id},
    care::Care,
    chain::{Chain, unavailable},
    dose::{self, Draft, japanese_day},
    gathering::{bedside, circumstances, names, pseudonym_name},
    history::KeptReport,
    intake::Intake,
};
use musubi_care::{
    check_report::{CheckReport, Identity, Outcome, Override, Question, RulesAsked},
    civil::Date,
    rules::RuleSet,
};
use musubi_client_sdk::{calls, sealing::CanonicalRecord};
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
        let (history, gaps, identity) = self.gather(&order).await?;
        let mut cards = Vec::new();
        for value in &order.drafts {
            let Draft { proposal, patient } = dose::draft(&self.care, value, today)?;
            let is_another =
                patient != pseudonym_name(&order.subject) && !names(&order).contains(&patient);
            let question = Question {
                subject: dose::subject(&order.patient, order.circumstances.pregnancy_start),
                history: history.clone(),
                gaps,
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

    pub(super) async fn verdict(
        &self,
        inputs: Commitment,
    ) -> Result<Option<VerdictView>, DeskError> {
        self.chain.read("MusubiApi_verdict", inputs).await
    }

    /// Whom a card is about that this member's check gave.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for what is no card of this member.
    pub async fn subject_of_card(
        &self,
        caller: &Caller,
        card: &str,
    ) -> Result<Pseudonym, DeskError> {
        self.check_judge(caller)?;
        let unknown = || DeskError::NotFound("no such card of this member".to_owned());
        let begin = card_begins(card).ok_or_else(unknown)?;
        let held = self
            .custodian
            .vault(move |vault| vault.held_from(&begin))
            .await?;
        let found = held.into_iter().find(|(record, _)| card_id(record) == card);
        found.map(|(_, subject)| subject).ok_or_else(unknown)
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
    pub(super) fn today(&self) -> Result<Date, DeskError> {
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

/// The rules with this hash.
///
/// # Errors
/// [`DeskError::NotOffered`] where this node has no file with them.
pub(super) fn rules_of<'a>(care: &'a Care, hash: &[u8; 32]) -> Result<&'a RuleSet, DeskError> {
    care.rules(hash).ok_or_else(|| {
        DeskError::NotOffered(format!(
            "this node lacks the rules with hash {}: name their file in care.rules",
            hex::encode(hash)
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
