//! The places where a leak could lie, opened far enough to be read: every column of every database, every other file as it is.

use crate::{Finding, Scanner};
use rocksdb::{DB, IteratorMode, Options};
use sqlx::{
    Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What a look at a folder came to.
#[derive(Debug, Default)]
pub struct Look {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Databases opened.
    pub databases: usize,
    /// Entries of databases looked at.
    pub entries: usize,
    /// Other files looked at.
    pub files: usize,
}

/// Looks through a folder and all below it. Databases must not be open elsewhere.
///
/// # Errors
/// What cannot be opened is an error, never passed over.
pub async fn look_through(scanner: &Scanner, folder: &Path) -> Result<Look> {
    let mut look = Look::default();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if folder.join("CURRENT").is_file() {
            look_into_rocksdb(scanner, &folder, &mut look)?;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                look_into_file(scanner, &path, &mut look).await?;
            }
        }
    }
    Ok(look)
}

async fn look_into_file(scanner: &Scanner, path: &Path, look: &mut Look) -> Result<()> {
    if !path.is_file() {
        // Sockets hold nothing.
        return Ok(());
    }
    let bytes = fs::read(path)?;
    if bytes.starts_with(b"SQLite format 3\0") {
        look_into_sqlite(scanner, path, look).await?;
    }
    look.files += 1;
    let place = path.display().to_string();
    look.findings.extend(scanner.look(&place, &bytes));
    Ok(())
}

fn look_into_rocksdb(scanner: &Scanner, folder: &Path, look: &mut Look) -> Result<()> {
    let options = Options::default();
    let columns = DB::list_cf(&options, folder)?;
    let db = DB::open_cf_for_read_only(&options, folder, &columns, false)?;
    look.databases += 1;
    for column in &columns {
        let handle = db.cf_handle(column).ok_or("a listed column is there")?;
        let place = format!("{} column {column}", folder.display());
        for entry in db.iterator_cf(handle, IteratorMode::Start) {
            let (key, value) = entry?;
            look.entries += 1;
            look.findings.extend(scanner.look(&place, &key));
            look.findings.extend(scanner.look(&place, &value));
        }
    }
    Ok(())
}

async fn look_into_sqlite(scanner: &Scanner, path: &Path, look: &mut Look) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut db = SqliteConnection::connect_with(&options).await?;
    look.databases += 1;
    let tables: Vec<SqliteRow> = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut db)
        .await?;
    for table in tables {
        let table: String = table.try_get(0)?;
        look_into_table(scanner, path, &table, &mut db, look).await?;
    }
    Ok(db.close().await?)
}

async fn look_into_table(
    scanner: &Scanner,
    path: &Path,
    table: &str,
    db: &mut SqliteConnection,
    look: &mut Look,
) -> Result<()> {
    let place = format!("{} table {table}", path.display());
    let columns: Vec<String> = sqlx::query("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(&mut *db)
        .await?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<std::result::Result<_, _>>()?;
    let as_bytes = columns
        .iter()
        .map(|name| format!("CAST({} AS BLOB)", quoted(name)));
    let statement = format!(
        "SELECT {} FROM {}",
        as_bytes.collect::<Vec<_>>().join(", "),
        quoted(table)
    );
    for row in sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(db)
        .await?
    {
        look.entries += 1;
        for column in 0..columns.len() {
            let value: Option<Vec<u8>> = row.try_get(column)?;
            let found = scanner.look(&place, &value.unwrap_or_default());
            look.findings.extend(found);
        }
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Copies a folder, sockets left out, so that a test may plant what it likes.
///
/// # Errors
/// What cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path: PathBuf = entry?.path();
        let target = to.join(path.file_name().ok_or("an entry has a name")?);
        if path.is_dir() {
            copy(&path, &target)?;
        } else if path.is_file() {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
