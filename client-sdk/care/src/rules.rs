//! A dated rule set: what the schedule data file says, parsed once and checked, so that the engine can trust it.
//!
//! The file is the project's own format (`musubi/schedule/1`). It is identified by id and version; whoever publishes or
//! stores it computes its hash over the file's bytes.

mod condition;
mod measure;
mod programme;
mod vaccine;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::age::MonthEnd;
use crate::civil::Date;

pub(crate) use condition::Meaning;
pub use condition::{Condition, ConditionBook, Effect};
pub use measure::{Attachment, DoseBetween, LongIllness, Measure};
pub use programme::{
    Advisory, Births, Bound, Counting, DoseRule, Forecasting, IllnessCap, Period, Programme, Since,
    Spacing, Standard, Switch, SwitchRank, Track, Unneeded,
};
pub use vaccine::{AgeVolume, Kind, ProgrammeTime, Route, Vaccine};

/// The format this crate reads.
pub const FORMAT: &str = "musubi/schedule/1";

/// How well a rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Two or more independent public sources agree, one of them official or quoting the national text.
    High,
    /// One good source, or sources that differ in detail.
    Medium,
    /// Recalled; no source read.
    Memory,
}

/// Where a rule comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is, in its own language.
    pub what: String,
    /// Its address.
    pub url: String,
    /// Law text, ministry notice, municipality, secondary page …
    pub kind: String,
}

/// A convention of age or interval arithmetic, as text; [`crate::age`] implements it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convention {
    /// For instance `C-AGE-MONTH`.
    pub id: String,
    /// The rule in Japanese.
    pub text: String,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
    /// What sources disagree on, and the side taken.
    #[serde(default)]
    pub conflict: Option<String>,
}

/// The rule between two different injected live vaccines on different days.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveInterval {
    /// `X-LIVE27`.
    pub rule: String,
    /// Full days between.
    pub days: u16,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// Ids under which the bedside rules are reported.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BedsideRules {
    /// Lot expiry.
    pub expiry: String,
    /// Volume.
    pub volume: String,
    /// Route.
    pub route: String,
    /// Person and ticket agree.
    pub identity: String,
    /// Both signatures are there.
    pub consent: String,
    /// The municipality of registration on the day.
    pub residence: String,
    /// Single-use needle and syringe.
    pub device: String,
    /// Storage of the lot.
    pub storage: String,
    /// One product through the series.
    pub same_product: String,
}

/// Name of a rule set; a verdict carries it, so that an old verdict can be reproduced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSetId {
    /// Which rules.
    pub id: String,
    /// Which edition of them.
    pub version: String,
}

/// All rules of one edition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    format: String,
    /// Id and version.
    #[serde(rename = "rule_set")]
    pub name: RuleSetId,
    /// The day the rules describe.
    pub as_of: Date,
    /// First injection day these rules may judge; an earlier one needs a person.
    pub effective_from: Date,
    /// What the authors say of its standing.
    pub status: String,
    /// How intervals of months end in short months.
    pub interval_month_end: MonthEnd,
    /// By id.
    pub sources: BTreeMap<String, Source>,
    /// The arithmetic, as text.
    pub conventions: Vec<Convention>,
    /// Between different injected live vaccines.
    pub live_interval: LiveInterval,
    /// Ids of the bedside rules.
    pub bedside: BedsideRules,
    /// Every product the engine knows by code, voluntary ones included.
    pub vaccines: Vec<Vaccine>,
    /// Series by disease group.
    pub programmes: Vec<Programme>,
    /// Dated special measures.
    pub measures: Vec<Measure>,
    /// The measure after long illness.
    pub long_illness: LongIllness,
    /// Conditions of the subject and what they mean.
    pub conditions: ConditionBook,
}

/// Why a text is not a rule set.
#[derive(Debug, thiserror::Error)]
pub enum RuleSetError {
    /// Not JSON of this shape.
    #[error("read schedule rules")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read schedule rules: format is {found:?}, expected {FORMAT:?}")]
    Format {
        /// The format named in the file.
        found: String,
    },
    /// A name that nothing in the file defines, or that two things define.
    #[error("read schedule rules: {what} {name:?} in {within}")]
    Name {
        /// What is wrong with it.
        what: &'static str,
        /// The name.
        name: String,
        /// The rule that uses it.
        within: String,
    },
}

impl RuleSet {
    /// Reads and checks a rule file.
    ///
    /// # Errors
    /// When the text has another shape or format, or uses a name it does not define.
    pub fn parse(text: &str) -> Result<Self, RuleSetError> {
        let rules: Self = serde_json::from_str(text)?;
        if rules.format != FORMAT {
            return Err(RuleSetError::Format {
                found: rules.format,
            });
        }
        rules.check_codes()?;
        rules.check_sources()?;
        Ok(rules)
    }

    /// The product with this code.
    pub fn vaccine(&self, code: &str) -> Option<&Vaccine> {
        self.vaccines.iter().find(|vaccine| vaccine.code == code)
    }

    /// The programme that gives this product.
    pub fn programme_of(&self, code: &str) -> Option<&Programme> {
        self.programmes
            .iter()
            .find(|programme| programme.gives(code))
    }

    fn check_codes(&self) -> Result<(), RuleSetError> {
        for (at, vaccine) in self.vaccines.iter().enumerate() {
            if self
                .vaccines
                .iter()
                .skip(at + 1)
                .any(|later| later.code == vaccine.code)
            {
                return Err(name_error(
                    "two vaccines with code",
                    &vaccine.code,
                    "vaccines",
                ));
            }
        }
        for programme in &self.programmes {
            for code in programme.codes() {
                if self.vaccine(code).is_none() {
                    return Err(name_error("unknown vaccine", code, &programme.rule));
                }
            }
        }
        self.check_measures()
    }

    fn check_measures(&self) -> Result<(), RuleSetError> {
        for measure in &self.measures {
            let programme = self
                .programmes
                .iter()
                .find(|programme| programme.rule == measure.programme);
            let period = programme.and_then(|programme| {
                programme
                    .periods
                    .iter()
                    .find(|period| period.name == measure.period)
            });
            if period.is_none() {
                return Err(name_error("unknown period", &measure.period, &measure.rule));
            }
        }
        Ok(())
    }

    fn check_sources(&self) -> Result<(), RuleSetError> {
        let conventions = self
            .conventions
            .iter()
            .map(|rule| (&rule.id, &rule.sources));
        let programmes = self
            .programmes
            .iter()
            .map(|rule| (&rule.rule, &rule.sources));
        let measures = self.measures.iter().map(|rule| (&rule.rule, &rule.sources));
        let conditions = self
            .conditions
            .entries
            .iter()
            .map(|rule| (&rule.rule, &rule.sources));
        for (rule, sources) in conventions
            .chain(programmes)
            .chain(measures)
            .chain(conditions)
        {
            for source in sources {
                if source != "memory" && !self.sources.contains_key(source) {
                    return Err(name_error("unknown source", source, rule));
                }
            }
        }
        Ok(())
    }
}

fn name_error(what: &'static str, name: &str, within: &str) -> RuleSetError {
    RuleSetError::Name {
        what,
        name: name.to_owned(),
        within: within.to_owned(),
    }
}
