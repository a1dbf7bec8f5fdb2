//! Several resources that are taken in all or not at all: held against the schedule and the room there is, before the first is sealed.

use super::{
    chain::unavailable,
    intake::Intake,
    recording::{Alongside, given_here},
};
use musubi_fhir::Resource;
use musubi_node_gateway::DeskError;
use musubi_primitives::{Pseudonym, RecordId};

/// What a resource may grow by when it is sealed: the cipher's tag, and a reference in it that becomes an address.
const GROWTH_BYTES: usize = 256;

/// One of them.
pub(super) struct Together<'r> {
    pub(super) subject: Pseudonym,
    pub(super) resource: &'r Resource,
    /// The record that it is about to replace.
    pub(super) replaced: Option<RecordId>,
}

impl Intake {
    /// Holds doses against the checks that were asked before them, by their days, each as if those before it stood already; what the
    /// others replace, and what is `void` then, does not. What was taken in before is not held again.
    ///
    /// # Errors
    /// The place of the first that cannot be taken in, and why.
    pub(super) async fn check_together(
        &self,
        together: &[Together<'_>],
        void: &[RecordId],
    ) -> Result<(), (usize, DeskError)> {
        let replaced = together.iter().filter_map(|one| one.replaced);
        let void: Vec<RecordId> = replaced.chain(void.iter().copied()).collect();
        let mut by_day: Vec<(usize, &Together<'_>)> = together.iter().enumerate().collect();
        by_day.sort_by_key(|(_, one)| one.resource.date());
        let (mut earlier, mut needed) = (Vec::new(), 0_usize);
        for (place, one) in by_day {
            let at = |error| (place, error);
            if self.is_here(one).await.map_err(at)? {
                continue;
            }
            let of_subject = earlier
                .iter()
                .filter(|(subject, _)| *subject == one.subject);
            let alongside = Alongside {
                doses: of_subject.map(|(_, dose)| dose).cloned().collect(),
                void: void.clone(),
            };
            let held = self.check_dose(one.subject, one.resource, &alongside);
            held.await.map_err(at)?;
            let given = given_here(&self.care, one.resource);
            earlier.extend(given.map(|dose| (one.subject, dose)));
            let bytes = one.resource.canonical_bytes().len();
            needed = needed.saturating_add(bytes).saturating_add(GROWTH_BYTES);
            self.check_room(needed).await.map_err(at)?;
        }
        Ok(())
    }

    /// Taken in before, or on its way: sent again, it is no other dose.
    async fn is_here(&self, one: &Together<'_>) -> Result<bool, DeskError> {
        let record = self.record_id(&one.subject, one.resource.canonical_bytes());
        Ok(self.known(record).await?.is_some() || self.staged(record).await?.is_some())
    }

    async fn check_room(&self, needed: usize) -> Result<(), DeskError> {
        let needed = u64::try_from(needed).map_err(unavailable)?;
        let has_room = self.custodian.vault(move |vault| vault.has_room(needed));
        if has_room.await? {
            return Ok(());
        }
        Err(super::intake::full())
    }
}
