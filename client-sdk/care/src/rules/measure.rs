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

/// Days within which an earlier dose must have been given; both ends included.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseBetween {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl DoseBetween {
    /// Whether `day` lies within.
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A dated measure for a cohort: it opens a period on further days.
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
    /// Only for those who had a dose of the programme on one of these days.
    #[serde(default)]
    pub needs_dose: Option<DoseBetween>,
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
