//! What this vault should have and has not: found by looking, and made good with what another holder gives.
//!
//! Nothing that another holder gives is believed: a ciphertext counts when its hash is the one on the chain, an envelope when it opens
//! that very ciphertext with this member's own key. So a holder that lies, or whose disk is damaged too, costs a question and nothing
//! else. A stand-in has no key, and gets none.
//!
//! A data key is wrapped again only for whoever had it by right: the record's author, and the subject's home municipality. That is no
//! read: nothing is given that the member's own vault was not given when the record was taken in.

use crate::{
    Refusal, Vault, VaultError,
    finalised::RecordStanding,
    release::fault,
    store::{Holding, StoreError},
};
use musubi_client_sdk::sealing::{Envelope, SealedRecord};
use musubi_primitives::{MemberId, RecordId, RecordState};
use std::collections::BTreeMap;

/// Names of the notes of records that should be here and are not begin with this.
const WANTED: &[u8] = b"wanted/";

/// What is wrong with a record here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its ciphertext is missing, cut short or altered, or what was noted of it does not read.
    Ciphertext,
    /// The ciphertext is whole, and this member's envelope is missing, or does not open it.
    Envelope,
}

/// What a look at some of the records came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Records with a flaw.
    pub flaws: BTreeMap<RecordId, Flaw>,
    /// Where the next look goes on; none after the last record.
    pub last: Option<RecordId>,
}

impl Vault {
    /// Looks at up to `limit` of the records held here, after one of them.
    ///
    /// # Errors
    /// A fault of this machine, other than damage to what is looked at.
    pub fn inspect(
        &self,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Inspection, VaultError> {
        let records = self.store.records_after(after, limit)?;
        let mut inspection = Inspection {
            last: records.last().copied().filter(|_| records.len() == limit),
            ..Inspection::default()
        };
        for record in records {
            if let Some(flaw) = self.flaw(&record)? {
                inspection.flaws.insert(record, flaw);
            }
        }
        Ok(inspection)
    }

    /// What is wrong with a record here; nothing with one that is erased, or that the chain does not count as held here.
    ///
    /// # Errors
    /// A fault of this machine, other than damage to the record.
    pub fn flaw(&self, record: &RecordId) -> Result<Option<Flaw>, VaultError> {
        let Some(standing) = self.owed(record)? else {
            return Ok(None);
        };
        let kept = self.store.holding(record).and_then(|holding| {
            holding.map_or(Ok(None), |holding| {
                Ok(self
                    .store
                    .ciphertext(record)?
                    .filter(|_| holding.ciphertext == standing.ciphertext))
            })
        });
        let ciphertext = match kept {
            Ok(Some(ciphertext)) => ciphertext,
            Ok(None) | Err(StoreError::Damaged(_)) => return Ok(Some(Flaw::Ciphertext)),
            Err(fault) => return Err(fault.into()),
        };
        let sealed = sealed(record, &standing, ciphertext);
        let opens = match self.store.envelope(record, &self.keeper.sealing.public()) {
            Ok(Some(envelope)) => self.opens(&envelope, &sealed),
            // Whoever stands in has ciphertext only.
            Ok(None) => !self.keeps_key(self.keeper.member, &standing)?,
            Err(StoreError::Damaged(_)) => false,
            Err(fault) => return Err(fault.into()),
        };
        Ok((!opens).then_some(Flaw::Envelope))
    }

    /// Puts a ciphertext that another holder gave in its place.
    ///
    /// # Errors
    /// [`Refusal::OfferNotOnChain`] for any other bytes than those on the chain, and for a record that this vault does not owe.
    pub fn mend(&self, record: &RecordId, ciphertext: Vec<u8>) -> Result<(), VaultError> {
        let standing = self.owed(record)?.ok_or(Refusal::OfferNotOnChain)?;
        let sealed = sealed(record, &standing, ciphertext);
        if sealed.ciphertext_hash() != standing.ciphertext {
            return Err(Refusal::OfferNotOnChain.into());
        }
        let bytes = u32::try_from(sealed.ciphertext.len()).map_err(|_| Refusal::OfferNotOnChain)?;
        let holding = Holding {
            subject: standing.subject,
            author: standing.author,
            ciphertext: standing.ciphertext,
            commitment: standing.commitment,
            bytes,
            acknowledged: true,
            erased: false,
        };
        Ok(self.store.mend(record, &holding, &sealed.ciphertext)?)
    }

    /// Puts an envelope that another holder made for this member in its place.
    ///
    /// # Errors
    /// [`Refusal::BadEnvelope`] unless it opens the ciphertext kept here.
    pub fn mend_envelope(&self, record: &RecordId, envelope: Envelope) -> Result<(), VaultError> {
        let standing = self.owed(record)?.ok_or(Refusal::OfferNotOnChain)?;
        let ciphertext = self.store.ciphertext(record)?;
        let sealed = sealed(record, &standing, ciphertext.ok_or(Refusal::NotAvailable)?);
        let fits = envelope.record == *record && envelope.request.is_none();
        if fits && self.opens(&envelope, &sealed) {
            Ok(self.store.put_envelopes(&[envelope])?)
        } else {
            Err(Refusal::BadEnvelope.into())
        }
    }

    /// A record's data key, wrapped at rest for a member that had it by right and has lost it.
    ///
    /// # Errors
    /// [`Refusal::NotAvailable`] to everybody else, and where this vault has no key itself.
    pub fn wrap_again(&self, peer: MemberId, record: &RecordId) -> Result<Envelope, VaultError> {
        let (_, finalised) = self.look(None, &[*record])?;
        let standing = finalised.records.into_iter().next().flatten();
        let standing = standing
            .filter(|standing| standing.state != RecordState::Erased)
            .ok_or(Refusal::NotAvailable)?;
        if !self.keeps_key(peer, &standing)? {
            return Err(Refusal::NotAvailable.into());
        }
        let holder = self.finalised.key_of(peer).map_err(unreadable)?;
        let own = self.store.envelope(record, &self.keeper.sealing.public())?;
        let (holder, own) = holder.zip(own).ok_or(Refusal::NotAvailable)?;
        let data_key = own
            .open(&self.keeper.sealing)
            .map_err(|source| fault("open an own envelope", source))?;
        let envelope = Envelope::at_rest(*record, &data_key, holder)
            .map_err(|source| fault("wrap a data key again", source))?;
        tracing::info!(member = %peer, "a data key was wrapped again for a holder that lost it");
        Ok(envelope)
    }

    /// Notes durably that the chain counts on a record here that is not.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn note_wanted(&self, record: &RecordId) -> Result<(), VaultError> {
        Ok(self.store.put_note(&name(record), &[])?)
    }

    /// Records noted so, as far as they are not here again.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn wanted(&self) -> Result<Vec<RecordId>, VaultError> {
        let notes = self.store.notes(WANTED)?.into_iter();
        Ok(notes
            .filter_map(|(name, _)| name.last_chunk().copied().map(RecordId))
            .collect())
    }

    /// The record is here again, or is not owed any more.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn settle_wanted(&self, record: &RecordId) -> Result<(), VaultError> {
        Ok(self.store.drop_note(&name(record))?)
    }

    /// How a record stands that the chain counts as held here.
    fn owed(&self, record: &RecordId) -> Result<Option<RecordStanding>, VaultError> {
        let (_, finalised) = self.look(None, &[*record])?;
        let standing = finalised.records.into_iter().next().flatten();
        Ok(standing.filter(|standing| {
            standing.state != RecordState::Erased && standing.holders.contains(&self.keeper.member)
        }))
    }

    /// Whether a member has the data key by right: as author, or as the subject's home now.
    fn keeps_key(&self, member: MemberId, standing: &RecordStanding) -> Result<bool, VaultError> {
        if standing.author == member {
            return Ok(true);
        }
        let home = self.finalised.home_of(&standing.subject);
        Ok(home.map_err(unreadable)? == Some(member))
    }

    fn opens(&self, envelope: &Envelope, sealed: &SealedRecord) -> bool {
        let data_key = envelope.open(&self.keeper.sealing);
        data_key.is_ok_and(|data_key| sealed.open(&sealed.ciphertext_hash(), &data_key).is_ok())
    }
}

fn sealed(record: &RecordId, standing: &RecordStanding, ciphertext: Vec<u8>) -> SealedRecord {
    SealedRecord {
        record: *record,
        commitment: standing.commitment,
        ciphertext,
    }
}

fn unreadable(source: crate::Cause) -> VaultError {
    VaultError::Fault {
        attempt: "look at finalised state",
        source,
    }
}

fn name(record: &RecordId) -> Vec<u8> {
    [WANTED, &record.0].concat()
}
