//! What a command answers: a sentence for the person, or the same facts as one JSON object.

use super::{Voice, codes, words};
use musubi_consent::VerificationError;
use musubi_consent_card::{CardError, PinError, TransportError};
use musubi_primitives::Language;
use serde_json::{Map, Value, json};

/// Something was done.
#[derive(Debug)]
pub struct Answer {
    text: String,
    facts: Map<String, Value>,
}

impl Answer {
    /// `outcome` names what was done; `text` says it.
    pub fn new(outcome: &'static str, text: String) -> Self {
        let facts = Map::from_iter([("outcome".to_owned(), json!(outcome))]);
        Self { text, facts }
    }

    /// The same answer with one more fact.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.facts.insert(name.to_owned(), value);
        self
    }

    pub(super) fn say(self, voice: Voice) -> String {
        if voice.json {
            Value::Object(self.facts).to_string()
        } else {
            self.text
        }
    }
}

/// Nothing was done, and why.
#[derive(Debug)]
pub enum Refusal {
    /// The card or its reader.
    Card(CardError),
    /// What was typed cannot be the secret; the card was not asked.
    Secret(PinError),
    /// The person stopped instead of entering the secret.
    Stopped,
    /// The document's time is over, or not yet come.
    OutsidePeriod,
    /// The card signed, and its signature does not count.
    Verdict(VerificationError),
    /// An emulated card in a production configuration.
    TestCard,
    /// Files, arguments, processes: for the operator.
    Other(String),
}

impl From<CardError> for Refusal {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

impl From<TransportError> for Refusal {
    fn from(error: TransportError) -> Self {
        Self::Card(CardError::Transport(error))
    }
}

impl Refusal {
    /// Any error of a file or process, with its causes.
    pub fn other(error: &dyn std::error::Error) -> Self {
        Self::Other(crate::commands::care::chain(error))
    }

    /// Name of the outcome for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Card(error) => error.code(),
            Self::Secret(_) => "secret-malformed",
            Self::Stopped => "stopped",
            Self::OutsidePeriod => "outside-period",
            Self::Verdict(error) => codes::code(error),
            Self::TestCard => "test-card-in-production",
            Self::Other(_) => "not-possible",
        }
    }

    pub(super) fn say(&self, voice: Voice) -> String {
        if !voice.json {
            return self.sentence(voice.language());
        }
        let mut facts =
            json!({ "outcome": self.code(), "sentence": self.sentence(voice.language()) });
        if let Some(tries) = self.tries_left() {
            facts["tries_left"] = json!(tries);
        }
        facts.to_string()
    }

    /// Tries left of the secret that it is about, where the card told.
    pub(super) fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Card(error) => error.tries_left(),
            Self::Secret(_)
            | Self::Stopped
            | Self::OutsidePeriod
            | Self::Verdict(_)
            | Self::TestCard
            | Self::Other(_) => None,
        }
    }

    /// What the person reads.
    pub(super) fn sentence(&self, language: Language) -> String {
        match self {
            Self::Card(error) => error.sentence(language),
            Self::Secret(error) => error.sentence(language),
            Self::Stopped => words::pick(&words::STOPPED, language).to_owned(),
            Self::OutsidePeriod => words::pick(&words::OUTSIDE_PERIOD, language).to_owned(),
            Self::Verdict(error) => words::pick(codes::sentence(error), language).to_owned(),
            Self::TestCard => words::pick(&words::TEST_CARD_REFUSED, language).to_owned(),
            Self::Other(text) => text.clone(),
        }
    }
}
