//! The incident log (間違い接種): reports of mistakes at vaccinations, as they were whole and sent on. No name stands in one.
//!
//! A report is kept under the hash of its bytes, so that the same one sent again is one; it is never changed, and outlives whoever leaves
//! the register, since it tells nobody's name and the municipality answers for it. The register knows it as bytes.

use crate::store::{INCIDENTS, Register, RegisterError};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::{AccountId, Moment, RecordId, commitment::hash_parts};
use rocksdb::WriteBatch;
use std::fmt;

/// A report that is kept.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Incident {
    /// When it was entered.
    pub at: Moment,
    /// Who entered it.
    pub by: AccountId,
    /// The dose's record, where there is one.
    pub record: Option<RecordId>,
    /// The report, as `musubi-care` writes it.
    pub report: Vec<u8>,
}

impl fmt::Debug for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incident(hidden)")
    }
}

impl Register {
    /// Keeps a report and gives its number in the log; one that is there already stays as it was entered first.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn log(&self, incident: &Incident) -> Result<([u8; 32], Incident), RegisterError> {
        let _writer = self.known_for_writing()?;
        let number = hash_parts(&[&incident.record.encode(), &incident.report]);
        if let Some(bytes) = self.get(INCIDENTS, &number)? {
            return Ok((number, read(&bytes)?));
        }
        let mut batch = WriteBatch::default();
        self.put_sealed(&mut batch, INCIDENTS, &number, &incident.encode())?;
        self.write(batch, "log an incident")?;
        Ok((number, incident.clone()))
    }

    /// Every report with its number, the newest first.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn incidents(&self) -> Result<Vec<([u8; 32], Incident)>, RegisterError> {
        let mut log = Vec::new();
        for (key, bytes) in self.all(INCIDENTS)? {
            let number = key.try_into().map_err(|_| RegisterError::Damaged)?;
            log.push((number, read(&bytes)?));
        }
        log.sort_by_key(|(_, incident)| std::cmp::Reverse(incident.at));
        Ok(log)
    }
}

fn read(bytes: &[u8]) -> Result<Incident, RegisterError> {
    Incident::decode_all(&mut &*bytes).map_err(|_| RegisterError::Damaged)
}
