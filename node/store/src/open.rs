//! Opening the database: create it, recognise it, or refuse it with the reason.
//!
//! A store is served only if it was made for this chain, in a layout this program knows, and its newest block, certificate, state root and
//! mountain peaks fit together. RocksDB checks every data block against its checksum on reading; a damaged log refuses to open, except for
//! an incomplete last record, which a killed process leaves behind.

use crate::{
    keys::{self, Column},
    migration, value,
};
use codec::{Decode, Encode};
use musubi_node_core::ports::{ChainStore, LocalFault};
use musubi_primitives::{BlockHash, mountain_range::peak_positions};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBRecoveryMode, Direction,
    ErrorKind, IteratorMode, Options, WriteBatch, WriteOptions,
};
use sp_runtime::{
    generic,
    traits::{BlakeTwo256, Hash as _},
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The header as every specification of the runtime has it.
pub(crate) type Header = generic::Header<u32, BlakeTwo256>;

/// How long old states are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// For ever.
    Archive,
    /// The states of this many newest heights, at least one.
    Heights(u64),
}

/// What to open.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The database's directory; made if it is not there.
    pub path: PathBuf,
    /// The chain's id.
    pub chain: String,
    /// Hash of the chain's genesis block.
    pub genesis: BlockHash,
    /// How long old states are kept.
    pub retention: Retention,
    /// Memory for cached data, in bytes.
    pub cache_bytes: usize,
}

/// Why a directory is not served.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{path} is in use by another process: {cause}")]
    InUse {
        /// The directory.
        path: PathBuf,
        /// RocksDB's words.
        cause: String,
    },
    /// The disk, or the operating system.
    #[error("open {path}: {cause}")]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
    /// Made for another chain.
    #[error(
        "{path} belongs to chain {found:?} with genesis {found_genesis}; this node is configured for {expected:?} with genesis {expected_genesis}"
    )]
    OtherChain {
        /// The directory.
        path: PathBuf,
        /// Chain id in the store.
        found: String,
        /// Genesis hash in the store.
        found_genesis: BlockHash,
        /// Configured chain id.
        expected: String,
        /// Configured genesis hash.
        expected_genesis: BlockHash,
    },
    /// Written by a newer program.
    #[error(
        "{path} has layout {found}, this program knows layouts up to {}: upgrade the program",
        migration::SCHEMA_VERSION
    )]
    NewerSchema {
        /// The directory.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// Its parts do not fit together.
    #[error("{path} is damaged: {what}; restore it from another node, never from an old copy")]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
}

/// An open store.
pub struct Store {
    pub(crate) db: DB,
    pub(crate) options: StoreOptions,
    writer: Mutex<()>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store of a chain, or makes it.
    ///
    /// # Errors
    /// When the directory is another chain's, in use, newer than this program, or damaged; see [`OpenError`].
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let is_new = !options.path.join("CURRENT").exists();
        let db = open_database(&options, is_new)?;
        let store = Self {
            db,
            options,
            writer: Mutex::new(()),
        };
        if is_new {
            store.found()?;
        } else {
            store.recognise()?;
        }
        store.check_tip().map_err(|what| store.damaged(what))?;
        Ok(store)
    }

    fn found(&self) -> Result<(), OpenError> {
        let mut batch = WriteBatch::default();
        let meta = self.column(Column::Meta);
        batch.put_cf(meta, keys::SCHEMA, migration::SCHEMA_VERSION.encode());
        batch.put_cf(meta, keys::GENESIS, self.options.genesis.encode());
        batch.put_cf(meta, keys::CHAIN, self.options.chain.encode());
        self.write_synced("found the store", batch)
            .map_err(|fault| self.unreadable(fault))
    }

    fn recognise(&self) -> Result<(), OpenError> {
        let schema: u32 = self.required_meta(keys::SCHEMA)?;
        if schema > migration::SCHEMA_VERSION {
            return Err(OpenError::NewerSchema {
                path: self.options.path.clone(),
                found: schema,
            });
        }
        self.recognise_chain()?;
        migration::run(self, schema).map_err(|fault| self.unreadable(fault))
    }

    fn recognise_chain(&self) -> Result<(), OpenError> {
        let found: String = self.required_meta(keys::CHAIN)?;
        let found_genesis: BlockHash = self.required_meta(keys::GENESIS)?;
        if found == self.options.chain && found_genesis == self.options.genesis {
            return Ok(());
        }
        Err(OpenError::OtherChain {
            path: self.options.path.clone(),
            found,
            found_genesis,
            expected: self.options.chain.clone(),
            expected_genesis: self.options.genesis,
        })
    }

    fn required_meta<T: Decode>(&self, key: &[u8]) -> Result<T, OpenError> {
        let name = String::from_utf8_lossy(key).into_owned();
        self.meta(key)
            .map_err(|fault| self.damaged(fault.to_string()))?
            .ok_or_else(|| self.damaged(format!("{name} is missing")))
    }

    fn damaged(&self, what: String) -> OpenError {
        OpenError::Damaged {
            path: self.options.path.clone(),
            what,
        }
    }

    fn unreadable(&self, fault: LocalFault) -> OpenError {
        OpenError::Unreadable {
            path: self.options.path.clone(),
            cause: fault.to_string(),
        }
    }

    /// Whether the newest block, its certificate, its state and the mountain range fit together.
    fn check_tip(&self) -> Result<(), String> {
        let Some((height, hash)) = self.tip().map_err(|fault| fault.to_string())? else {
            return Ok(());
        };
        let header = self
            .tip_header(height, &hash)
            .map_err(|fault| fault.to_string())?;
        self.check_tip_parts(height, &header)
            .map_err(|fault| fault.to_string())
    }

    fn tip_header(&self, height: u64, hash: &BlockHash) -> Result<Header, LocalFault> {
        let broken = |cause: &str| LocalFault::new(format!("check the tip, block {height}"), cause);
        let block = self
            .block(hash)?
            .ok_or_else(|| broken("its bytes are missing"))?;
        let header =
            Header::decode(&mut &block.bytes[..]).map_err(|error| broken(&error.to_string()))?;
        if header.hash().0 != hash.0 || u64::from(header.number) != height {
            return Err(broken("its bytes are another block's"));
        }
        Ok(header)
    }

    fn check_tip_parts(&self, height: u64, header: &Header) -> Result<(), LocalFault> {
        let missing = |what: &str| LocalFault::new(format!("check the tip, block {height}"), what);
        let root = self
            .trie_node(header.state_root.as_bytes())?
            .ok_or_else(|| missing("the root of its state is missing"))?;
        if BlakeTwo256::hash(&root) != header.state_root {
            return Err(missing("the root of its state has another hash"));
        }
        if height > 0 && self.certificate(height)?.is_none() {
            return Err(missing("its certificate is missing"));
        }
        if self.validators(height)?.is_none() {
            return Err(missing("its validator set is missing"));
        }
        for position in peak_positions(height.saturating_add(1)) {
            self.mountain_node(position)?
                .ok_or_else(|| missing("a peak of the mountain range of headers is missing"))?;
        }
        Ok(())
    }
}

/// What the other modules need of the database.
impl Store {
    pub(crate) fn column(&self, column: Column) -> &ColumnFamily {
        self.db
            .cf_handle(column.name())
            .expect("open names every column of Column::ALL")
    }

    pub(crate) fn get(
        &self,
        column: Column,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<Vec<u8>>, LocalFault> {
        self.db
            .get_cf(self.column(column), key)
            .map_err(|error| LocalFault::new(format!("read column {}", column.name()), error))
    }

    pub(crate) fn get_decoded<T: Decode>(
        &self,
        column: Column,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<T>, LocalFault> {
        self.get(column, key)?
            .map(|bytes| value::decode(column.name(), &bytes))
            .transpose()
    }

    /// Decodes what a value begins with and leaves the rest of it unread.
    pub(crate) fn get_front<T: Decode>(
        &self,
        column: Column,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<T>, LocalFault> {
        let fault = |error: &dyn std::fmt::Display| {
            LocalFault::new(format!("read column {}", column.name()), error)
        };
        let found = self.db.get_pinned_cf(self.column(column), key);
        found
            .map_err(|error| fault(&error))?
            .map(|bytes| T::decode(&mut &bytes[..]).map_err(|error| fault(&error)))
            .transpose()
    }

    pub(crate) fn meta<T: Decode>(&self, key: &[u8]) -> Result<Option<T>, LocalFault> {
        self.get_decoded(Column::Meta, key)
    }

    #[expect(clippy::type_complexity, reason = "a key and a value, or the fault")]
    pub(crate) fn iterate(
        &self,
        column: Column,
        mode: IteratorMode<'_>,
    ) -> impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), LocalFault>> {
        self.db
            .iterator_cf(self.column(column), mode)
            .map(move |entry| {
                entry.map_err(|error| {
                    LocalFault::new(format!("walk column {}", column.name()), error)
                })
            })
    }

    /// Entries whose keys start with `prefix`, in order from `start` on.
    #[expect(clippy::type_complexity, reason = "a key and a value, or the fault")]
    pub(crate) fn iterate_prefix(
        &self,
        column: Column,
        prefix: Vec<u8>,
        start: &[u8],
    ) -> impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), LocalFault>> {
        self.iterate(column, IteratorMode::From(start, Direction::Forward))
            .take_while(move |entry| {
                entry
                    .as_ref()
                    .map_or(true, |(key, _)| key.starts_with(&prefix))
            })
    }

    /// Held while a write depends on what was read.
    pub(crate) fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a batch that is on disk when this returns.
    pub(crate) fn write_synced(&self, attempt: &str, batch: WriteBatch) -> Result<(), LocalFault> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db
            .write_opt(batch, &options)
            .map_err(|error| LocalFault::new(attempt, error))
    }

    /// Writes a batch that survives the end of this process, though not a power cut.
    pub(crate) fn write_unsynced(
        &self,
        attempt: &str,
        batch: WriteBatch,
    ) -> Result<(), LocalFault> {
        self.db
            .write(batch)
            .map_err(|error| LocalFault::new(attempt, error))
    }
}

fn open_database(options: &StoreOptions, is_new: bool) -> Result<DB, OpenError> {
    let database = database_options(is_new);
    let cache = Cache::new_lru_cache(options.cache_bytes);
    let columns = Column::ALL
        .map(|column| ColumnFamilyDescriptor::new(column.name(), column_options(column, &cache)));
    DB::open_cf_descriptors(&database, &options.path, columns).map_err(|error| {
        let (path, cause) = (options.path.clone(), error.to_string());
        match error.kind() {
            ErrorKind::Corruption | ErrorKind::InvalidArgument => {
                OpenError::Damaged { path, what: cause }
            }
            ErrorKind::IOError if cause.contains("lock") => OpenError::InUse { path, cause },
            _ => OpenError::Unreadable { path, cause },
        }
    })
}

fn database_options(is_new: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(is_new);
    options.create_missing_column_families(is_new);
    options.set_paranoid_checks(true);
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_total_wal_size(128 << 20);
    options.set_keep_log_file_num(2);
    options.set_max_open_files(512);
    options
}

fn column_options(column: Column, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_bloom_filter(10.0, false);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    let buffer = if column == Column::TrieNodes {
        32 << 20
    } else {
        4 << 20
    };
    options.set_write_buffer_size(buffer);
    options.set_compression_type(match column {
        // Hashes do not compress.
        Column::TrieNodes | Column::MountainNodes | Column::Extrinsics => {
            rocksdb::DBCompressionType::None
        }
        Column::Blocks
        | Column::Heights
        | Column::Certificates
        | Column::Validators
        | Column::Events
        | Column::DroppedNodes
        | Column::TrailRows
        | Column::TrailIndex
        | Column::Undecided
        | Column::UndecidedBlocks
        | Column::Attempts
        | Column::PoolJournal
        | Column::Meta => rocksdb::DBCompressionType::Lz4,
    });
    options
}
