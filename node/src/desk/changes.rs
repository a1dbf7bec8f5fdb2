//! What became of a consent, read off the trails of its subject and its signer: each change of its state, once, in order.

use musubi_consent::receipt::ReceiptEvent;
use musubi_node_register::RowPlace;
use musubi_primitives::{
    BindingId, ConsentId, Ending, Moment, Pseudonym,
    resident::BindingState,
    trail::{TrailFact, TrailRow},
};
use std::collections::BTreeSet;

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// What happened.
    pub(super) event: ReceiptEvent,
    /// When: the time of its block.
    pub(super) at: Moment,
    /// The row that tells of it.
    pub(super) place: RowPlace,
}

/// The consent whose changes are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
    pub(super) consent: ConsentId,
    /// Who signed.
    pub(super) guardian: Pseudonym,
    /// Whether it was given in place of an earlier one.
    pub(super) renews: bool,
}

/// The changes that rows tell of. The rows are those of the subject's and the guardian's trails, in any order.
pub(super) fn changes(followed: &Followed, mut rows: Vec<(RowPlace, TrailRow)>) -> Vec<Change> {
    rows.sort_by_key(|(place, _)| *place);
    rows.dedup_by_key(|(place, _)| *place);
    let mut life = Life {
        followed,
        holds: false,
        disagreed: false,
        cards: BTreeSet::new(),
    };
    rows.iter()
        .filter_map(|(place, row)| {
            let event = life.after(row)?;
            Some(Change {
                event,
                at: row.at,
                place: *place,
            })
        })
        .collect()
}

/// A consent as it stands after the rows so far.
struct Life<'a> {
    followed: &'a Followed,
    /// In force or paused.
    holds: bool,
    disagreed: bool,
    /// Cards that the guardian has had.
    cards: BTreeSet<BindingId>,
}

impl Life<'_> {
    fn after(&mut self, row: &TrailRow) -> Option<ReceiptEvent> {
        let ours = |consent: &ConsentId| *consent == self.followed.consent;
        match &row.fact {
            TrailFact::ConsentEffective { consent } if ours(consent) => {
                self.holds = true;
                Some(if self.followed.renews {
                    ReceiptEvent::Renewed
                } else {
                    ReceiptEvent::Given
                })
            }
            TrailFact::ConsentPaused { consent, paused } if ours(consent) => Some(if *paused {
                ReceiptEvent::Objected
            } else {
                ReceiptEvent::Resumed
            }),
            TrailFact::AttestationDisagreed { consent, .. } if ours(consent) => {
                self.disagreed = true;
                None
            }
            TrailFact::ConsentEnded { consent, ending } if ours(consent) => {
                let held = std::mem::replace(&mut self.holds, false);
                Some(self.end(*ending, held))
            }
            TrailFact::CardBindingChanged {
                binding,
                state: BindingState::Active,
            } if row.subject == self.followed.guardian => {
                let is_new = self.cards.insert(*binding);
                (is_new && self.holds).then_some(ReceiptEvent::Rebinding)
            }
            _ => None,
        }
    }

    /// A proposal that lapses or is disagreed with was never confirmed.
    fn end(&self, ending: Ending, held: bool) -> ReceiptEvent {
        match ending {
            Ending::Withdrawn => ReceiptEvent::Withdrawn,
            Ending::Superseded => ReceiptEvent::Superseded,
            Ending::Expired if held => ReceiptEvent::Expired,
            Ending::Refused if !self.disagreed => ReceiptEvent::Refused,
            Ending::Expired | Ending::Refused => ReceiptEvent::NotConfirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::MemberId;

    const CONSENT: ConsentId = ConsentId([1; 32]);
    const CHILD: Pseudonym = Pseudonym([2; 32]);
    const GUARDIAN: Pseudonym = Pseudonym([3; 32]);

    /// The events after these rows, one in each block, of which the last is read twice.
    fn events(renews: bool, facts: &[(Pseudonym, TrailFact)]) -> Vec<ReceiptEvent> {
        let mut rows: Vec<_> = (1..)
            .zip(facts)
            .map(|(height, (subject, fact))| {
                let row = TrailRow {
                    subject: *subject,
                    index: height,
                    at: 1_000 * height,
                    fact: fact.clone(),
                };
                (RowPlace { height, row: 0 }, row)
            })
            .collect();
        rows.extend(rows.last().cloned());
        rows.reverse();
        let followed = Followed {
            consent: CONSENT,
            guardian: GUARDIAN,
            renews,
        };
        let changes = changes(&followed, rows);
        for change in &changes {
            assert_eq!(change.at, 1_000 * change.place.height);
        }
        changes.into_iter().map(|change| change.event).collect()
    }

    fn effective() -> (Pseudonym, TrailFact) {
        (CHILD, TrailFact::ConsentEffective { consent: CONSENT })
    }

    fn paused(paused: bool) -> (Pseudonym, TrailFact) {
        let consent = CONSENT;
        (CHILD, TrailFact::ConsentPaused { consent, paused })
    }

    fn ended(ending: Ending) -> (Pseudonym, TrailFact) {
        let consent = CONSENT;
        (CHILD, TrailFact::ConsentEnded { consent, ending })
    }

    fn card(of: Pseudonym, number: u8, state: BindingState) -> (Pseudonym, TrailFact) {
        let binding = BindingId([number; 32]);
        (of, TrailFact::CardBindingChanged { binding, state })
    }

    fn disagreed() -> (Pseudonym, TrailFact) {
        let attester = MemberId(0);
        let consent = CONSENT;
        (CHILD, TrailFact::AttestationDisagreed { consent, attester })
    }

    #[test]
    fn every_change_of_a_consent_has_its_own_event() {
        use ReceiptEvent as Event;
        type Life<'a> = (&'a [(Pseudonym, TrailFact)], &'a [Event]);
        let lives: [Life<'_>; 8] = [
            (&[], &[]),
            (&[effective()], &[Event::Given]),
            (
                &[effective(), paused(true), paused(false)],
                &[Event::Given, Event::Objected, Event::Resumed],
            ),
            (
                &[effective(), ended(Ending::Withdrawn)],
                &[Event::Given, Event::Withdrawn],
            ),
            (
                &[effective(), paused(true), ended(Ending::Expired)],
                &[Event::Given, Event::Objected, Event::Expired],
            ),
            (
                &[effective(), ended(Ending::Superseded)],
                &[Event::Given, Event::Superseded],
            ),
            (&[ended(Ending::Refused)], &[Event::Refused]),
            (
                &[disagreed(), ended(Ending::Refused)],
                &[Event::NotConfirmed],
            ),
        ];
        for (facts, expected) in lives {
            assert_eq!(events(false, facts), expected, "{facts:?}");
        }
        assert_eq!(events(true, &[effective()]), [Event::Renewed]);
        let lapsed = events(false, &[ended(Ending::Expired)]);
        assert_eq!(
            lapsed,
            [Event::NotConfirmed],
            "a proposal that nobody attested"
        );
    }

    #[test]
    fn only_another_card_of_the_signer_while_it_holds_is_a_rebinding() {
        let facts = [
            card(GUARDIAN, 1, BindingState::Active),
            effective(),
            // Lost and found: the same card.
            card(GUARDIAN, 1, BindingState::Suspended),
            card(GUARDIAN, 1, BindingState::Active),
            card(CHILD, 2, BindingState::Active),
            card(GUARDIAN, 3, BindingState::Active),
            ended(Ending::Withdrawn),
            card(GUARDIAN, 4, BindingState::Active),
        ];
        let expected = [
            ReceiptEvent::Given,
            ReceiptEvent::Rebinding,
            ReceiptEvent::Withdrawn,
        ];
        assert_eq!(events(false, &facts), expected);
    }

    #[test]
    fn another_consent_changes_nothing() {
        let consent = ConsentId([9; 32]);
        let facts = [(CHILD, TrailFact::ConsentEffective { consent })];
        assert_eq!(events(false, &facts), []);
    }
}
