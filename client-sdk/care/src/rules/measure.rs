//! Special measures: dated extensions for cohorts, and the measure after long illness.

use serde::Deserialize;

use crate::civil::Date;
use crate::rules::{Births, Confidence};

/// How a measure comes to apply.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// By birth date alone.
    Birth,
    /// By a decision the caller names with one of these codes.
    Codes(Vec<String>),
}

/// What a measure does while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureEffect {
    /// The period is open on these days too.
    Extends,
    /// Its rules are not in this rule set: a person decides.
    NeedsPerson,
}

/// A dated measure for a cohort.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Rule id, for instance `T-MR-SHORTAGE`.
    pub rule: String,
    /// Rule id of the programme.
    pub programme: String,
    /// Name of the period.
    pub period: String,
    /// Who.
    pub births: Births,
    /// First day.
    pub from: Date,
    /// Last day; afterwards the measure has ended for the cohort.
    pub until: Date,
    /// How it comes to apply.
    pub attached_by: Attachment,
    /// What it does.
    pub effect: MeasureEffect,
    /// The rule in Japanese.
    pub text: String,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
}

/// 長期療養特例: the period stays open for some years after the special circumstance ended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongIllness {
    /// `T-LONG-ILLNESS`.
    pub rule: String,
    /// Years, counted from the day the circumstance ended, that day included.
    pub years: u16,
    /// The rule in Japanese.
    pub text: String,
    /// How well it is known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
}
