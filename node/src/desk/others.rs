//! What others wrote about a child's doses, for the check: asked of the chain, and released only where the family permits it.
//!
//! That there is such a record, its class and its author stand on every trail; what is in it does not. So a check that may not read it
//! still knows that a dose is missing from what it counts.

use super::{
    chain::unavailable,
    elsewhere::{Asking, Unread},
    history::OwnRecord,
    intake::Intake,
};
use musubi_client_sdk::sealing::record::CanonicalBytes;
use musubi_node_gateway::DeskError;
use musubi_primitives::{
    Category, CategorySet, Claim, MemberId, Pseudonym, Purpose, RecordId,
    trail::{TrailFact, TrailHead, TrailRow},
};
use std::{collections::BTreeSet, time::Duration};

/// The most rows read of one trail.
const ROWS_MAX: u32 = 100_000;
/// How long a check waits for what others wrote: the injection does not, and a person looks instead.
const READ_MAX: Duration = Duration::from_secs(5);

/// The records of others about one subject's doses.
pub(super) struct Others {
    /// Those that were released, and still stand.
    pub(super) read: Vec<OwnRecord>,
    /// Whether there are, or may be, others.
    pub(super) is_part_missing: bool,
}

impl Intake {
    /// Reads what others wrote about the subject's doses beyond `own`, where the family's consent permits it. Nobody is asked, and no
    /// row comes onto the trail, where the chain shows no such record.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`] where this node cannot read its own chain. A denial, or a custodian that does not answer, is no
    /// error: a part is missing then.
    pub(super) async fn doses_of_others(
        &self,
        subject: Pseudonym,
        own: &[OwnRecord],
    ) -> Result<Others, DeskError> {
        let mut missing = self.standing_elsewhere(subject, own).await?;
        if missing.as_ref().is_some_and(BTreeSet::is_empty) {
            return Ok(Others {
                read: Vec::new(),
                is_part_missing: false,
            });
        }
        let Some(released) = self.released(subject).await else {
            return Ok(Others {
                read: Vec::new(),
                is_part_missing: true,
            });
        };
        let mut read = Vec::new();
        for (record, bytes) in released {
            if let Some(missing) = &mut missing {
                missing.remove(&record);
            }
            let is_here = own.iter().any(|own| own.record == record);
            if let Some(view) = self.known(record).await?.filter(|_| !is_here) {
                read.push(OwnRecord::new(record, &view, bytes));
            }
        }
        // What the custodian listed is all that it has; where the trail is not whole here, it is also all that is known.
        Ok(Others {
            read,
            is_part_missing: missing.is_some_and(|missing| !missing.is_empty()),
        })
    }

    /// The standing immunization records that others wrote and that are not here; none where this node does not keep the whole trail,
    /// as after joining by a snapshot.
    async fn standing_elsewhere(
        &self,
        subject: Pseudonym,
        own: &[OwnRecord],
    ) -> Result<Option<BTreeSet<RecordId>>, DeskError> {
        let head: TrailHead = self.chain.read("MusubiApi_trail_head", subject).await?;
        let store = self.chain.pipeline().store();
        let rows = store.trail(&subject, 0, ROWS_MAX).map_err(unavailable)?;
        if u64::try_from(rows.len()).is_ok_and(|kept| kept < head.count) {
            return Ok(None);
        }
        let mut standing = BTreeSet::new();
        for record in written_by_others(rows.iter().map(|(row, ..)| row), self.member) {
            let is_here = own.iter().any(|own| own.record == record);
            let view = self.known(record).await?;
            if !is_here && view.is_some_and(|view| view.stands()) {
                standing.insert(record);
            }
        }
        Ok(Some(standing))
    }

    /// Every immunization record that a ticket opens; nothing where the chain denies, or the custodian is silent.
    async fn released(&self, subject: Pseudonym) -> Option<Vec<(RecordId, CanonicalBytes)>> {
        let asking = Asking {
            key: &self.gateway,
            purpose: Purpose::ChildCare,
            claim: Claim::Consent,
        };
        let categories = CategorySet::of(&[Category::Immunization]);
        let reading = self.elsewhere.read(&asking, subject, categories);
        match tokio::time::timeout(READ_MAX, reading).await {
            Ok(Ok(released)) => Some(released),
            Ok(Err(Unread::Denied(reason))) => {
                tracing::debug!(?reason, "others' doses are not read for a check");
                None
            }
            Ok(Err(Unread::Failed(error))) => {
                tracing::warn!(%error, "others' doses cannot be read for a check");
                None
            }
            Err(_) => {
                tracing::warn!("others' doses did not come in time for a check");
                None
            }
        }
    }
}

/// Immunization records that a trail shows of others than `member`.
fn written_by_others<'r>(
    rows: impl Iterator<Item = &'r TrailRow>,
    member: MemberId,
) -> impl Iterator<Item = RecordId> {
    rows.filter_map(move |row| match row.fact {
        TrailFact::RecordCommitted {
            record,
            category: Category::Immunization,
            author,
        } if author != member => Some(record),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fact: TrailFact) -> TrailRow {
        TrailRow {
            subject: Pseudonym([7; 32]),
            index: 0,
            at: 0,
            fact,
        }
    }

    fn committed(record: u8, category: Category, author: u32) -> TrailRow {
        let fact = TrailFact::RecordCommitted {
            record: RecordId([record; 32]),
            category,
            author: MemberId(author),
        };
        row(fact)
    }

    #[test]
    fn a_trail_shows_which_doses_others_wrote_down() {
        let rows = [
            committed(1, Category::Immunization, 4),
            committed(2, Category::Immunization, 0),
            committed(3, Category::Growth, 0),
            row(TrailFact::RecordStored {
                record: RecordId([2; 32]),
            }),
        ];
        let of_others = written_by_others(rows.iter(), MemberId(4));
        assert_eq!(of_others.collect::<Vec<_>>(), [RecordId([2; 32])]);
    }
}
