//! The register on disk and what can be asked of it.

use crate::{
    person::{Person, PersonId},
    sealing::RegisterKey,
    search::Index,
};
use codec::Encode;
use musubi_primitives::Pseudonym;
use rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, Direction, IteratorMode, Options, WriteBatch,
    WriteOptions, checkpoint::Checkpoint,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
    path::Path,
    sync::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use zeroize::Zeroizing;

/// [`Person`] by [`PersonId`].
const PEOPLE: &str = "people";
/// Evidence by its commitment.
pub(crate) const EVIDENCE: &str = "evidence";
/// What was found when evidence was judged, by its commitment.
pub(crate) const FINDINGS: &str = "findings";
/// What is remembered of a nonce, by the nonce.
pub(crate) const NONCES: &str = "nonces";
/// Why proposals were disagreed with, by the consent.
pub(crate) const DISAGREEMENTS: &str = "disagreements";
/// Receipts by the evidence that they are about and the row of the chain that they tell of.
pub(crate) const RECEIPTS: &str = "receipts";
/// Drafts of forms, by writer, subject and form.
pub(crate) const DRAFTS: &str = "drafts";
/// What was done for whoever is expected, by subject and appointment.
pub(crate) const FOLLOW_UPS: &str = "follow-ups";
/// Reports of mistakes at vaccinations, by their hash.
pub(crate) const INCIDENTS: &str = "incidents";
/// Lines of the ledger, by subject and record.
pub(crate) const LEDGER: &str = "ledger";
/// Which lines of the ledger are of a lot, by the lot's place, subject and record.
pub(crate) const LOTS: &str = "lots";
/// Says under which key the register is sealed.
const KEY_CHECK: &str = "key-check";
const COLUMNS: [&str; 12] = [
    PEOPLE,
    EVIDENCE,
    FINDINGS,
    NONCES,
    DISAGREEMENTS,
    RECEIPTS,
    DRAFTS,
    FOLLOW_UPS,
    INCIDENTS,
    LEDGER,
    LOTS,
    KEY_CHECK,
];
const KEY_CHECK_TEXT: &[u8] = b"musubi register, version 1";

/// Why the register did not do something. Never names anybody.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// RocksDB said no.
    #[error("{attempt}: {source}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// Why not.
        source: rocksdb::Error,
    },
    /// Sealed under another key.
    #[error("the register does not open under this key")]
    WrongKey,
    /// An entry is damaged: restore the backup.
    #[error("an entry of the register is damaged: restore a backup")]
    Damaged,
    /// No randomness.
    #[error("the platform gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// There is no such person.
    #[error("no such person in this register")]
    UnknownPerson,
    /// An identifier belongs to somebody else already.
    #[error("an identifier belongs to another person of this register")]
    IdentifierTaken,
    /// A pseudonym belongs to somebody else already.
    #[error("a pseudonym belongs to another person of this register")]
    PseudonymTaken,
    /// Another thread panicked while it wrote.
    #[error("the register is closed after a fault")]
    Closed,
}

fn failed(attempt: &'static str) -> impl FnOnce(rocksdb::Error) -> RegisterError {
    move |source| RegisterError::Database { attempt, source }
}

/// A key of a column beside its value, unsealed.
pub(crate) type Opened = (Vec<u8>, Zeroizing<Vec<u8>>);

/// What is kept in memory: who is where, found again at every start.
#[derive(Default)]
pub(crate) struct Known {
    index: Index,
    by_pseudonym: BTreeMap<Pseudonym, PersonId>,
    by_identifier: BTreeMap<String, PersonId>,
    /// A guardian, then somebody decided for.
    wards: BTreeSet<(PersonId, PersonId)>,
}

/// One municipality's register.
pub struct Register {
    db: DB,
    pub(crate) key: RegisterKey,
    known: RwLock<Known>,
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({})", self.db.path().display())
    }
}

impl Register {
    /// Opens or makes the register in a directory of its own, and reads through it.
    ///
    /// # Errors
    /// [`RegisterError::WrongKey`], [`RegisterError::Damaged`] or a fault of the database.
    pub fn open(directory: &Path, key: RegisterKey) -> Result<Self, RegisterError> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        let columns = COLUMNS.map(|name| ColumnFamilyDescriptor::new(name, Options::default()));
        let db = DB::open_cf_descriptors(&options, directory, columns)
            .map_err(failed("open the register"))?;
        let register = Self {
            db,
            key,
            known: RwLock::default(),
        };
        register.check_key()?;
        register.read_through()?;
        Ok(register)
    }

    /// How many people are in it.
    ///
    /// # Errors
    /// [`RegisterError::Closed`].
    pub fn people(&self) -> Result<usize, RegisterError> {
        Ok(self.known()?.index.len())
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`RegisterError::PseudonymTaken`] or a fault of this machine.
    pub fn add(&self, person: &Person) -> Result<PersonId, RegisterError> {
        let mut id = PersonId([0; 16]);
        getrandom::fill(&mut id.0).map_err(RegisterError::Randomness)?;
        self.put(id, None, person)?;
        Ok(id)
    }

    /// Replaces what is known of a person.
    ///
    /// # Errors
    /// [`RegisterError::UnknownPerson`], [`RegisterError::PseudonymTaken`] or a fault of this machine.
    pub fn update(&self, id: PersonId, person: &Person) -> Result<(), RegisterError> {
        let before = self.person(id)?.ok_or(RegisterError::UnknownPerson)?;
        self.put(id, Some(&before), person)
    }

    /// Takes a person out for ever.
    ///
    /// # Errors
    /// [`RegisterError::UnknownPerson`] or a fault of this machine.
    pub fn remove(&self, id: PersonId) -> Result<(), RegisterError> {
        let mut known = self.known_for_writing()?;
        let person = self.person(id)?.ok_or(RegisterError::UnknownPerson)?;
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(PEOPLE)?, id.0);
        for pseudonym in person.all_pseudonyms() {
            self.strike_all(&mut batch, &pseudonym)?;
        }
        self.write(batch, "remove a person")?;
        known.forget(id, &person);
        self.purge(PEOPLE, &id.0)
    }

    /// One person.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn person(&self, id: PersonId) -> Result<Option<Person>, RegisterError> {
        let opened = self.get(PEOPLE, &id.0)?;
        opened
            .map(|bytes| Person::read(&bytes).ok_or(RegisterError::Damaged))
            .transpose()
    }

    /// Whose pseudonym this is or was.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn by_pseudonym(&self, pseudonym: &Pseudonym) -> Result<Option<PersonId>, RegisterError> {
        Ok(self.known()?.by_pseudonym.get(pseudonym).copied())
    }

    /// Every pseudonym after this one, in their order, with whose it is or was.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn pseudonyms_after(
        &self,
        after: Option<Pseudonym>,
    ) -> Result<Vec<(Pseudonym, PersonId)>, RegisterError> {
        let known = self.known()?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = known.by_pseudonym.range((from, Bound::Unbounded));
        Ok(rest.map(|(pseudonym, id)| (*pseudonym, *id)).collect())
    }

    /// Whose identifier this is.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn by_identifier(&self, identifier: &str) -> Result<Option<PersonId>, RegisterError> {
        Ok(self.known()?.by_identifier.get(identifier).copied())
    }

    /// People whose name or reading contains the query, ordered by reading; at most [`crate::search::HITS_MAX`].
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn search(&self, query: &str) -> Result<Vec<(PersonId, Person)>, RegisterError> {
        let hits = self.known()?.index.search(query);
        let read = |id| Ok(self.person(id)?.map(|person| (id, person)));
        hits.into_iter()
            .filter_map(|id| read(id).transpose())
            .collect()
    }

    /// Everybody of whom this person is a guardian, ended guardianships included.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn wards_of(&self, guardian: PersonId) -> Result<Vec<Person>, RegisterError> {
        let wards = self.known()?.wards_of(guardian);
        let read = |id| self.person(id).transpose();
        wards.into_iter().filter_map(read).collect()
    }

    /// Keeps evidence under its commitment.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn keep_evidence(&self, commitment: &[u8; 32], sealed: &[u8]) -> Result<(), RegisterError> {
        let mut batch = WriteBatch::default();
        self.put_sealed(&mut batch, EVIDENCE, commitment, sealed)?;
        self.write(batch, "keep evidence")
    }

    /// Evidence by its commitment.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn evidence(
        &self,
        commitment: &[u8; 32],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RegisterError> {
        self.get(EVIDENCE, commitment)
    }

    /// Destroys evidence, what was found about it, and the receipts that tell of it.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn erase_evidence(&self, commitment: &[u8; 32]) -> Result<(), RegisterError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(EVIDENCE)?, commitment);
        batch.delete_cf(self.column(FINDINGS)?, commitment);
        let receipts = self.beginning_with(RECEIPTS, commitment)?;
        for (key, _) in &receipts {
            batch.delete_cf(self.column(RECEIPTS)?, key);
        }
        self.write(batch, "erase evidence")?;
        self.purge(EVIDENCE, commitment)?;
        self.purge(FINDINGS, commitment)?;
        receipts
            .iter()
            .try_for_each(|(key, _)| self.purge(RECEIPTS, key))
    }

    /// Writes a consistent copy, as encrypted as the register, into a directory that must not exist yet. Opening the copy is the restore.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn back_up(&self, directory: &Path) -> Result<(), RegisterError> {
        let checkpoint =
            Checkpoint::new(&self.db).map_err(failed("begin a backup of the register"))?;
        checkpoint
            .create_checkpoint(directory)
            .map_err(failed("back the register up"))
    }

    fn put(
        &self,
        id: PersonId,
        before: Option<&Person>,
        person: &Person,
    ) -> Result<(), RegisterError> {
        let mut known = self.known_for_writing()?;
        known.check(id, person)?;
        let mut batch = WriteBatch::default();
        let plain = Zeroizing::new(person.encode());
        self.put_sealed(&mut batch, PEOPLE, &id.0, &plain)?;
        self.write(batch, "write a person")?;
        if let Some(before) = before {
            known.forget(id, before);
        }
        known.note(id, person);
        Ok(())
    }

    fn check_key(&self) -> Result<(), RegisterError> {
        let stored = self
            .db
            .get_cf(self.column(KEY_CHECK)?, KEY_CHECK)
            .map_err(failed("read the register"))?;
        match stored {
            Some(sealed) => self
                .key
                .open(KEY_CHECK, KEY_CHECK.as_bytes(), &sealed)
                .map(drop)
                .ok_or(RegisterError::WrongKey),
            None => {
                let mut batch = WriteBatch::default();
                self.put_sealed(&mut batch, KEY_CHECK, KEY_CHECK.as_bytes(), KEY_CHECK_TEXT)?;
                self.write(batch, "begin a register")
            }
        }
    }

    fn read_through(&self) -> Result<(), RegisterError> {
        let mut known = self.known_for_writing()?;
        for (key, plain) in self.all(PEOPLE)? {
            let id = key
                .try_into()
                .map(PersonId)
                .map_err(|_| RegisterError::Damaged)?;
            let person = Person::read(&plain).ok_or(RegisterError::Damaged)?;
            known.note(id, &person);
        }
        Ok(())
    }

    pub(crate) fn get(
        &self,
        column: &'static str,
        key: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RegisterError> {
        let sealed = self
            .db
            .get_cf(self.column(column)?, key)
            .map_err(failed("read the register"))?;
        sealed
            .map(|sealed| {
                self.key
                    .open(column, key, &sealed)
                    .ok_or(RegisterError::Damaged)
            })
            .transpose()
    }

    /// Every entry of a column, opened.
    pub(crate) fn all(&self, column: &'static str) -> Result<Vec<Opened>, RegisterError> {
        self.beginning_with(column, &[])
    }

    /// Every entry of a column whose key begins so, opened.
    pub(crate) fn beginning_with(
        &self,
        column: &'static str,
        start: &[u8],
    ) -> Result<Vec<Opened>, RegisterError> {
        let mut entries = Vec::new();
        let from = IteratorMode::From(start, Direction::Forward);
        for entry in self.db.iterator_cf(self.column(column)?, from) {
            let (key, sealed) = entry.map_err(failed("read the register"))?;
            if !key.starts_with(start) {
                break;
            }
            let plain = self
                .key
                .open(column, &key, &sealed)
                .ok_or(RegisterError::Damaged)?;
            entries.push((key.into_vec(), plain));
        }
        Ok(entries)
    }

    pub(crate) fn put_sealed(
        &self,
        batch: &mut WriteBatch,
        column: &'static str,
        key: &[u8],
        plain: &[u8],
    ) -> Result<(), RegisterError> {
        let sealed = self
            .key
            .seal(column, key, plain)
            .map_err(RegisterError::Randomness)?;
        batch.put_cf(self.column(column)?, key, sealed);
        Ok(())
    }

    pub(crate) fn write(
        &self,
        batch: WriteBatch,
        attempt: &'static str,
    ) -> Result<(), RegisterError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db.write_opt(batch, &options).map_err(failed(attempt))
    }

    /// Rewrites the files in which a deleted entry still lies.
    pub(crate) fn purge(&self, column: &'static str, key: &[u8]) -> Result<(), RegisterError> {
        for name in COLUMNS {
            self.db
                .flush_cf(self.column(name)?)
                .map_err(failed("flush after a removal"))?;
        }
        self.db
            .compact_range_cf(self.column(column)?, Some(key), Some(key));
        Ok(())
    }

    pub(crate) fn column(&self, name: &'static str) -> Result<&ColumnFamily, RegisterError> {
        self.db.cf_handle(name).ok_or(RegisterError::Damaged)
    }

    fn known(&self) -> Result<RwLockReadGuard<'_, Known>, RegisterError> {
        self.known.read().map_err(|_| RegisterError::Closed)
    }

    pub(crate) fn known_for_writing(&self) -> Result<RwLockWriteGuard<'_, Known>, RegisterError> {
        self.known.write().map_err(|_| RegisterError::Closed)
    }
}

impl Known {
    fn check(&self, id: PersonId, person: &Person) -> Result<(), RegisterError> {
        let is_free = |holder: Option<&PersonId>| holder.is_none_or(|holder| *holder == id);
        if !is_free(self.by_identifier.get(&person.identifier)) {
            return Err(RegisterError::IdentifierTaken);
        }
        let mut pseudonyms = person.all_pseudonyms();
        if pseudonyms.all(|pseudonym| is_free(self.by_pseudonym.get(&pseudonym))) {
            Ok(())
        } else {
            Err(RegisterError::PseudonymTaken)
        }
    }

    fn note(&mut self, id: PersonId, person: &Person) {
        self.index.insert(id, person);
        self.by_identifier.insert(person.identifier.clone(), id);
        self.by_pseudonym
            .extend(person.all_pseudonyms().map(|pseudonym| (pseudonym, id)));
        let guardians = person.guardians.iter().map(|guardian| guardian.person);
        self.wards.extend(guardians.map(|guardian| (guardian, id)));
    }

    fn wards_of(&self, guardian: PersonId) -> Vec<PersonId> {
        let range = (guardian, PersonId([0; 16]))..=(guardian, PersonId([u8::MAX; 16]));
        self.wards.range(range).map(|(_, ward)| *ward).collect()
    }

    fn forget(&mut self, id: PersonId, person: &Person) {
        self.index.remove(id, person);
        self.by_identifier.remove(&person.identifier);
        for pseudonym in person.all_pseudonyms() {
            self.by_pseudonym.remove(&pseudonym);
        }
        for guardian in &person.guardians {
            self.wards.remove(&(guardian.person, id));
        }
    }
}
