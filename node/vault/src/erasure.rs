//! Erasing: ciphertext and every envelope go, from the files too, and a receipt stays.

use crate::{
    Refusal, Vault, VaultError,
    receipt::{DeliveryReceipt, ErasureReceipt},
    release::FETCH_WINDOW,
};
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

    /// Height up to which every erasure that the chain ordered was carried out here.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn erasures_seen(&self) -> Result<u64, VaultError> {
        Ok(self.store.erasures_seen()?)
    }

    /// Notes that height. Noting it seldom costs only looking again.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn note_erasures_seen(&self, height: u64) -> Result<(), VaultError> {
        Ok(self.store.note_erasures_seen(height)?)
    }

    /// The receipts of what was released lately, to be reported to the chain.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn recent_deliveries(&self) -> Result<Vec<DeliveryReceipt>, VaultError> {
        let releases = self.store.recent_releases()?;
        Ok(releases
            .into_iter()
            .map(|release| release.receipt)
            .collect())
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
