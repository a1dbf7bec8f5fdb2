//! Searching by name or reading, in memory: the index is made when the register is opened and never written.

use crate::{
    kana::normalise,
    person::{Person, PersonId},
};
use std::collections::BTreeMap;

/// The most hits that one search gives; a clerk who gets more types more.
pub const HITS_MAX: usize = 100;

/// Who is here, ordered by reading.
#[derive(Default)]
pub(crate) struct Index {
    by_reading: BTreeMap<(String, PersonId), String>,
}

impl Index {
    pub(crate) fn insert(&mut self, id: PersonId, person: &Person) {
        self.by_reading
            .insert((normalise(&person.kana), id), normalise(&person.name));
    }

    pub(crate) fn remove(&mut self, id: PersonId, person: &Person) {
        self.by_reading.remove(&(normalise(&person.kana), id));
    }

    /// People whose reading or name contains the query, ordered by reading; nobody for an empty query.
    pub(crate) fn search(&self, query: &str) -> Vec<PersonId> {
        let query = normalise(query);
        if query.is_empty() {
            return Vec::new();
        }
        let hits = self
            .by_reading
            .iter()
            .filter(|((reading, _), name)| reading.contains(&query) || name.contains(&query));
        hits.map(|((_, id), _)| *id).take(HITS_MAX).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_reading.len()
    }
}
