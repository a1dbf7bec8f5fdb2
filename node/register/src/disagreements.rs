//! What this municipality did not agree with: the words, beside the block in which the chain has only that it disagreed.

use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::{ConsentId, Moment};
use rocksdb::WriteBatch;

use crate::store::{DISAGREEMENTS, Register, RegisterError};

/// Why a proposal ended as refused by this municipality.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Disagreed {
    /// The first thing that differed, in words without personal data.
    pub reason: String,
    /// Height of the block that records it.
    pub block: u64,
    /// When.
    pub at: Moment,
}

impl Register {
    /// Notes why a proposal was disagreed with.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn note_disagreement(
        &self,
        consent: &ConsentId,
        disagreed: &Disagreed,
    ) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        self.put_sealed(&mut batch, DISAGREEMENTS, &consent.0, &disagreed.encode())?;
        self.write(batch, "note a disagreement")
    }

    /// Why a proposal was disagreed with, if it was.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn disagreement(&self, consent: &ConsentId) -> Result<Option<Disagreed>, RegisterError> {
        let found = self.get(DISAGREEMENTS, &consent.0)?;
        found
            .map(|bytes| {
                Disagreed::decode_all(&mut bytes.as_slice()).map_err(|_| RegisterError::Damaged)
            })
            .transpose()
    }
}
