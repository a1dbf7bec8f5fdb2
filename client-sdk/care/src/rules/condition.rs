//! Conditions of the subject: contraindications, exclusions and precautions, and how their codes are read.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reason::Reason;
use crate::rules::{Confidence, Vaccine};

/// What a condition does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The dose must not be given (不適当者), for this reason.
    Stops(Reason),
    /// The physician weighs it (要注意者).
    Precaution,
}

/// One condition of the rule set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Rule id, for instance `CI-ROTA`.
    pub rule: String,
    /// In Japanese.
    pub text: String,
    /// Products it concerns; empty means all.
    #[serde(default)]
    pub vaccines: Vec<String>,
    /// Words of a code: the condition is meant when all words of one of these lists occur in it.
    pub words: Vec<Vec<String>>,
    /// What it does.
    pub effect: Effect,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// All conditions, in the order in which a code is held against them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionBook {
    /// First match wins.
    pub entries: Vec<Condition>,
    /// CI-PRIOR: words that say the subject has or had a disease.
    pub prior_words: Vec<String>,
    /// CI-PRIOR: rule id.
    pub prior_rule: String,
    /// Words for each disease, by the disease names that vaccines use.
    pub diseases: BTreeMap<String, Vec<Vec<String>>>,
}

/// What a condition code means for one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'a> {
    /// An entry of the book that concerns the product.
    Entry(&'a str, Effect),
    /// The subject has or had this disease.
    PriorDisease(&'a str),
    /// Known, but not about this product.
    Elsewhere,
    /// Nothing in the book.
    Unknown,
}

impl ConditionBook {
    /// Reads `code` for `vaccine`.
    pub(crate) fn meaning<'a>(&'a self, code: &str, vaccine: &Vaccine) -> Meaning<'a> {
        let said: Vec<&str> = code.split('_').collect();
        match self
            .entries
            .iter()
            .find(|entry| mentions(&said, &entry.words))
        {
            Some(entry) if entry.concerns(&vaccine.code) => {
                Meaning::Entry(&entry.rule, entry.effect)
            }
            Some(_) => Meaning::Elsewhere,
            None => self
                .prior_disease(&said)
                .map_or(Meaning::Unknown, Meaning::PriorDisease),
        }
    }

    fn prior_disease(&self, said: &[&str]) -> Option<&str> {
        let prior = self
            .prior_words
            .iter()
            .any(|word| said.contains(&word.as_str()));
        let disease = self
            .diseases
            .iter()
            .find(|(_, words)| mentions(said, words));
        disease.filter(|_| prior).map(|(name, _)| name.as_str())
    }
}

impl Condition {
    fn concerns(&self, code: &str) -> bool {
        self.vaccines.is_empty() || self.vaccines.iter().any(|vaccine| vaccine == code)
    }
}

// Clinics spell the same condition differently (ANAPHYLAXIS_TO_COMPONENT, COMPONENT_ANAPHYLAXIS_HISTORY): words decide, not spelling.
fn mentions(said: &[&str], alternatives: &[Vec<String>]) -> bool {
    alternatives
        .iter()
        .any(|words| words.iter().all(|word| said.contains(&word.as_str())))
}
