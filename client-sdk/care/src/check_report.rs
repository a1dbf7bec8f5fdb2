//! A check before an injection as it is kept: everything that was asked, and what was answered, so that anybody who may read it can
//! ask the same rules again and must get the same answer.
//!
//! The report is sealed like a record; the chain has a salted commitment to it, the version of the rules and the outcome.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bedside::{Bedside, Finding, Incident, Weight, inspect};
use crate::child::{Circumstances, Dose, History, Proposal, Subject};
use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::{RuleSet, RuleSetId};
use crate::schedule::check;
use crate::verdict::{Answer, Stop, Verdict};

/// The format this module reads and writes.
pub const FORMAT: &str = "musubi/check-report/1";

/// The rules that were asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesAsked {
    /// Id and edition, as the rules call themselves.
    pub name: RuleSetId,
    /// Their version on the chain.
    pub version: u32,
    /// SHA-256 of their text, hexadecimal.
    pub hash: String,
}

/// Everything that the answer depends on, beside the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The person.
    pub subject: Subject,
    /// Doses known.
    pub history: History,
    /// What is known to be missing among them. A report from before there was such a field says nothing of it.
    #[serde(default, skip_serializing_if = "Gaps::are_none")]
    pub gaps: Gaps,
    /// Circumstances of the day.
    pub circumstances: Circumstances,
    /// The dose that is about to be given.
    pub proposal: Proposal,
    /// Person, paper and vial, where they were looked at.
    pub bedside: Option<Bedside>,
    /// Whether chart and visit are this person's.
    pub identity: Identity,
}

/// What keeps a history from being whole, whatever a chart says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// A dose is on record whose day is not known, so that no interval can be counted from it.
    pub undated: bool,
    /// Others have recorded doses that could not be read.
    pub elsewhere: bool,
}

/// What contradicts that the chart, the order and the visit are one person's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Order, chart and earlier records name different patients: perhaps a sibling's card or chart.
    pub chart_differs: bool,
    /// The visit named is over, another person's, or its consent was withdrawn.
    pub visit_not_open: bool,
}

/// The outcome, in the chain's three words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every written condition holds.
    ConditionsMet,
    /// At least one does not.
    NotMet,
    /// A person has to look.
    NeedsPerson,
}

/// Why a physician goes on although the conditions are not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The chain's code for it.
    pub code: String,
    /// In the physician's own words.
    pub words: String,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Of the schedule check.
    pub verdict: Verdict,
    /// Of schedule check and bedside together.
    pub findings: Vec<Finding>,
    /// What it comes to.
    pub outcome: Outcome,
}

/// A check as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    format: String,
    /// Its place among the reports about the person at this member, from zero.
    pub number: u32,
    /// The rules.
    pub rules: RulesAsked,
    /// What was asked.
    pub question: Question,
    /// What was answered: [`Verdict`] as JSON.
    pub verdict: Value,
    /// What it came to.
    pub outcome: Outcome,
    /// Set where a physician goes on nevertheless.
    #[serde(rename = "override")]
    pub overridden: Option<Override>,
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not JSON of this shape.
    #[error("read check report")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read check report: format is {found:?}, expected {FORMAT:?}")]
    Format {
        /// The format named in it.
        found: String,
    },
}

impl Question {
    /// Asks the rules. A pure function: the same rules and question always give the same reply.
    pub fn ask(&self, rules: &RuleSet) -> Reply {
        let mut verdict = check(
            rules,
            &self.subject,
            &self.history,
            &self.circumstances,
            &self.proposal,
        );
        let programme = rules.programme_of(&self.proposal.vaccine);
        let rule = programme.map_or(&self.proposal.vaccine, |programme| &programme.rule);
        for reason in self.gaps.reasons() {
            verdict.doubt(Stop {
                reason,
                rule: rule.clone(),
                satisfied_from: None,
            });
        }
        let mut findings = match &self.bedside {
            Some(bedside) => inspect(&rules.bedside, bedside, &verdict),
            None => Vec::new(),
        };
        findings.extend(self.identity.findings(&rules.bedside.identity));
        let outcome = outcome(&verdict, &findings);
        Reply {
            verdict,
            findings,
            outcome,
        }
    }

    /// Takes in a dose that has become known since; one that is known already, by product and day, changes nothing.
    pub fn add(&mut self, dose: Dose) {
        let (History::Confirmed(doses) | History::Unconfirmed(doses)) = &mut self.history;
        let is_known = |known: &Dose| (&known.vaccine, known.date) == (&dose.vaccine, dose.date);
        if !doses.iter().any(is_known) {
            doses.push(dose);
        }
    }

    /// Leaves out a dose that is no dose of its own, by product and day.
    pub fn forget(&mut self, dose: &Dose) {
        let (History::Confirmed(doses) | History::Unconfirmed(doses)) = &mut self.history;
        doses.retain(|known| (&known.vaccine, known.date) != (&dose.vaccine, dose.date));
    }

    /// The same question for another day.
    #[must_use]
    pub fn on(&self, day: Date) -> Self {
        let mut question = self.clone();
        question.proposal.date = day;
        question
    }
}

impl Gaps {
    /// Whether nothing is known to be missing.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    fn reasons(self) -> impl Iterator<Item = Reason> {
        let found = [
            (self.elsewhere, Reason::HistoryIncomplete),
            (self.undated, Reason::HistoryUndated),
        ];
        let found = found.into_iter().filter(|(is_found, _)| *is_found);
        found.map(|(_, reason)| reason)
    }
}

impl Identity {
    /// Another's chart stops; a visit that is not open calls for a person, for the family may have withdrawn while it waited.
    fn findings(self, rule: &str) -> impl Iterator<Item = Finding> {
        let found = [
            (self.chart_differs, Weight::Stop),
            (self.visit_not_open, Weight::Warn),
        ];
        let rule = rule.to_owned();
        let found = found.into_iter().filter(|(is_found, _)| *is_found);
        found.map(move |(_, weight)| Finding {
            incident: Incident::WrongPerson,
            weight,
            rule: rule.clone(),
        })
    }
}

/// A stop at the bed stops, whatever the schedule says; a warning calls for a person.
fn outcome(verdict: &Verdict, findings: &[Finding]) -> Outcome {
    let has = |weight| findings.iter().any(|finding| finding.weight == weight);
    match verdict.answer {
        Answer::NotMet(_) => Outcome::NotMet,
        Answer::NeedsPerson(_) | Answer::ConditionsMet(_) if has(Weight::Stop) => Outcome::NotMet,
        Answer::NeedsPerson(_) => Outcome::NeedsPerson,
        Answer::ConditionsMet(_) if has(Weight::Warn) => Outcome::NeedsPerson,
        Answer::ConditionsMet(_) => Outcome::ConditionsMet,
    }
}

impl CheckReport {
    /// A report of a reply.
    ///
    /// # Errors
    /// When the verdict cannot be written as JSON, which it always can.
    pub fn new(
        number: u32,
        rules: RulesAsked,
        question: Question,
        reply: &Reply,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            format: FORMAT.to_owned(),
            number,
            rules,
            question,
            verdict: serde_json::to_value(&reply.verdict)?,
            outcome: reply.outcome,
            overridden: None,
        })
    }

    /// Reads a report.
    ///
    /// # Errors
    /// When the bytes have another shape or format.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_slice(bytes)?;
        if report.format == FORMAT {
            Ok(report)
        } else {
            Err(ReportError::Format {
                found: report.format,
            })
        }
    }

    /// The same check, with a physician's reason to go on, as the next report.
    #[must_use]
    pub fn overridden(&self, number: u32, reason: Override) -> Self {
        Self {
            number,
            overridden: Some(reason),
            ..self.clone()
        }
    }

    /// Whether these rules, asked the same question, answer as the report says.
    pub fn reproduces(&self, rules: &RuleSet) -> bool {
        let reply = self.question.ask(rules);
        let verdict = serde_json::to_value(&reply.verdict);
        rules.name == self.rules.name
            && reply.outcome == self.outcome
            && verdict.is_ok_and(|verdict| verdict == self.verdict)
    }

    /// Whether `other` was asked and answered the same.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.rules, &self.question, &self.verdict, &self.overridden)
            == (
                &other.rules,
                &other.question,
                &other.verdict,
                &other.overridden,
            )
    }
}
