//! A bounded memory of what was seen: the oldest entry goes when a new one needs its place.

use std::collections::{BTreeSet, VecDeque};

/// Hashes seen lately, at most as many as the bound.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    order: VecDeque<[u8; 32]>,
    known: BTreeSet<[u8; 32]>,
    bound: usize,
}

impl Seen {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            order: VecDeque::new(),
            known: BTreeSet::new(),
            bound,
        }
    }

    /// Whether a hash was noted and is not forgotten.
    pub(crate) fn contains(&self, hash: &[u8; 32]) -> bool {
        self.known.contains(hash)
    }

    /// Notes a hash; whether it was new.
    pub(crate) fn note(&mut self, hash: [u8; 32]) -> bool {
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > self.bound
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut seen = Seen::new(2);
        assert!(seen.note([1; 32]) && seen.note([2; 32]) && !seen.note([1; 32]));
        assert!(seen.note([3; 32]) && !seen.note([2; 32]));
        assert!(seen.note([1; 32]));
    }
}
