//! What the keeper itself may read here: records whose data key was wrapped to this member at rest, as author or home municipality.
//!
//! No ticket is needed for what is one's own; what others wrote elsewhere is not here, and what was erased opens no more.

use crate::{Vault, VaultError, release::fault};
use musubi_client_sdk::sealing::{Envelope, SealedRecord, record::CanonicalBytes};
use musubi_primitives::{HpkeKey, Pseudonym, RecordId};

impl Vault {
    /// Records of a subject that are held here, in ascending order.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn records_of(&self, subject: &Pseudonym) -> Result<Vec<RecordId>, VaultError> {
        Ok(self.store.records_of(subject)?)
    }

    /// Every record that is held here, with whom it is about.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn held(&self) -> Result<Vec<(Pseudonym, RecordId)>, VaultError> {
        Ok(self.store.held()?)
    }

    /// The records here, or on their way out, whose id begins so, each with whom it is about.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn held_from(&self, begin: &[u8]) -> Result<Vec<(RecordId, Pseudonym)>, VaultError> {
        let mut found = self.store.held_from(begin)?;
        for outgoing in self.outgoing()? {
            let record = outgoing.offer.sealed.record;
            if record.0.starts_with(begin) {
                found.push((record, outgoing.subject));
            }
        }
        Ok(found)
    }

    /// Opens a record held here; none where it is erased, or where this member holds ciphertext only.
    ///
    /// # Errors
    /// A fault of this machine, a key that does not open its record included.
    pub fn open_own(&self, record: &RecordId) -> Result<Option<CanonicalBytes>, VaultError> {
        let holding = self.store.holding(record)?;
        let Some(holding) = holding.filter(|holding| !holding.erased) else {
            return Ok(None);
        };
        let own = self.store.envelope(record, &self.keeper.sealing.public())?;
        let Some((envelope, ciphertext)) = own.zip(self.store.ciphertext(record)?) else {
            return Ok(None);
        };
        let sealed = SealedRecord {
            record: *record,
            commitment: holding.commitment,
            ciphertext,
        };
        self.open_sealed(&sealed, &envelope).map(Some)
    }

    /// A record's key for a device of the family, kept from when it was sealed, or else wrapped now and kept from then on: as for a phone
    /// that came later, in the place of a lost one for example. None where this member holds no key, or nothing.
    ///
    /// The caller has seen in finalised state that the device is the family's, and that the record is one that families get.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn envelope_for(
        &self,
        record: &RecordId,
        device: HpkeKey,
    ) -> Result<Option<Envelope>, VaultError> {
        if let Some(kept) = self.store.envelope(record, &device)? {
            return Ok(Some(kept));
        }
        let holding = self.store.holding(record)?;
        let own = self.store.envelope(record, &self.keeper.sealing.public())?;
        let (Some(_), Some(own)) = (holding.filter(|holding| !holding.erased), own) else {
            return Ok(None);
        };
        let data_key = own
            .open(&self.keeper.sealing)
            .map_err(|source| fault("open an own envelope", source))?;
        let envelope = Envelope::at_rest(*record, &data_key, device)
            .map_err(|source| fault("wrap a data key to a device", source))?;
        self.store.put_envelopes(std::slice::from_ref(&envelope))?;
        Ok(Some(envelope))
    }

    /// Opens a sealed record with this member's envelope for it.
    ///
    /// # Errors
    /// When either is another's, or damaged.
    pub fn open_sealed(
        &self,
        sealed: &SealedRecord,
        envelope: &Envelope,
    ) -> Result<CanonicalBytes, VaultError> {
        let data_key = envelope
            .open(&self.keeper.sealing)
            .map_err(|source| fault("open an own envelope", source))?;
        sealed
            .open(&sealed.ciphertext_hash(), &data_key)
            .map_err(|source| fault("open an own record", source))
    }
}
