//! Certificates that somebody asked about and nobody has answered for yet. Bounded; each once.

use std::collections::BTreeMap;

use musubi_consent::validator::{REVOCATION_PENDING_MAX, RevocationQuery};
use musubi_primitives::Moment;

/// Most certificates that wait at a time: several days of a vehicle's families.
const WAITING_MAX: usize = 1024;

/// A query that outlives its asker.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Question {
    issuer_key_identifier: Vec<u8>,
    serial: Vec<u8>,
    distribution_point: Option<Vec<u8>>,
    expires: Moment,
    at: Moment,
}

impl Question {
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
        }
    }

    fn key(&self) -> (Vec<u8>, Vec<u8>) {
        (self.issuer_key_identifier.clone(), self.serial.clone())
    }
}

/// Everything that waits, and whether it was tried in vain since the last pause.
#[derive(Default)]
pub(crate) struct Waiting {
    questions: BTreeMap<(Vec<u8>, Vec<u8>), (Question, bool)>,
}

impl Waiting {
    /// Notes a question down. True when it is new.
    pub(crate) fn note(&mut self, query: &RevocationQuery<'_>) -> bool {
        let question = Question::of(query);
        let key = question.key();
        if self.questions.contains_key(&key) || WAITING_MAX <= self.questions.len() {
            return false;
        }
        self.questions.insert(key, (question, false));
        true
    }

    /// The next question that was not tried in vain.
    pub(crate) fn next(&self) -> Option<Question> {
        let mut all = self.questions.values();
        all.find(|(_, is_vain)| !is_vain)
            .map(|(question, _)| question.clone())
    }

    /// The question is answered.
    pub(crate) fn settle(&mut self, question: &Question) {
        self.questions.remove(&question.key());
    }

    /// The question was tried in vain.
    pub(crate) fn postpone(&mut self, question: &Question) {
        if let Some((_, is_vain)) = self.questions.get_mut(&question.key()) {
            *is_vain = true;
        }
    }

    /// The pause is over: everything may be tried again, except what nobody waits for any more.
    pub(crate) fn take_heart(&mut self, now: Moment) {
        let is_awaited =
            |question: &Question| now < question.at.saturating_add(REVOCATION_PENDING_MAX);
        self.questions
            .retain(|_, (question, _)| is_awaited(question));
        for (_, is_vain) in self.questions.values_mut() {
            *is_vain = false;
        }
    }
}
