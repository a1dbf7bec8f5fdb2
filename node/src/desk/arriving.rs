//! Offers whose pieces are arriving: bounded in number, and shared out so that nobody's half-sent offers push out another's.

use codec::{Decode, Encode};
use musubi_primitives::{RecordId, VerifyingKey};
use std::collections::BTreeMap;

/// Offers that may be half received at a time, from all members together: bounds their memory to 128 MiB.
const ARRIVING_MAX: usize = 32;

/// Offers that may be half received from one node.
const ARRIVING_EACH: usize = 4;

/// What describes an offer while its pieces arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(super) struct OfferLabel(pub(super) RecordId);

/// What has arrived of each.
#[derive(Debug, Default)]
pub(super) struct Arriving(BTreeMap<(VerifyingKey, OfferLabel), Vec<u8>>);

/// What has arrived of one offer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// Nothing is missing.
    Whole(Vec<u8>),
    /// So many bytes from its start.
    Part { held: u64 },
}

impl Arriving {
    /// Takes a piece that continues what is held; any other changes nothing.
    pub(super) fn piece(
        &mut self,
        from: (VerifyingKey, OfferLabel),
        offset: u64,
        total: usize,
        bytes: &[u8],
    ) -> Arrived {
        if !self.0.contains_key(&from) {
            self.make_room(&from.0);
        }
        let held = self.0.entry(from).or_default();
        let fits = u64::try_from(held.len()) == Ok(offset) && held.len() + bytes.len() <= total;
        if fits {
            held.extend_from_slice(bytes);
        }
        if held.len() == total {
            return Arrived::Whole(self.0.remove(&from).unwrap_or_default());
        }
        Arrived::Part {
            held: u64::try_from(held.len()).unwrap_or(u64::MAX),
        }
    }

    /// An offer of the same node gives way, or one of the node that has most of them: its sender starts again, and nobody can block the
    /// door for good, or for others.
    fn make_room(&mut self, from: &VerifyingKey) {
        let mut of_each: BTreeMap<VerifyingKey, usize> = BTreeMap::new();
        for (node, _) in self.0.keys() {
            *of_each.entry(*node).or_default() += 1;
        }
        let most = of_each.iter().max_by_key(|(_, count)| **count);
        let greedy = most.map(|(node, _)| *node);
        let gives_way = if of_each.get(from).copied().unwrap_or_default() >= ARRIVING_EACH {
            Some(*from)
        } else {
            greedy.filter(|_| self.0.len() >= ARRIVING_MAX)
        };
        let first = |node: VerifyingKey| self.0.keys().find(|(of, _)| *of == node).copied();
        if let Some(key) = gives_way.and_then(first) {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(node: u8, record: u8) -> (VerifyingKey, OfferLabel) {
        (VerifyingKey([node; 32]), OfferLabel(RecordId([record; 32])))
    }

    #[test]
    fn pieces_make_a_whole_and_a_wrong_one_changes_nothing() {
        let mut arriving = Arriving::default();
        let first = arriving.piece(from(1, 1), 0, 6, b"abc");
        assert_eq!(first, Arrived::Part { held: 3 });
        let again = arriving.piece(from(1, 1), 0, 6, b"abc");
        assert_eq!(again, Arrived::Part { held: 3 });
        let too_long = arriving.piece(from(1, 1), 3, 6, b"defg");
        assert_eq!(too_long, Arrived::Part { held: 3 });
        let last = arriving.piece(from(1, 1), 3, 6, b"def");
        assert_eq!(last, Arrived::Whole(b"abcdef".to_vec()));
    }

    #[test]
    fn whoever_begins_many_offers_pushes_out_own_ones_only() {
        let mut arriving = Arriving::default();
        arriving.piece(from(1, 1), 0, 6, b"abc");
        for record in 0..200 {
            arriving.piece(from(9, record), 0, 6, b"x");
        }
        assert_eq!(arriving.0.len(), 1 + ARRIVING_EACH);
        let kept = arriving.piece(from(1, 1), 3, 6, b"def");
        assert_eq!(kept, Arrived::Whole(b"abcdef".to_vec()));
    }

    #[test]
    fn all_together_are_bounded() {
        let mut arriving = Arriving::default();
        for node in 0..100 {
            for record in 0..3 {
                arriving.piece(from(node, record), 0, 6, b"x");
            }
        }
        assert!(arriving.0.len() <= ARRIVING_MAX);
    }
}
