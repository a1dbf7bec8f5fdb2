//! The outbox of an author's vault: a sealed record is durable here before the chain hears of it, and stays until two holders have it.
//!
//! So a crash between sealing, committing and handing over loses nothing: whoever finds an entry goes on where the chain says that
//! it stopped.

use crate::{Vault, VaultError, exchange::Offer};
use codec::{Decode, Encode};
use musubi_primitives::{Category, MemberId, Pseudonym, RecordId};

/// A record on its way to its holders.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Outgoing {
    /// The sealed record with its envelopes at rest.
    pub offer: Offer,
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// The home municipality when it was sealed.
    pub home: MemberId,
}

impl Vault {
    /// Notes a record durably before it is committed on the chain. An entry that is there stays, and is the one that counts: the chain
    /// may hold its ciphertext already.
    ///
    /// # Errors
    /// [`Refusal::QuotaFull`](crate::Refusal::QuotaFull) where the vault has no room for it; a fault of this machine.
    pub fn stage(&self, outgoing: Outgoing) -> Result<Outgoing, VaultError> {
        let author = self.keeper.member;
        let staged = self
            .store
            .put_outgoing(author, outgoing, self.limits.author_bytes);
        self.count_refusal(&staged);
        staged
    }

    /// Whether there is room for so many further bytes of ciphertext in the author's own share.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn has_room(&self, bytes: u64) -> Result<bool, VaultError> {
        let used = self.store.used(self.keeper.member)?;
        Ok(used.saturating_add(bytes) <= self.limits.author_bytes)
    }

    /// Whether the record is on its way.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn staged(&self, record: &RecordId) -> Result<Option<Outgoing>, VaultError> {
        Ok(self.store.outgoing_of(record)?)
    }

    /// Everything that is still on its way.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, VaultError> {
        Ok(self.store.outgoing()?)
    }

    /// The record has arrived, or can never be committed: it is no longer on its way.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn settle(&self, record: &RecordId) -> Result<(), VaultError> {
        Ok(self.store.drop_outgoing(record)?)
    }
}
