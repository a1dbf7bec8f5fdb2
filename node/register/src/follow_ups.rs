//! What was done for a child who is expected: kept here alone, since that a family did not come is itself sensitive.
//!
//! The register knows steps as bytes; which may follow which is a rule of `musubi-care`.

use crate::store::{FOLLOW_UPS, Register, RegisterError};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::Pseudonym;
use rocksdb::WriteBatch;
use std::fmt;

/// One appointment, and what was done so that the child comes.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Followed {
    /// Whose.
    pub subject: Pseudonym,
    /// Which appointment, such as a form's name or a vaccine.
    pub about: String,
    /// The steps taken, as `musubi-care` writes them.
    pub steps: Vec<u8>,
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Followed(hidden)")
    }
}

impl Register {
    /// Keeps a follow-up in the place of what was known of it.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn follow(&self, followed: &Followed) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        let place = self.followed_at(&followed.subject, &followed.about);
        self.put_sealed(&mut batch, FOLLOW_UPS, &place, &followed.encode())?;
        self.write(batch, "note a follow-up")
    }

    /// One follow-up.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn followed(
        &self,
        subject: &Pseudonym,
        about: &str,
    ) -> Result<Option<Followed>, RegisterError> {
        let found = self.get(FOLLOW_UPS, &self.followed_at(subject, about))?;
        found.map(|bytes| read(&bytes)).transpose()
    }

    /// Every follow-up.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn follow_ups(&self) -> Result<Vec<Followed>, RegisterError> {
        let all = self.all(FOLLOW_UPS)?;
        all.iter().map(|(_, bytes)| read(bytes)).collect()
    }

    fn followed_at(&self, subject: &Pseudonym, about: &str) -> [u8; 32] {
        let value = [&subject.0, about.as_bytes()].concat();
        self.key.place(FOLLOW_UPS, &value)
    }
}

fn read(bytes: &[u8]) -> Result<Followed, RegisterError> {
    Followed::decode_all(&mut &*bytes).map_err(|_| RegisterError::Damaged)
}
