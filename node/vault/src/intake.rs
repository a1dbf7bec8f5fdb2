//! Taking a record in: only what the chain has committed to, and an own key only if it opens that very record.

use crate::{
    Refusal, Vault, VaultError, exchange::Offer, finalised::RecordStanding, store::Holding,
};
use musubi_client_sdk::sealing::{Envelope, SealedRecord};
use musubi_primitives::{RecordId, RecordState};

impl Vault {
    /// Keeps an offered record durably, or says why not. Offering the same record again changes nothing.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn take_in(&self, offer: Offer) -> Result<(), VaultError> {
        let record = offer.sealed.record;
        let (_, finalised) = self.look(None, &[record])?;
        let standing = finalised
            .records
            .into_iter()
            .next()
            .flatten()
            .ok_or(Refusal::OfferNotOnChain)?;
        check_offer(&offer.sealed, &standing)?;
        self.check_envelopes(&offer, &standing)?;
        if self
            .store
            .holding(&record)?
            .is_some_and(|holding| holding.erased)
        {
            return Err(Refusal::Erased.into());
        }
        let holding = Holding {
            subject: standing.subject,
            author: standing.author,
            ciphertext: standing.ciphertext,
            commitment: standing.commitment,
            bytes: u32::try_from(offer.sealed.ciphertext.len())
                .map_err(|_| Refusal::OfferNotOnChain)?,
            acknowledged: false,
            erased: false,
        };
        let kept = self.store.keep(
            &record,
            &holding,
            &offer.sealed.ciphertext,
            &offer.envelopes,
            self.limits.author_bytes,
        );
        self.count_refusal(&kept);
        kept
    }

    /// Records held here that the chain has not yet been told of; the caller submits the acknowledgements.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn to_acknowledge(&self) -> Result<Vec<RecordId>, VaultError> {
        Ok(self.store.unacknowledged()?)
    }

    /// Notes that the chain holds this vault's acknowledgement.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn acknowledged(&self, record: &RecordId) -> Result<(), VaultError> {
        Ok(self.store.mark_acknowledged(record)?)
    }

    fn check_envelopes(&self, offer: &Offer, standing: &RecordStanding) -> Result<(), VaultError> {
        let record = offer.sealed.record;
        let fits = |envelope: &Envelope| envelope.record == record && envelope.request.is_none();
        if offer.envelopes.len() > self.limits.envelopes || !offer.envelopes.iter().all(fits) {
            return Err(Refusal::BadEnvelope.into());
        }
        let own_key = self.keeper.sealing.public();
        let own = offer
            .envelopes
            .iter()
            .find(|envelope| envelope.holder == own_key);
        let opens = own.is_none_or(|envelope| {
            let data_key = envelope.open(&self.keeper.sealing);
            data_key
                .is_ok_and(|data_key| offer.sealed.open(&standing.ciphertext, &data_key).is_ok())
        });
        if opens {
            Ok(())
        } else {
            Err(Refusal::BadEnvelope.into())
        }
    }
}

fn check_offer(sealed: &SealedRecord, standing: &RecordStanding) -> Result<(), Refusal> {
    if standing.state == RecordState::Erased {
        return Err(Refusal::Erased);
    }
    let on_chain = (standing.ciphertext, standing.commitment);
    if (sealed.ciphertext_hash(), sealed.commitment) == on_chain {
        Ok(())
    } else {
        Err(Refusal::OfferNotOnChain)
    }
}
