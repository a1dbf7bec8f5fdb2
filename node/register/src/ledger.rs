//! The ledger (予防接種台帳, 予防接種法施行令6条の2): what the municipality's own vault holds of doses and checkups, in short.
//!
//! Opening every record of a town to find one lot would take minutes; here a lot is found by its place under the register's key, and a
//! child's lines lie side by side. A line says nothing that its record does not say, and goes when the record is erased.

use crate::store::{LEDGER, LOTS, Opened, Register, RegisterError};
use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::{Pseudonym, RecordId};
use rocksdb::WriteBatch;
use std::fmt;

/// What a record says, in short.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Line {
    /// A dose that was given.
    Dose {
        /// Product code of the schedule rules; none if no coding is known.
        product: Option<String>,
        /// Day of injection, `YYYY-MM-DD`; none if the record has only a month or a year.
        date: Option<String>,
        /// Lot as the record writes it.
        lot: String,
    },
    /// A form that was completed.
    Form {
        /// Its canonical address, without version.
        form: String,
        /// Day on which it was written, `YYYY-MM-DD`.
        date: String,
        /// Code of the overall judgement, where the form has one.
        judgement: Option<String>,
    },
    /// A record of which the ledger keeps nothing.
    Other,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(hidden)")
    }
}

/// A line, and the record that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineOf {
    /// About whom.
    pub subject: Pseudonym,
    /// Which record.
    pub record: RecordId,
    /// What it says.
    pub line: Line,
}

impl Register {
    /// Enters a line; `lot` is the lot as lots are compared, empty where the record has none. Done again, it changes nothing.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn enter(&self, entered: &LineOf, lot: Option<&str>) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        let key = key_of(&entered.subject, &entered.record);
        self.put_sealed(&mut batch, LEDGER, &key, &entered.line.encode())?;
        if let Some(lot) = lot {
            let place = [self.key.place(LOTS, lot.as_bytes()).as_slice(), &key].concat();
            self.put_sealed(&mut batch, LOTS, &place, &[])?;
        }
        self.write(batch, "enter a line into the ledger")
    }

    /// Whether a record is entered.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn is_entered(
        &self,
        subject: &Pseudonym,
        record: &RecordId,
    ) -> Result<bool, RegisterError> {
        Ok(self.get(LEDGER, &key_of(subject, record))?.is_some())
    }

    /// Strikes a line, since its record was erased; `lot` as it was entered.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn strike(
        &self,
        subject: &Pseudonym,
        record: &RecordId,
        lot: Option<&str>,
    ) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        let key = key_of(subject, record);
        batch.delete_cf(self.column(LEDGER)?, &key);
        if let Some(lot) = lot {
            let place = [self.key.place(LOTS, lot.as_bytes()).as_slice(), &key].concat();
            batch.delete_cf(self.column(LOTS)?, place);
        }
        self.write(batch, "strike a line of the ledger")?;
        self.purge(LEDGER, &key)
    }

    /// One line.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn line(
        &self,
        subject: &Pseudonym,
        record: &RecordId,
    ) -> Result<Option<Line>, RegisterError> {
        let found = self.get(LEDGER, &key_of(subject, record))?;
        found.map(|bytes| read(&bytes)).transpose()
    }

    /// The lines about one subject.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn lines_of(&self, subject: &Pseudonym) -> Result<Vec<LineOf>, RegisterError> {
        self.lines(&subject.0)
    }

    /// Every line, a subject's side by side.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn ledger(&self) -> Result<Vec<LineOf>, RegisterError> {
        self.lines(&[])
    }

    /// The lines of a lot, as lots are compared; of an empty one, those whose record has none.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn of_lot(&self, lot: &str) -> Result<Vec<LineOf>, RegisterError> {
        let place = self.key.place(LOTS, lot.as_bytes());
        let mut lines = Vec::new();
        for (key, _) in self.beginning_with(LOTS, &place)? {
            let (subject, record) = named_by(key.get(place.len()..).unwrap_or_default())?;
            let line = self.line(&subject, &record)?;
            lines.extend(line.map(|line| LineOf {
                subject,
                record,
                line,
            }));
        }
        Ok(lines)
    }

    fn lines(&self, start: &[u8]) -> Result<Vec<LineOf>, RegisterError> {
        let entries = self.beginning_with(LEDGER, start)?;
        let read = |(key, bytes): Opened| {
            let (subject, record) = named_by(&key)?;
            Ok(LineOf {
                subject,
                record,
                line: read(&bytes)?,
            })
        };
        entries.into_iter().map(read).collect()
    }

    /// Strikes everything about somebody who leaves the register.
    pub(crate) fn strike_all(
        &self,
        batch: &mut WriteBatch,
        subject: &Pseudonym,
    ) -> Result<(), RegisterError> {
        for (key, _) in self.beginning_with(LEDGER, &subject.0)? {
            batch.delete_cf(self.column(LEDGER)?, &key);
        }
        for (key, _) in self.all(LOTS)? {
            let (of, _) = named_by(key.get(32..).unwrap_or_default())?;
            if of == *subject {
                batch.delete_cf(self.column(LOTS)?, &key);
            }
        }
        Ok(())
    }
}

fn key_of(subject: &Pseudonym, record: &RecordId) -> Vec<u8> {
    [subject.0, record.0].concat()
}

fn named_by(key: &[u8]) -> Result<(Pseudonym, RecordId), RegisterError> {
    let halves = key.split_first_chunk::<32>();
    let (subject, record) = halves.ok_or(RegisterError::Damaged)?;
    let record = record.try_into().map_err(|_| RegisterError::Damaged)?;
    Ok((Pseudonym(*subject), RecordId(record)))
}

fn read(bytes: &[u8]) -> Result<Line, RegisterError> {
    Line::decode_all(&mut &*bytes).map_err(|_| RegisterError::Damaged)
}
