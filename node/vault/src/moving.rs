//! A subject who moved: the former home hands what it holds on to the new one, which then keeps and releases it as its own.
//!
//! What is handed on is the very ciphertext on the chain, with the data key wrapped once more at rest, to the new home's key. The former
//! home keeps its copy for as long as its own duty to keep lasts; reading it there needs what any read needs.

use crate::{Vault, VaultError, exchange::Offer, release::fault};
use codec::{DecodeAll, Encode};
use musubi_client_sdk::sealing::{Envelope, SealedRecord};
use musubi_primitives::{HpkeKey, MemberId, Pseudonym, RecordId};

/// Names of the notes of subjects who moved begin with this.
const MOVED: &[u8] = b"moved/";

impl Vault {
    /// Notes durably that a subject's records are to be handed on.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn note_moved(&self, subject: &Pseudonym, to: MemberId) -> Result<(), VaultError> {
        Ok(self.store.put_note(&name(subject), &to.encode())?)
    }

    /// Who moved, and to where, as far as it is not done.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn moved(&self) -> Result<Vec<(Pseudonym, MemberId)>, VaultError> {
        let notes = self.store.notes(MOVED)?;
        let read = |(name, to): (Vec<u8>, Vec<u8>)| {
            let subject = Pseudonym(*name.last_chunk()?);
            Some((subject, MemberId::decode_all(&mut to.as_slice()).ok()?))
        };
        Ok(notes.into_iter().filter_map(read).collect())
    }

    /// Everything of a subject was handed on.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn settle_moved(&self, subject: &Pseudonym) -> Result<(), VaultError> {
        Ok(self.store.drop_note(&name(subject))?)
    }

    /// A record for another holder to keep and to release: ciphertext, and its data key wrapped to that holder. None where this member
    /// holds ciphertext only, or nothing.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn offer_for(
        &self,
        record: &RecordId,
        holder: HpkeKey,
    ) -> Result<Option<Offer>, VaultError> {
        let holding = self.store.holding(record)?;
        let own = self.store.envelope(record, &self.keeper.sealing.public())?;
        let ciphertext = self.store.ciphertext(record)?;
        let (Some(holding), Some(own), Some(ciphertext)) = (holding, own, ciphertext) else {
            return Ok(None);
        };
        let data_key = own
            .open(&self.keeper.sealing)
            .map_err(|source| fault("open an own envelope", source))?;
        let envelope = Envelope::at_rest(*record, &data_key, holder)
            .map_err(|source| fault("wrap a data key to a new home", source))?;
        Ok(Some(Offer {
            sealed: SealedRecord {
                record: *record,
                commitment: holding.commitment,
                ciphertext,
            },
            envelopes: vec![envelope],
        }))
    }
}

fn name(subject: &Pseudonym) -> Vec<u8> {
    [MOVED, &subject.0].concat()
}
