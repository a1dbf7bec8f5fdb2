//! The database file: opened, found to be of this chain and version, or emptied.
//!
//! Write-ahead logging without a sync per block: a killed process loses nothing, a power cut at most the newest blocks, which are read from the
//! chain again.

use crate::{
    error::IndexError,
    tables::{CREATE, DROP, VERSION},
};
use musubi_primitives::BlockHash;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// Questions that are answered at once.
const READERS: u32 = 4;
/// How long a question waits for a connection.
const WAIT: Duration = Duration::from_secs(10);
/// Page cache of each connection, in KiB.
const CACHE_KIB: u32 = 16 << 10;

/// The index of one chain. Cheap to share.
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
    genesis: BlockHash,
}

impl Index {
    /// Opens the index of a chain, or makes it; one of another chain or an older program is emptied.
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub async fn open(file: &Path, genesis: BlockHash) -> Result<Self, IndexError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(WAIT)
            .pragma("cache_size", format!("-{CACHE_KIB}"));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(IndexError::while_("open the index"))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(WAIT)
            .connect_lazy_with(options.pragma("query_only", "true"));
        let index = Self {
            readers,
            writer,
            genesis,
        };
        if !index.is_current().await {
            index.empty(0).await?;
        }
        Ok(index)
    }

    /// Closes every connection; what was written is in the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Whether the file is of this chain and this program's tables.
    async fn is_current(&self) -> bool {
        let row = sqlx::query("SELECT version, genesis FROM progress")
            .fetch_optional(&self.writer)
            .await;
        // A file without the table is as good as an empty one.
        row.ok().flatten().is_some_and(|row| {
            let (version, genesis): (i64, Vec<u8>) = (row.get(0), row.get(1));
            version == VERSION && genesis == self.genesis.0
        })
    }

    /// Empties the index; it will begin with block `first`.
    pub(crate) async fn empty(&self, first: u64) -> Result<(), IndexError> {
        let failed = || IndexError::while_("empty the index");
        let mut change = self.writer.begin().await.map_err(failed())?;
        sqlx::raw_sql(DROP)
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        sqlx::raw_sql(CREATE)
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        sqlx::query("INSERT INTO progress VALUES (0, ?, ?, ?, ?)")
            .bind(VERSION)
            .bind(self.genesis.0.to_vec())
            .bind(first)
            .bind(first.saturating_sub(1))
            .execute(&mut *change)
            .await
            .map_err(failed())?;
        change.commit().await.map_err(failed())
    }

    /// First height, and the newest that is in.
    pub(crate) async fn heights(&self) -> Result<(u64, i64), IndexError> {
        let row = sqlx::query("SELECT first, height FROM progress")
            .fetch_one(&self.writer)
            .await
            .map_err(IndexError::while_("read how far the index is"))?;
        let first: i64 = row.get(0);
        Ok((u64::try_from(first).unwrap_or_default(), row.get(1)))
    }
}
