//! Certificates that somebody asked about and nobody has answered for yet. Bounded; each once.

use std::collections::BTreeMap;

use musubi_consent::validator::{REVOCATION_PENDING_MAX, RevocationQuery};
use musubi_primitives::Moment;
use tracing::{Span, field::Empty, info_span};

/// Most certificates that wait at a time: several days of a vehicle's families.
const WAITING_MAX: usize = 1024;

/// A query that outlives its asker.
#[derive(Clone)]
pub(crate) struct Question {
    issuer_key_identifier: Vec<u8>,
    serial: Vec<u8>,
    distribution_point: Option<Vec<u8>>,
    expires: Moment,
    at: Moment,
    /// What its asker was at, so that a trace goes on where the question is worked on.
    asked_in: Span,
}

impl Question {
    /// The span in which it is worked on.
    pub(crate) fn span(&self) -> Span {
        info_span!(target: "spans", parent: &self.asked_in, "ask authority", otel.kind = "client", answered = Empty)
    }

    pub(crate) fn query(&self) -> RevocationQuery<'_> {
        RevocationQuery {
            issuer_key_identifier: &self.issuer_key_identifier,
            serial: &self.serial,
            distribution_point: self.distribution_point.as_deref(),
            expires: self.expires,
            at: self.at,
        }
    }

    fn of(query: &RevocationQuery<'_>) -> Self {
        Self {
            issuer_key_identifier: query.issuer_key_identifier.to_vec(),
            serial: query.serial.to_vec(),
            distribution_point: query.distribution_point.map(<[u8]>::to_vec),
            expires: query.expires,
            at: query.at,
            asked_in: Span::current(),
        }
    }

    fn key(&self) -> (Vec<u8>, Vec<u8>) {
        (self.issuer_key_identifier.clone(), self.serial.clone())
    }
}

/// A question and what became of it so far.
struct Entry {
    question: Question,
    /// Tried in vain since the last pause.
    is_postponed: bool,
    /// Tried in vain since it was asked.
    tries: u32,
}

/// Everything that waits.
#[derive(Default)]
pub(crate) struct Waiting {
    questions: BTreeMap<(Vec<u8>, Vec<u8>), Entry>,
}

impl Waiting {
    /// Notes a question down. True when it is new.
    pub(crate) fn note(&mut self, query: &RevocationQuery<'_>) -> bool {
        let question = Question::of(query);
        let key = question.key();
        if self.questions.contains_key(&key) || WAITING_MAX <= self.questions.len() {
            return false;
        }
        let entry = Entry {
            question,
            is_postponed: false,
            tries: 0,
        };
        self.questions.insert(key, entry);
        true
    }

    /// The next question that was not tried in vain since the last pause.
    pub(crate) fn next(&self) -> Option<Question> {
        let mut all = self.questions.values();
        all.find(|entry| !entry.is_postponed)
            .map(|entry| entry.question.clone())
    }

    /// Nothing more is to be done about the question.
    pub(crate) fn settle(&mut self, question: &Question) {
        self.questions.remove(&question.key());
    }

    /// The question was tried in vain. True the first time.
    pub(crate) fn postpone(&mut self, question: &Question) -> bool {
        let Some(entry) = self.questions.get_mut(&question.key()) else {
            return false;
        };
        entry.is_postponed = true;
        entry.tries = entry.tries.saturating_add(1);
        entry.tries == 1
    }

    /// The pause is over: everything may be tried again, except what nobody waits for any more.
    pub(crate) fn take_heart(&mut self, now: Moment) {
        let is_awaited =
            |entry: &Entry| now < entry.question.at.saturating_add(REVOCATION_PENDING_MAX);
        self.questions.retain(|_, entry| is_awaited(entry));
        for entry in self.questions.values_mut() {
            entry.is_postponed = false;
        }
    }
}
