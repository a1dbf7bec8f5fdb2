//! Acceptance cases (`vaccine-cases/1`): history, proposed dose and day with the expected decision, compared with the engine's answer.
//!
//! The format is that of the shared case file; a file's history is by its own schema the whole of the doses given, and a
//! circumstance named in a case has been decided by whoever decides it.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::child::{Circumstances, Dose, History, Proposal, Recovery, Sex, Subject};
use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::rules::{Route, RuleSet};
use crate::schedule::check;
use crate::verdict::{Answer, Verdict};

/// The format this module reads.
pub const FORMAT: &str = "vaccine-cases/1";

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
pub struct CaseFile {
    format: String,
    /// The cases, in file order.
    pub cases: Vec<Case>,
}

/// Why a text is not a case file.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// Not JSON of this shape.
    #[error("read case file")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read case file: format is {found:?}, expected {FORMAT:?}")]
    Format {
        /// The format named in the file.
        found: String,
    },
}

/// One case.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// For instance `VO-001`.
    pub id: String,
    /// What it is about.
    #[serde(default)]
    pub title: String,
    subject: CaseSubject,
    #[serde(default, deserialize_with = "null_as_default")]
    history: Vec<CaseDose>,
    proposed: CaseProposal,
    #[serde(default, deserialize_with = "null_as_default")]
    context: CaseContext,
    /// What the rules demand.
    pub expected: Expectation,
}

/// The expected answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Expectation {
    /// Decision.
    pub decision: Decision,
    /// Reason code; `OK` when permitted.
    pub reason: String,
    /// Label in the series.
    #[serde(default)]
    pub dose: Option<String>,
    /// Remarks, in any order; none given means none expected.
    #[serde(default, deserialize_with = "null_as_default")]
    pub advisories: Vec<String>,
    /// First day on which the deciding rule is satisfied.
    #[serde(default)]
    pub earliest_date: Option<Date>,
}

/// The three answers in the case file's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Conditions met.
    Allowed,
    /// Conditions not met.
    NotAllowed,
    /// A person must decide.
    NeedsReview,
}

impl fmt::Display for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

/// A case's answer beside its expectation.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The case.
    pub case: &'a Case,
    /// The engine's verdict.
    pub verdict: Verdict,
    /// What differs; empty when they agree.
    pub differences: Vec<Difference>,
}

/// One field on which answer and expectation differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field's name in the case file.
    pub field: &'static str,
    /// What the case expects.
    pub expected: String,
    /// What the engine answers.
    pub answered: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: expected {}, answered {}",
            self.field, self.expected, self.answered
        )
    }
}

impl CaseFile {
    /// Reads a case file.
    ///
    /// # Errors
    /// When the text has another shape or format, or a date, volume or route in it does not exist.
    pub fn parse(text: &str) -> Result<Self, CaseFileError> {
        let file: Self = serde_json::from_str(text)?;
        if file.format == FORMAT {
            Ok(file)
        } else {
            Err(CaseFileError::Format { found: file.format })
        }
    }

    /// Answers every case and compares.
    pub fn compare<'a>(&'a self, rules: &RuleSet) -> Vec<Comparison<'a>> {
        self.cases.iter().map(|case| case.compare(rules)).collect()
    }
}

impl Case {
    /// The engine's verdict on this case.
    pub fn check(&self, rules: &RuleSet) -> Verdict {
        check(
            rules,
            &self.subject.subject(),
            &self.whole_history(),
            &self.context.circumstances(),
            &self.proposed.proposal(),
        )
    }

    /// The verdict beside the expectation.
    pub fn compare(&self, rules: &RuleSet) -> Comparison<'_> {
        let verdict = self.check(rules);
        let differences = self.expected.differences(&verdict);
        Comparison {
            case: self,
            verdict,
            differences,
        }
    }

    fn whole_history(&self) -> History {
        History::Confirmed(
            self.history
                .iter()
                .map(|dose| Dose::new(&dose.vaccine, dose.date))
                .collect(),
        )
    }
}

impl Comparison<'_> {
    /// Whether answer and expectation agree in every field.
    pub fn agrees(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Expectation {
    /// The fields in which `verdict` differs from what is expected.
    pub fn differences(&self, verdict: &Verdict) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut hold = |field, expected: String, answered: String| {
            if expected != answered {
                differences.push(Difference {
                    field,
                    expected,
                    answered,
                });
            }
        };
        hold(
            "decision",
            self.decision.to_string(),
            decision(verdict).to_string(),
        );
        hold(
            "reason",
            self.reason.clone(),
            verdict
                .stop()
                .map_or_else(|| "OK".to_owned(), |stop| stop.reason.to_string()),
        );
        if let Some(dose) = &self.dose {
            hold("dose", dose.clone(), answered_dose(verdict, dose));
        }
        hold(
            "advisories",
            sorted(&self.advisories),
            sorted(
                verdict
                    .placement()
                    .map_or(&[], |placement| &placement.advisories),
            ),
        );
        if let Some(earliest) = self.earliest_date {
            hold(
                "earliest_date",
                earliest.to_string(),
                shown(answered_earliest(verdict)),
            );
        }
        differences
    }
}

/// The decision in the case file's words.
pub fn decision(verdict: &Verdict) -> Decision {
    match verdict.answer {
        Answer::ConditionsMet(_) => Decision::Allowed,
        Answer::NotMet(_) => Decision::NotAllowed,
        Answer::NeedsPerson(_) => Decision::NeedsReview,
    }
}

/// The label of the answer; the expected one where the rules know it as another name of the same dose.
fn answered_dose(verdict: &Verdict, expected: &str) -> String {
    match verdict.placement() {
        Some(placement) if placement.also_called.iter().any(|label| label == expected) => {
            expected.to_owned()
        }
        Some(placement) => placement.dose.clone(),
        None => shown::<&str>(None),
    }
}

fn answered_earliest(verdict: &Verdict) -> Option<Date> {
    verdict
        .stop()
        .and_then(|stop| stop.satisfied_from)
        .or(verdict.permitted.earliest)
}

fn sorted(codes: &[String]) -> String {
    let mut codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    codes.sort_unstable();
    format!("[{}]", codes.join(", "))
}

fn shown<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct CaseSubject {
    #[serde(default)]
    birth_date: Option<Date>,
    #[serde(default)]
    sex: Option<Sex>,
    #[serde(default)]
    pregnancy_0w0d: Option<Date>,
}

impl CaseSubject {
    fn subject(self) -> Subject {
        Subject {
            birth: self.birth_date,
            sex: self.sex,
            pregnancy_start: self.pregnancy_0w0d,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct CaseDose {
    vaccine: String,
    date: Date,
}

#[derive(Clone, Debug, Deserialize)]
struct CaseProposal {
    vaccine: String,
    date: Date,
    #[serde(default)]
    volume_ml: Option<Thousandths>,
    #[serde(default)]
    route: Option<Route>,
    #[serde(default)]
    lot_expiry: Option<Date>,
}

impl CaseProposal {
    fn proposal(&self) -> Proposal {
        Proposal {
            vaccine: self.vaccine.clone(),
            date: self.date,
            volume: self.volume_ml,
            route: self.route,
            lot_expiry: self.lot_expiry,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CaseContext {
    #[serde(deserialize_with = "null_as_default")]
    conditions: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    physician_judged_need_short_interval: bool,
    #[serde(deserialize_with = "null_as_default")]
    special_measures: Vec<String>,
    long_term_illness_recovered: Option<Date>,
}

impl CaseContext {
    fn circumstances(&self) -> Circumstances {
        Circumstances {
            conditions: self.conditions.clone(),
            short_interval_needed: self.physician_judged_need_short_interval,
            measures: self.special_measures.clone(),
            recovery: self
                .long_term_illness_recovered
                .map(|on| Recovery { on, accepted: true }),
        }
    }
}

/// Writers of case files say "nothing" by leaving a field out or by null.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
