//! Drafts of forms: what somebody has answered so far, kept for that person alone until it is sent or its time is over.

use crate::store::{DRAFTS, Register, RegisterError};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::{AccountId, Moment, Pseudonym};
use rocksdb::WriteBatch;
use std::fmt;

/// A form that is not yet sent.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Draft {
    /// Whose device wrote it.
    pub writer: AccountId,
    /// About whom.
    pub subject: Pseudonym,
    /// Canonical address of the form, without version.
    pub form: String,
    /// When it was last saved.
    pub saved: Moment,
    /// The answers so far, as they were sent.
    pub text: Vec<u8>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(hidden)")
    }
}

impl Register {
    /// Keeps a draft in the place of the one before, and forgets every draft last saved before `oldest`.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn save_draft(&self, draft: &Draft, oldest: Moment) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        for (key, bytes) in self.all(DRAFTS)? {
            if read(&bytes)?.saved < oldest {
                batch.delete_cf(self.column(DRAFTS)?, key);
            }
        }
        let place = self.place_of(&draft.writer, &draft.subject, &draft.form);
        self.put_sealed(&mut batch, DRAFTS, &place, &draft.encode())?;
        self.write(batch, "keep a draft")
    }

    /// A draft, by who writes what about whom.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn draft(
        &self,
        writer: &AccountId,
        subject: &Pseudonym,
        form: &str,
    ) -> Result<Option<Draft>, RegisterError> {
        let found = self.get(DRAFTS, &self.place_of(writer, subject, form))?;
        found.map(|bytes| read(&bytes)).transpose()
    }

    /// Forgets a draft, since it was sent.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn drop_draft(
        &self,
        writer: &AccountId,
        subject: &Pseudonym,
        form: &str,
    ) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        let place = self.place_of(writer, subject, form);
        batch.delete_cf(self.column(DRAFTS)?, place);
        self.write(batch, "forget a draft")
    }

    fn place_of(&self, writer: &AccountId, subject: &Pseudonym, form: &str) -> [u8; 32] {
        let value = [writer.0.as_slice(), &subject.0, form.as_bytes()].concat();
        self.key.place(DRAFTS, &value)
    }
}

fn read(bytes: &[u8]) -> Result<Draft, RegisterError> {
    Draft::decode_all(&mut &*bytes).map_err(|_| RegisterError::Damaged)
}
