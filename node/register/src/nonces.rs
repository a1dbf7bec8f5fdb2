//! The verifier's book of nonces on disk: what was issued, to which terminal, until when, and whether it was spent.
//!
//! The rules are those of [`musubi_consent::nonce`]. Every change is one fsynced batch, so a nonce that was spent before the power
//! went is spent after it.

use codec::{DecodeAll as _, Encode as _};
use musubi_consent::{IssuedNonce, NonceBatch, NonceError, NonceUse};
use musubi_primitives::{AccountId, Moment};
use rocksdb::WriteBatch;

use crate::evidence::{IntakeError, Spending};
use crate::store::{NONCES, Register, RegisterError};

impl Register {
    /// Enters every nonce of a batch before it is handed out. One that was issued before keeps its first entry.
    ///
    /// # Errors
    /// A fault of this machine; no nonce of the batch is entered then.
    pub fn issue_nonces(
        &self,
        batch: &NonceBatch,
        nonce_use: NonceUse,
    ) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let entry = IssuedNonce::of(batch, nonce_use).encode();
        let mut changes = WriteBatch::default();
        for nonce in &batch.nonces {
            if self.issued_nonce(nonce)?.is_none() {
                self.put_sealed(&mut changes, NONCES, nonce, &entry)?;
            }
        }
        self.write(changes, "issue nonces")
    }

    /// Spends a nonce that a terminal used at `signed_at` for something that leaves no evidence. Evidence brings its own:
    /// [`Register::take_in`].
    ///
    /// # Errors
    /// [`IntakeError::Nonce`] when it does not count; the book is then unchanged.
    pub fn spend_nonce(&self, spending: &Spending, signed_at: Moment) -> Result<(), IntakeError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        self.spend_into(&mut batch, spending, signed_at)?;
        Ok(self.write(batch, "spend a nonce")?)
    }

    /// What is remembered of a nonce; `None` where it was never issued, or is forgotten.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn issued_nonce(&self, nonce: &[u8; 32]) -> Result<Option<IssuedNonce>, RegisterError> {
        let found = self.get(NONCES, nonce)?;
        found.map(|bytes| read(&bytes)).transpose()
    }

    /// How many unused nonces a terminal may still use without a network.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn carried_by(&self, terminal: &AccountId, now: Moment) -> Result<usize, RegisterError> {
        let mut carried = 0;
        for (_, value) in self.all(NONCES)? {
            carried += usize::from(read(&value)?.is_carried_by(terminal, now));
        }
        Ok(carried)
    }

    /// Forgets nonces that were over before `moment`: they are refused as unknown from then on. Says how many.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn forget_nonces_before(&self, moment: Moment) -> Result<usize, RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        for (key, value) in self.all(NONCES)? {
            if read(&value)?.is_over(moment) {
                batch.delete_cf(self.column(NONCES)?, key);
            }
        }
        let forgotten = batch.len();
        self.write(batch, "forget nonces")?;
        Ok(forgotten)
    }

    /// Adds the spending to a batch. The caller holds the writer.
    pub(crate) fn spend_into(
        &self,
        batch: &mut WriteBatch,
        spending: &Spending,
        signed_at: Moment,
    ) -> Result<(), IntakeError> {
        let issued = self
            .issued_nonce(&spending.nonce)?
            .ok_or(NonceError::Unknown)?;
        let spent = issued.spend(&spending.terminal, signed_at)?;
        self.put_sealed(batch, NONCES, &spending.nonce, &spent.encode())?;
        Ok(())
    }
}

fn read(bytes: &[u8]) -> Result<IssuedNonce, RegisterError> {
    IssuedNonce::decode_all(&mut &bytes[..]).map_err(|_| RegisterError::Damaged)
}
