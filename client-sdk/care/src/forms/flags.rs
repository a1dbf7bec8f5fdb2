//! Flags: answers that a physician should look at, each by a rule with its source. No flag is no statement that a dose is harmless.

use crate::rules::{Confidence, Source};
use musubi_fhir::form::{Checked, Condition, Form};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format this module reads.
pub const FORMAT: &str = "musubi/flags/1";

/// What is said beside the flags, whether there are any or none.
pub const REMINDER: &str = "答えだけで接種の可否は決まらない。医師が判断する。";

/// Which edition of the flag rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagSetId {
    /// Which rules.
    pub id: String,
    /// Which edition of them.
    pub version: String,
}

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagRule {
    /// Rule id, for instance `F-FEVER`.
    pub rule: String,
    /// Last parts of the addresses of the forms it reads.
    pub forms: Vec<String>,
    when: Vec<Value>,
    #[serde(skip)]
    conditions: Vec<Condition>,
    /// What is said, by language.
    pub text: BTreeMap<String, String>,
    /// The condition code that the schedule check knows it by, once the physician has confirmed it.
    #[serde(default)]
    pub condition: Option<String>,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// All rules of one edition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagSet {
    format: String,
    /// Id and version.
    #[serde(rename = "flag_set")]
    pub name: FlagSetId,
    /// By id.
    pub sources: BTreeMap<String, Source>,
    /// In the order of the file.
    pub flags: Vec<FlagRule>,
}

/// Why a text is no flag set.
#[derive(Debug, thiserror::Error)]
pub enum FlagSetError {
    /// Not JSON of this shape.
    #[error("read flag rules")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read flag rules: format is {0:?}, expected {FORMAT:?}")]
    Format(String),
    /// A rule that cannot be trusted.
    #[error("read flag rules: {rule}: {what}")]
    Rule {
        /// Which.
        rule: String,
        /// What is wrong with it.
        what: String,
    },
}

/// One flag raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// By which rule.
    pub rule: String,
    /// The question whose answer raised it.
    pub question: String,
    /// What is said, by language.
    pub text: BTreeMap<String, String>,
    /// The condition code, once confirmed by the physician.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Ids of sources.
    pub sources: Vec<String>,
}

impl FlagSet {
    /// Reads flag rules.
    ///
    /// # Errors
    /// When the text has another shape, a condition is none, a text or source is missing, or a rule id stands twice.
    pub fn parse(text: &str) -> Result<Self, FlagSetError> {
        let mut set: Self = serde_json::from_str(text)?;
        if set.format != FORMAT {
            return Err(FlagSetError::Format(set.format));
        }
        let mut seen = Vec::new();
        for rule in &mut set.flags {
            rule.settle(&set.sources)
                .map_err(|what| rule.complaint(what))?;
            if seen.contains(&rule.rule) {
                return Err(rule.complaint("stands twice".to_owned()));
            }
            seen.push(rule.rule.clone());
        }
        Ok(set)
    }

    /// The rules that read this form.
    pub fn rules_for<'a>(&'a self, form: &'a Form) -> impl Iterator<Item = &'a FlagRule> {
        self.flags.iter().filter(|rule| rule.reads(form))
    }

    /// The flags that these answers raise, in the order of the rules.
    pub fn raised(&self, form: &Form, answers: &Checked) -> Vec<Flag> {
        self.rules_for(form)
            .filter(|rule| rule.holds(form, answers))
            .map(FlagRule::flag)
            .collect()
    }
}

impl FlagRule {
    /// Its conditions.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    fn settle(&mut self, sources: &BTreeMap<String, Source>) -> Result<(), String> {
        for when in &self.when {
            let condition = Condition::from_value(when).map_err(|refusal| refusal.to_string())?;
            self.conditions.push(condition);
        }
        if self.conditions.is_empty() || self.forms.is_empty() {
            return Err("no condition or no form".to_owned());
        }
        if let Some(language) = ["ja", "ja-x-easy", "en"]
            .iter()
            .find(|language| !self.text.contains_key(**language))
        {
            return Err(format!("no text in {language}"));
        }
        let is_unknown = |source: &&String| !sources.contains_key(*source);
        match self.sources.iter().find(is_unknown) {
            Some(source) => Err(format!("unknown source {source}")),
            None if self.sources.is_empty() => Err("no source".to_owned()),
            None => Ok(()),
        }
    }

    fn complaint(&self, what: String) -> FlagSetError {
        FlagSetError::Rule {
            rule: self.rule.clone(),
            what,
        }
    }

    fn reads(&self, form: &Form) -> bool {
        let name = form.url.rsplit('/').next();
        self.forms.iter().any(|one| Some(one.as_str()) == name)
    }

    fn holds(&self, form: &Form, answers: &Checked) -> bool {
        self.conditions
            .iter()
            .all(|condition| answers.meets(form, condition))
    }

    fn flag(&self) -> Flag {
        let question = self.conditions.first().map(|first| first.question.clone());
        Flag {
            rule: self.rule.clone(),
            question: question.unwrap_or_default(),
            text: self.text.clone(),
            condition: self.condition.clone(),
            sources: self.sources.clone(),
        }
    }
}
