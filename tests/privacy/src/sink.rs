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

/// What was done, or why a place does not open.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How a SQLite database begins.
pub const SQLITE: &[u8] = b"SQLite format 3\0";

/// Bytes that are shorter are no text.
const TEXT_BYTES_MIN: usize = 16;

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

impl Look {
    /// Adds what another look came to.
    pub fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.databases += other.databases;
        self.entries += other.entries;
        self.files += other.files;
    }
}

/// Looks through a folder and all below it. Databases must not be open elsewhere.
///
/// # Errors
/// What cannot be opened is an error, never passed over.
pub async fn look_through(scanner: &Scanner, folder: &Path) -> Result<Look> {
    let mut look = Look::default();
    for folder in folders(folder)? {
        if folder.join("CURRENT").is_file() {
            look_into_rocksdb(scanner, &folder, &mut look)?;
        }
    }
    for file in files(folder)? {
        look_into_file(scanner, &file, &mut look).await?;
    }
    Ok(look)
}

/// A folder and all below it.
///
/// # Errors
/// What cannot be read.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
        next += 1;
    }
    Ok(folders)
}

/// Every file in a folder and below it. Sockets hold nothing.
///
/// # Errors
/// What cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders(folder)? {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    Ok(files)
}

async fn look_into_file(scanner: &Scanner, path: &Path, look: &mut Look) -> Result<()> {
    let bytes = fs::read(path)?;
    if bytes.starts_with(SQLITE) {
        look_into_sqlite(scanner, path, look).await?;
    }
    look.files += 1;
    let place = path.display().to_string();
    look.findings.extend(look_at(scanner, &place, &bytes));
    Ok(())
}

/// Looks at bytes as what they are: a text, or others.
fn look_at(scanner: &Scanner, place: &str, bytes: &[u8]) -> Vec<Finding> {
    if is_text(bytes) {
        scanner.look_at_text(place, bytes)
    } else {
        scanner.look(place, bytes)
    }
}

/// Whether bytes are a text, such as a log, a configuration or JSON. A few bytes may look like one by chance.
fn is_text(bytes: &[u8]) -> bool {
    TEXT_BYTES_MIN <= bytes.len() && !bytes.contains(&0) && str::from_utf8(bytes).is_ok()
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
            look.findings.extend(look_at(scanner, &place, &value));
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
    let as_bytes = columns.iter().map(|name| {
        let name = quoted(name);
        format!("CAST({name} AS BLOB), TYPEOF({name})")
    });
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
            let value: Option<Vec<u8>> = row.try_get(2 * column)?;
            let value = value.unwrap_or_default();
            let kind: String = row.try_get(2 * column + 1)?;
            look.findings.extend(match kind.as_str() {
                "text" => scanner.look_at_text(&place, &value),
                _ => scanner.look(&place, &value),
            });
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
