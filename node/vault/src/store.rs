//! What a vault keeps on disk: its own RocksDB, one batch per change, fsynced before anybody is told.

use crate::{Refusal, VaultError, exchange::Release, outbox::Outgoing};
use codec::{Decode, DecodeAll, Encode};
use musubi_client_sdk::sealing::Envelope;
use musubi_primitives::{
    CiphertextHash, Commitment, HpkeKey, MemberId, Moment, Pseudonym, RecordId, RequestId,
};
use rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, IteratorMode, Options, WriteBatch,
    WriteOptions, checkpoint::Checkpoint,
};
use std::{path::Path, sync::Mutex};

/// Ciphertext by record.
const BLOBS: &str = "blobs";
/// [`Envelope`] by record and holder key.
const ENVELOPES: &str = "envelopes";
/// [`Holding`] by record.
const HOLDINGS: &str = "holdings";
/// [`Redeemed`] by request and record: for ever, so that a ticket releases each record once.
const REDEEMED: &str = "redeemed";
/// [`Answer`] by request and challenge: for a while, in case the first one was lost.
const ANSWERS: &str = "answers";
/// Time of the last release (`u64`) by record and member.
const RELEASED: &str = "released";
/// Bytes kept (`u64`) by author.
const USAGE: &str = "usage";
/// Which records of a subject are held: subject and record, without a value.
const SUBJECTS: &str = "subjects";
/// [`Outgoing`] by record, until two holders have it.
const OUTBOX: &str = "outbox";
/// Records held here that the chain has not been told of, without a value.
const WAITING: &str = "waiting";
/// Single values by name: [`ERASURES_SEEN`], subjects who moved ([`crate::moving`]), records that are missed ([`crate::repair`]), and
/// erasure receipts that were given.
const NOTES: &str = "notes";
const COLUMNS: [&str; 11] = [
    BLOBS, ENVELOPES, HOLDINGS, REDEEMED, ANSWERS, RELEASED, USAGE, SUBJECTS, OUTBOX, WAITING,
    NOTES,
];
/// Height (`u64`) up to which every ordered erasure was carried out.
const ERASURES_SEEN: &[u8] = b"erasures-seen";

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// RocksDB said no.
    #[error("{attempt}: {source}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// Why not.
        source: rocksdb::Error,
    },
    /// A stored value does not read or decode, or a ciphertext is not what its hash says.
    #[error("the vault's {0} are damaged: they come back from another holder, or from a backup")]
    Damaged(&'static str),
    /// Another thread panicked while it wrote.
    #[error("the vault's store is closed after a fault")]
    Closed,
}

fn failed(attempt: &'static str) -> impl FnOnce(rocksdb::Error) -> StoreError {
    move |source| StoreError::Database { attempt, source }
}

/// A block of a file that fails its checksum is damage to what lies in it, not a fault of the machine.
fn unread(
    attempt: &'static str,
    column: &'static str,
) -> impl FnOnce(rocksdb::Error) -> StoreError {
    move |source| {
        if matches!(source.kind(), rocksdb::ErrorKind::Corruption) {
            return StoreError::Damaged(column);
        }
        StoreError::Database { attempt, source }
    }
}

/// One record held, or once held, here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Holding {
    /// Whose.
    pub subject: Pseudonym,
    /// Who wrote it.
    pub author: MemberId,
    /// Hash of its ciphertext.
    pub ciphertext: CiphertextHash,
    /// Its commitment.
    pub commitment: Commitment,
    /// Length of its ciphertext.
    pub bytes: u32,
    /// Whether the chain knows that it is here.
    pub acknowledged: bool,
    /// Whether ciphertext and keys were destroyed.
    pub erased: bool,
}

/// A ticket that was redeemed here for one record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Redeemed {
    pub(crate) member: MemberId,
    pub(crate) at: Moment,
    pub(crate) challenge: [u8; 32],
}

/// What was released for it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Answer {
    at: Moment,
    release: Release,
}

/// The store of one vault.
pub struct VaultStore {
    db: DB,
    /// Held by whoever reads, decides and writes; RocksDB alone does not order those.
    writer: Mutex<()>,
}

impl std::fmt::Debug for VaultStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VaultStore({})", self.db.path().display())
    }
}

impl VaultStore {
    /// Opens or makes the store in a directory of its own.
    ///
    /// # Errors
    /// When RocksDB cannot open it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        let columns = COLUMNS.map(|name| {
            let mut column = Options::default();
            // Ciphertext does not compress.
            column.set_compression_type(DBCompressionType::None);
            ColumnFamilyDescriptor::new(name, column)
        });
        let db = DB::open_cf_descriptors(&options, directory, columns)
            .map_err(failed("open the vault"))?;
        Ok(Self {
            db,
            writer: Mutex::default(),
        })
    }

    /// Writes a consistent copy into a directory that must not exist yet; opening that copy is the restore.
    ///
    /// # Errors
    /// When RocksDB cannot write it.
    pub fn back_up(&self, directory: &Path) -> Result<(), StoreError> {
        let checkpoint =
            Checkpoint::new(&self.db).map_err(failed("begin a backup of the vault"))?;
        checkpoint
            .create_checkpoint(directory)
            .map_err(failed("back the vault up"))
    }

    /// What is known of a record.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn holding(&self, record: &RecordId) -> Result<Option<Holding>, StoreError> {
        self.get(HOLDINGS, &record.0)
    }

    /// A record's ciphertext, checked against its hash.
    ///
    /// # Errors
    /// A fault of this machine, [`StoreError::Damaged`] included.
    pub fn ciphertext(&self, record: &RecordId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(holding) = self.holding(record)?.filter(|holding| !holding.erased) else {
            return Ok(None);
        };
        let bytes = self
            .db
            .get_cf(self.column(BLOBS)?, record.0)
            .map_err(unread("read a ciphertext", BLOBS))?;
        let intact = |bytes: &Vec<u8>| {
            musubi_client_sdk::sealing::record::ciphertext_hash(bytes) == holding.ciphertext
        };
        bytes
            .filter(intact)
            .map(Some)
            .ok_or(StoreError::Damaged("ciphertexts"))
    }

    /// A record's envelope for one holder.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn envelope(
        &self,
        record: &RecordId,
        holder: &HpkeKey,
    ) -> Result<Option<Envelope>, StoreError> {
        self.get(ENVELOPES, &envelope_key(record, holder))
    }

    /// Every envelope for one holder's key.
    pub(crate) fn envelopes_of(&self, holder: &HpkeKey) -> Result<Vec<Envelope>, StoreError> {
        let envelopes = self.all::<Envelope>(ENVELOPES)?.into_iter();
        let envelopes = envelopes.map(|(_, envelope)| envelope);
        Ok(envelopes
            .filter(|envelope| envelope.holder == *holder)
            .collect())
    }

    /// Keeps further envelopes of records that are held; of those erased meanwhile none.
    pub(crate) fn put_envelopes(&self, envelopes: &[Envelope]) -> Result<(), StoreError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let mut batch = WriteBatch::default();
        for envelope in envelopes {
            let is_held = self
                .holding(&envelope.record)?
                .is_some_and(|holding| !holding.erased);
            if is_held {
                let key = envelope_key(&envelope.record, &envelope.holder);
                batch.put_cf(self.column(ENVELOPES)?, key, envelope.encode());
            }
        }
        self.write(batch, "keep envelopes for another key")
    }

    /// Records held here whose acknowledgement is not yet on the chain.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn unacknowledged(&self) -> Result<Vec<RecordId>, StoreError> {
        let waiting = self
            .db
            .iterator_cf(self.column(WAITING)?, IteratorMode::Start);
        waiting
            .map(|entry| record_of(&entry.map_err(failed("list the vault"))?.0))
            .collect()
    }

    /// Up to `limit` records held here after one of them, erased ones left out, in ascending order. Of their notes only the keys are read.
    pub(crate) fn records_after(
        &self,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<RecordId>, StoreError> {
        let from = after.map_or(IteratorMode::Start, |after| {
            IteratorMode::From(&after.0, rocksdb::Direction::Forward)
        });
        let mut records = Vec::new();
        for entry in self.db.iterator_cf(self.column(HOLDINGS)?, from) {
            let (key, value) = entry.map_err(unread("list the vault", HOLDINGS))?;
            let record = record_of(&key)?;
            let erased = Holding::decode_all(&mut value.as_ref()).is_ok_and(|held| held.erased);
            if !erased && Some(&record) != after {
                records.push(record);
            }
            if records.len() == limit {
                break;
            }
        }
        Ok(records)
    }

    /// Puts a ciphertext in its place, with what is to be noted of it: whatever was there before was damaged.
    pub(crate) fn mend(
        &self,
        record: &RecordId,
        holding: &Holding,
        ciphertext: &[u8],
    ) -> Result<(), StoreError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let mut batch = WriteBatch::default();
        let counted = self.holding(record).is_ok_and(|known| known.is_some());
        if !counted {
            let usage = self.usage(holding.author)?;
            let usage = usage.saturating_add(holding.bytes.into());
            batch.put_cf(self.column(USAGE)?, holding.author.encode(), usage.encode());
        }
        batch.put_cf(self.column(HOLDINGS)?, record.0, holding.encode());
        let place = subject_key(&holding.subject, record);
        batch.put_cf(self.column(SUBJECTS)?, place, []);
        batch.delete_cf(self.column(WAITING)?, record.0);
        batch.put_cf(self.column(BLOBS)?, record.0, ciphertext);
        self.write(batch, "mend a record")
    }

    pub(crate) fn keep(
        &self,
        record: &RecordId,
        holding: &Holding,
        ciphertext: &[u8],
        envelopes: &[Envelope],
        author_bytes_max: u64,
    ) -> Result<(), VaultError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let known = self.holding(record)?;
        let usage = self
            .usage(holding.author)?
            .saturating_add(holding.bytes.into());
        if known.is_none() && usage > author_bytes_max {
            return Err(Refusal::QuotaFull.into());
        }
        let mut batch = WriteBatch::default();
        if known.is_none() {
            batch.put_cf(self.column(USAGE)?, holding.author.encode(), usage.encode());
            batch.put_cf(self.column(HOLDINGS)?, record.0, holding.encode());
            let place = subject_key(&holding.subject, record);
            batch.put_cf(self.column(SUBJECTS)?, place, []);
            batch.put_cf(self.column(WAITING)?, record.0, []);
        }
        batch.put_cf(self.column(BLOBS)?, record.0, ciphertext);
        for envelope in envelopes {
            batch.put_cf(
                self.column(ENVELOPES)?,
                envelope_key(record, &envelope.holder),
                envelope.encode(),
            );
        }
        Ok(self.write(batch, "keep a record")?)
    }

    pub(crate) fn mark_acknowledged(&self, record: &RecordId) -> Result<(), StoreError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let Some(holding) = self.holding(record)? else {
            return Ok(());
        };
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(WAITING)?, record.0);
        batch.put_cf(
            self.column(HOLDINGS)?,
            record.0,
            Holding {
                acknowledged: true,
                ..holding
            }
            .encode(),
        );
        self.write(batch, "note an acknowledgement")
    }

    pub(crate) fn redeemed(
        &self,
        request: &RequestId,
        record: &RecordId,
    ) -> Result<Option<Redeemed>, StoreError> {
        self.get(REDEEMED, &(request, record).encode())
    }

    /// What a challenge got, while it is kept.
    pub(crate) fn answer(
        &self,
        request: &RequestId,
        challenge: &[u8; 32],
    ) -> Result<Option<Release>, StoreError> {
        Ok(self
            .get::<Answer>(ANSWERS, &(request, challenge).encode())?
            .map(|answer| answer.release))
    }

    pub(crate) fn note_redeemed(
        &self,
        request: &RequestId,
        redeemed: &Redeemed,
        release: &Release,
    ) -> Result<(), VaultError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let mut batch = WriteBatch::default();
        for record in &release.receipt.records {
            if self.redeemed(request, record)?.is_some() {
                return Err(Refusal::TicketUsed.into());
            }
            batch.put_cf(
                self.column(REDEEMED)?,
                (request, record).encode(),
                redeemed.encode(),
            );
            batch.put_cf(
                self.column(RELEASED)?,
                released_key(record, redeemed.member),
                redeemed.at.encode(),
            );
        }
        let answer = Answer {
            at: redeemed.at,
            release: release.clone(),
        };
        batch.put_cf(
            self.column(ANSWERS)?,
            (request, redeemed.challenge).encode(),
            answer.encode(),
        );
        Ok(self.write(batch, "note a redeemed ticket")?)
    }

    /// When a record's key was last released to a member.
    pub(crate) fn released_at(
        &self,
        record: &RecordId,
        member: MemberId,
    ) -> Result<Option<Moment>, StoreError> {
        self.get(RELEASED, &released_key(record, member))
    }

    /// What was released lately.
    pub(crate) fn recent_releases(&self) -> Result<Vec<Release>, StoreError> {
        let answers = self.all::<Answer>(ANSWERS)?;
        Ok(answers
            .into_iter()
            .map(|(_, answer)| answer.release)
            .collect())
    }

    pub(crate) fn erasures_seen(&self) -> Result<u64, StoreError> {
        Ok(self.get(NOTES, ERASURES_SEEN)?.unwrap_or_default())
    }

    pub(crate) fn note_erasures_seen(&self, height: u64) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(NOTES)?, ERASURES_SEEN, height.encode());
        self.write(batch, "note the erasures seen")
    }

    pub(crate) fn note(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let note = self.db.get_cf(self.column(NOTES)?, name);
        note.map_err(unread("read a note", NOTES))
    }

    /// Notes something under a name, durably.
    pub(crate) fn put_note(&self, name: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(NOTES)?, name, value);
        self.write(batch, "note something")
    }

    /// Notes whose names begin with this and go on for 32 bytes.
    #[allow(clippy::type_complexity, reason = "names beside values, as noted")]
    pub(crate) fn notes(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let (from, to) = ([prefix, &[0; 32]].concat(), [prefix, &[0xff; 32]].concat());
        self.range(NOTES, &from, &to)
    }

    pub(crate) fn drop_note(&self, name: &[u8]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(NOTES)?, name);
        self.write(batch, "drop a note")
    }

    pub(crate) fn forget_answers(
        &self,
        unwanted: impl Fn(Moment, &Release) -> bool,
    ) -> Result<(), StoreError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let mut batch = WriteBatch::default();
        for (key, answer) in self.all::<Answer>(ANSWERS)? {
            if unwanted(answer.at, &answer.release) {
                batch.delete_cf(self.column(ANSWERS)?, key);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.write(batch, "forget releases")
    }

    pub(crate) fn erase(&self, record: &RecordId) -> Result<(), StoreError> {
        self.forget_answers(|_, release| release.receipt.records.contains(record))?;
        self.delete(record)?;
        self.purge(record)
    }

    fn delete(&self, record: &RecordId) -> Result<(), StoreError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let Some(holding) = self.holding(record)?.filter(|holding| !holding.erased) else {
            return Ok(());
        };
        let usage = self
            .usage(holding.author)?
            .saturating_sub(holding.bytes.into());
        let (from, to) = envelope_range(record);
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(USAGE)?, holding.author.encode(), usage.encode());
        batch.put_cf(
            self.column(HOLDINGS)?,
            record.0,
            Holding {
                erased: true,
                ..holding
            }
            .encode(),
        );
        batch.delete_cf(self.column(BLOBS)?, record.0);
        batch.delete_cf(self.column(OUTBOX)?, record.0);
        batch.delete_cf(self.column(WAITING)?, record.0);
        batch.delete_cf(
            self.column(SUBJECTS)?,
            subject_key(&holding.subject, record),
        );
        for (key, _) in self.range(ENVELOPES, &from, &to)? {
            batch.delete_cf(self.column(ENVELOPES)?, key);
        }
        self.write(batch, "erase a record")
    }

    /// Records of a subject that are held here, in ascending order.
    pub(crate) fn records_of(&self, subject: &Pseudonym) -> Result<Vec<RecordId>, StoreError> {
        let (from, to) = (
            subject_key(subject, &RecordId([0; 32])),
            subject_key(subject, &RecordId([0xff; 32])),
        );
        self.range(SUBJECTS, &from, &to)?
            .into_iter()
            .map(|(key, _)| record_of(&key))
            .collect()
    }

    /// Every record that is held here, by subject.
    pub(crate) fn held(&self) -> Result<Vec<(Pseudonym, RecordId)>, StoreError> {
        let places = self
            .db
            .iterator_cf(self.column(SUBJECTS)?, IteratorMode::Start);
        let read = |key: &[u8]| {
            let (subject, record) = key.split_first_chunk::<32>()?;
            Some((Pseudonym(*subject), RecordId(record.try_into().ok()?)))
        };
        places
            .map(|place| {
                let (key, _) = place.map_err(failed("list the vault"))?;
                read(&key).ok_or(StoreError::Damaged(SUBJECTS))
            })
            .collect()
    }

    /// The records whose id begins so, erased ones left out, each with its subject.
    pub(crate) fn held_from(&self, begin: &[u8]) -> Result<Vec<(RecordId, Pseudonym)>, StoreError> {
        let from = IteratorMode::From(begin, rocksdb::Direction::Forward);
        let mut found = Vec::new();
        for entry in self.db.iterator_cf(self.column(HOLDINGS)?, from) {
            let (key, value) = entry.map_err(unread("list the vault", HOLDINGS))?;
            if !key.starts_with(begin) {
                break;
            }
            let holding = Holding::decode_all(&mut value.as_ref())
                .map_err(|_| StoreError::Damaged(HOLDINGS))?;
            if !holding.erased {
                found.push((record_of(&key)?, holding.subject));
            }
        }
        Ok(found)
    }

    /// The entry that counts: one that was there before stays. What is on its way counts in its author's share, so that nothing goes to
    /// the chain for which there is no room here.
    pub(crate) fn put_outgoing(
        &self,
        author: MemberId,
        outgoing: Outgoing,
        author_bytes_max: u64,
    ) -> Result<Outgoing, VaultError> {
        let _writer = self.writer.lock().map_err(|_| StoreError::Closed)?;
        let record = outgoing.offer.sealed.record;
        if let Some(earlier) = self.outgoing_of(&record)? {
            return Ok(earlier);
        }
        if self.used(author)?.saturating_add(length(&outgoing)) > author_bytes_max {
            return Err(Refusal::QuotaFull.into());
        }
        let mut batch = WriteBatch::default();
        batch.put_cf(self.column(OUTBOX)?, record.0, outgoing.encode());
        self.write(batch, "note an outgoing record")?;
        Ok(outgoing)
    }

    /// How much of its share an author has used, with what is on its way.
    pub(crate) fn used(&self, author: MemberId) -> Result<u64, StoreError> {
        let mut used = self.usage(author)?;
        for under_way in self.outgoing()? {
            if self.holding(&under_way.offer.sealed.record)?.is_none() {
                used = used.saturating_add(length(&under_way));
            }
        }
        Ok(used)
    }

    pub(crate) fn outgoing_of(&self, record: &RecordId) -> Result<Option<Outgoing>, StoreError> {
        self.get(OUTBOX, &record.0)
    }

    pub(crate) fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        let entries = self.all::<Outgoing>(OUTBOX)?;
        Ok(entries.into_iter().map(|(_, outgoing)| outgoing).collect())
    }

    pub(crate) fn drop_outgoing(&self, record: &RecordId) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(OUTBOX)?, record.0);
        self.write(batch, "drop an outgoing record")
    }

    /// Rewrites the files in which the deleted bytes still lie, the log of recent writes included.
    fn purge(&self, record: &RecordId) -> Result<(), StoreError> {
        let (from, to) = envelope_range(record);
        // The log of recent writes goes only when every column that it speaks of is on disk.
        for column in COLUMNS {
            self.db
                .flush_cf(self.column(column)?)
                .map_err(failed("flush after an erasure"))?;
        }
        self.db
            .compact_range_cf(self.column(BLOBS)?, Some(record.0), Some(record.0));
        self.db
            .compact_range_cf(self.column(ENVELOPES)?, Some(&from), Some(&to));
        for column in [ANSWERS, OUTBOX] {
            self.db
                .compact_range_cf(self.column(column)?, None::<&[u8]>, None::<&[u8]>);
        }
        Ok(())
    }

    /// Bytes of ciphertext kept here, of all authors.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn bytes_kept(&self) -> Result<u64, StoreError> {
        let usage = self.all::<u64>(USAGE)?.into_iter();
        Ok(usage.fold(0, |sum, (_, bytes)| sum.saturating_add(bytes)))
    }

    fn usage(&self, author: MemberId) -> Result<u64, StoreError> {
        Ok(self.get(USAGE, &author.encode())?.unwrap_or_default())
    }

    fn get<T: Decode>(&self, column: &'static str, key: &[u8]) -> Result<Option<T>, StoreError> {
        let bytes = self
            .db
            .get_cf(self.column(column)?, key)
            .map_err(unread("read the vault", column))?;
        bytes
            .map(|bytes| {
                T::decode_all(&mut bytes.as_slice()).map_err(|_| StoreError::Damaged(column))
            })
            .transpose()
    }

    fn all<T: Decode>(&self, column: &'static str) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let mut entries = Vec::new();
        for entry in self
            .db
            .iterator_cf(self.column(column)?, IteratorMode::Start)
        {
            let (key, value) = entry.map_err(failed("list the vault"))?;
            let value =
                T::decode_all(&mut value.as_ref()).map_err(|_| StoreError::Damaged(column))?;
            entries.push((key.into_vec(), value));
        }
        Ok(entries)
    }

    #[allow(
        clippy::type_complexity,
        reason = "keys beside values, as the database gives them"
    )]
    fn range(
        &self,
        column: &'static str,
        from: &[u8],
        to: &[u8],
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let from = IteratorMode::From(from, rocksdb::Direction::Forward);
        let entries = self.db.iterator_cf(self.column(column)?, from);
        let entries =
            entries.take_while(|entry| entry.as_ref().map_or(true, |(key, _)| key.as_ref() <= to));
        entries
            .map(|entry| {
                entry
                    .map(|(key, value)| (key.into_vec(), value.into_vec()))
                    .map_err(failed("list the vault"))
            })
            .collect()
    }

    fn write(&self, batch: WriteBatch, attempt: &'static str) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db.write_opt(batch, &options).map_err(failed(attempt))
    }

    fn column(&self, name: &'static str) -> Result<&ColumnFamily, StoreError> {
        self.db.cf_handle(name).ok_or(StoreError::Damaged(name))
    }
}

fn length(outgoing: &Outgoing) -> u64 {
    u64::try_from(outgoing.offer.sealed.ciphertext.len()).unwrap_or(u64::MAX)
}

fn envelope_key(record: &RecordId, holder: &HpkeKey) -> Vec<u8> {
    [record.0, holder.0].concat()
}

fn subject_key(subject: &Pseudonym, record: &RecordId) -> Vec<u8> {
    [subject.0, record.0].concat()
}

/// The record that a key ends with.
fn record_of(key: &[u8]) -> Result<RecordId, StoreError> {
    key.last_chunk()
        .copied()
        .map(RecordId)
        .ok_or(StoreError::Damaged(HOLDINGS))
}

fn released_key(record: &RecordId, member: MemberId) -> Vec<u8> {
    (record, member).encode()
}

/// First and last key that a record's envelopes can have.
fn envelope_range(record: &RecordId) -> (Vec<u8>, Vec<u8>) {
    (
        envelope_key(record, &HpkeKey([0; 32])),
        envelope_key(record, &HpkeKey([0xff; 32])),
    )
}
