//! Erasing: ciphertext and every envelope go, from the files too, and a receipt stays.

use crate::{
    Refusal, Vault, VaultError,
    receipt::{DeliveryReceipt, ErasureReceipt},
    release::FETCH_WINDOW,
};
use codec::{DecodeAll, Encode};
use musubi_primitives::{MemberId, Moment, RecordId, RecordState};

/// Names of the notes with the receipts that were given begin with this.
const RECEIPT: &[u8] = b"erased/";

impl Vault {
    /// Destroys a record whose erasure the chain has ordered, and signs for it. The receipt is kept: asked again, it is the same one, and the
    /// commitment on the chain stays that of a receipt which can be shown.
    ///
    /// # Errors
    /// [`Refusal::NotAvailable`] unless the chain has ordered it; a fault of this machine.
    pub fn erase(&self, record: &RecordId) -> Result<ErasureReceipt, VaultError> {
        let (now, finalised) = self.look(None, &[*record])?;
        let standing = finalised.records.into_iter().next().flatten();
        if standing.is_none_or(|standing| standing.state != RecordState::Erased) {
            return Err(Refusal::NotAvailable.into());
        }
        self.store.erase(record)?;
        if let Some(given) = self.receipt_given(record)? {
            return Ok(given);
        }
        let keeper = &self.keeper;
        let receipt = ErasureReceipt::sign(
            &keeper.genesis,
            keeper.member,
            *record,
            now,
            &keeper.signing,
        );
        self.store.put_note(&name(record), &receipt.encode())?;
        tracing::info!("a record was erased on order");
        Ok(receipt)
    }

    /// Shows the receipt for a record that was destroyed here to those who kept it too, and to the subject's home municipality.
    ///
    /// # Errors
    /// [`Refusal::NotAvailable`] to everybody else, and where nothing was destroyed.
    pub fn erasure_receipt(
        &self,
        peer: MemberId,
        record: &RecordId,
    ) -> Result<ErasureReceipt, VaultError> {
        let (_, finalised) = self.look(None, &[*record])?;
        let standing = finalised.records.into_iter().next().flatten();
        let standing = standing.ok_or(Refusal::NotAvailable)?;
        let home = self.finalised.home_of(&standing.subject);
        let home = home.map_err(|source| VaultError::Fault {
            attempt: "look at finalised state",
            source,
        })?;
        if standing.holders.contains(&peer) || home == Some(peer) {
            let given = self.receipt_given(record)?;
            return given.ok_or(Refusal::NotAvailable.into());
        }
        Err(Refusal::NotAvailable.into())
    }

    fn receipt_given(&self, record: &RecordId) -> Result<Option<ErasureReceipt>, VaultError> {
        let note = self.store.note(&name(record))?;
        Ok(note.and_then(|note| ErasureReceipt::decode_all(&mut note.as_slice()).ok()))
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

fn name(record: &RecordId) -> Vec<u8> {
    [RECEIPT, &record.0].concat()
}
