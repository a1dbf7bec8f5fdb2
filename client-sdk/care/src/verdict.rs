//! The three answers of the schedule check. None of them says that a dose is harmless: only that the written conditions hold.

use serde::Serialize;

use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::RuleSetId;

/// One rule that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Reason code.
    pub reason: Reason,
    /// Rule id.
    pub rule: String,
    /// First day on which this rule alone no longer stands in the way, if such a day comes.
    pub satisfied_from: Option<Date>,
}

/// A dose whose written conditions hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Its label in the series.
    pub dose: String,
    /// Other labels for the same dose.
    #[serde(skip)]
    pub also_called: Vec<String>,
    /// Its number among the doses of the period, from one.
    pub number: usize,
    /// Doses the series can have from this starting age.
    pub of: usize,
    /// Remarks for physician and guardian.
    pub advisories: Vec<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer", content = "of")]
pub enum Answer {
    /// 期間・間隔・回数の条件を満たす.
    ConditionsMet(Placement),
    /// 条件を満たさない.
    NotMet(Stop),
    /// 医師・町の確認が必要.
    NeedsPerson(Stop),
}

/// Days on which the written rules about age, interval and number permit a dose of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PermittedDays {
    /// The first such day on or after the proposed one.
    pub earliest: Option<Date>,
    /// The last day of the period that holds `earliest`, and of those that follow upon it without a gap; of the last period when no such day
    /// comes.
    pub latest: Option<Date>,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The rules it was found by.
    pub rules: RuleSetId,
    /// Product proposed.
    pub vaccine: String,
    /// Day proposed.
    pub date: Date,
    /// The answer: by the first reason in order of precedence.
    #[serde(flatten)]
    pub answer: Answer,
    /// Further reasons, in order of precedence.
    pub also: Vec<Stop>,
    /// When it may be given.
    pub permitted: PermittedDays,
}

impl Verdict {
    /// The dose, when the conditions are met.
    pub fn placement(&self) -> Option<&Placement> {
        match &self.answer {
            Answer::ConditionsMet(placement) => Some(placement),
            Answer::NotMet(_) | Answer::NeedsPerson(_) => None,
        }
    }

    /// Adds a doubt of whoever asked, after all that the rules found: it turns "conditions met" into "needs a person", and overrides
    /// no stop.
    pub(crate) fn doubt(&mut self, doubt: Stop) {
        match self.answer {
            Answer::ConditionsMet(_) => self.answer = Answer::NeedsPerson(doubt),
            Answer::NotMet(_) | Answer::NeedsPerson(_) => self.also.push(doubt),
        }
    }

    /// The deciding reason, when the conditions are not met or a person is needed.
    pub fn stop(&self) -> Option<&Stop> {
        match &self.answer {
            Answer::ConditionsMet(_) => None,
            Answer::NotMet(stop) | Answer::NeedsPerson(stop) => Some(stop),
        }
    }
}

impl Answer {
    /// The sentence for people.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::ConditionsMet(_) => "期間・間隔・回数の条件を満たす",
            Self::NotMet(_) => "期間・間隔・回数の条件を満たさない",
            Self::NeedsPerson(_) => "医師・町の確認が必要",
        }
    }
}
