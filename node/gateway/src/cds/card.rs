//! Answers: cards, and what a doctor signs for the chain after an override.

use musubi_primitives::{Commitment, Pseudonym, RecordId, VerdictCode, record::OverrideReason};
use serde::Serialize;
use serde_json::Value;

/// How urgent a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// The written conditions hold.
    Info,
    /// A person has to look.
    Warning,
    /// A written condition does not hold.
    Critical,
}

/// Where the answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The service and its rules.
    pub label: String,
    /// What the card is about, in the chain's word.
    pub topic: Coding,
}

/// A code of a system of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coding {
    /// Which system.
    pub system: &'static str,
    /// The code.
    pub code: String,
    /// For people.
    pub display: String,
}

/// One answer. What it tells belongs to the caller alone: no log repeats it.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Names the verdict in a feedback.
    pub uuid: String,
    /// At most 140 characters.
    pub summary: String,
    /// Reasons and dates.
    pub detail: String,
    /// How urgent.
    pub indicator: Indicator,
    /// By which rules.
    pub source: Source,
    /// Reasons that a doctor may give to go on; none where there is nothing to override.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub override_reasons: Vec<Coding>,
    /// The same for programs, under `musubi`.
    pub extension: Value,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({:?}, hidden)", self.indicator)
    }
}

/// The call `Records.record_verdict` that a doctor signs with the own key, so that the override is that doctor's on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Countersign {
    /// The record that holds question, answer and reason, sealed.
    pub record: RecordId,
    /// Argument `subject`.
    pub subject: Pseudonym,
    /// Argument `rule_set`.
    pub rule_set: u32,
    /// Argument `inputs`.
    pub inputs: Commitment,
    /// Argument `verdict`.
    pub verdict: VerdictCode,
    /// Argument `override_reason`.
    pub override_reason: OverrideReason,
}
