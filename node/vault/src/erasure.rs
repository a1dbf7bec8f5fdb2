//! Erasing: ciphertext and every envelope go, from the files too, and a receipt stays.

use crate::{Refusal, Vault, VaultError, receipt::ErasureReceipt, release::FETCH_WINDOW};
use musubi_primitives::{Moment, RecordId, RecordState};

impl Vault {
    /// Destroys a record whose erasure the chain has ordered, and signs for it. Asked again, it signs again: erasing is done at most once.
    ///
    /// # Errors
    /// [`Refusal::NotAvailable`] unless the chain has ordered it; a fault of this machine.
    pub fn erase(&self, record: &RecordId) -> Result<ErasureReceipt, VaultError> {
        let (now, finalised) = self.look(None, &[*record])?;
        let ordered = finalised
            .records
            .first()
            .copied()
            .flatten()
            .is_some_and(|standing| standing.state == RecordState::Erased);
        if !ordered {
            return Err(Refusal::NotAvailable.into());
        }
        self.store.erase(record)?;
        tracing::info!("a record was erased on order");
        Ok(ErasureReceipt::sign(
            &self.keeper.genesis,
            self.keeper.member,
            *record,
            now,
            &self.keeper.signing,
        ))
    }

    /// Forgets the keys of releases that are older than the time in which they can be fetched again; that the tickets were used stays.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn forget_old_releases(&self, now: Moment) -> Result<(), VaultError> {
        Ok(self
            .store
            .forget_answers(|at, _| now.saturating_sub(at) >= FETCH_WINDOW)?)
    }
}
