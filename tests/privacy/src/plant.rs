//! Leaks, put into a copy of what a consortium left: one in each kind of sink. A look that does not find them would find no other.

use crate::{
    Remains,
    sink::{self, Result},
};
use rocksdb::{DB, IteratorMode, Options};
use serde_json::{Value, json};
use sqlx::{
    Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A copy with leaks in it.
#[derive(Debug)]
pub struct Planted {
    /// The copy.
    pub remains: Remains,
    /// Kind of sink, and the end of the place where its leak must be found.
    pub places: Vec<(&'static str, String)>,
}

/// Copies the first node's folder and plants a name in its databases, blocks and log, and a name or code in a metric and a trace.
///
/// # Errors
/// When the copy has no such sink, or does not take it.
pub async fn everywhere(remains: &Remains, copy: &Path, name: &str, code: &str) -> Result<Planted> {
    let folder = remains.folders.first().ok_or("nodes leave folders")?;
    sink::copy(folder, copy)?;
    let mut planted = Remains {
        folders: vec![copy.to_path_buf()],
        shown: remains.shown.iter().take(1).cloned().collect(),
        traces: remains.traces.iter().take(1).cloned().collect(),
    };
    let chain = database_with(copy, "blocks")?;
    for column in ["blocks", "events"] {
        in_column(&chain, column, name)?;
    }
    let (file, table) = in_table(copy, name).await?;
    in_log(copy, name)?;
    let metrics = planted.shown.first_mut().ok_or("nodes show metrics")?;
    let line = format!("musubi_doses_total{{vaccine=\"{code}\"}} 1\n");
    metrics.1.extend(line.as_bytes());
    let metrics = metrics.0.clone();
    in_trace(&mut planted.traces, code)?;
    let places = vec![
        ("a block", "column blocks".to_owned()),
        ("a column of a database", "column events".to_owned()),
        ("a table", format!("{file} table {table}")),
        ("a log", "/log".to_owned()),
        ("a metric", metrics),
        ("a trace", "traces".to_owned()),
    ];
    Ok(Planted {
        remains: planted,
        places,
    })
}

/// The RocksDB below a folder that has this column.
fn database_with(folder: &Path, column: &str) -> Result<PathBuf> {
    let has_column = |folder: &Path| {
        let columns = DB::list_cf(&Options::default(), folder);
        columns.is_ok_and(|columns| columns.iter().any(|name| name == column))
    };
    sink::folders(folder)?
        .into_iter()
        .find(|folder| folder.join("CURRENT").is_file() && has_column(folder))
        .ok_or_else(|| format!("no database with a column {column}").into())
}

/// Adds the leak to the last value of a column.
fn in_column(folder: &Path, column: &str, leak: &str) -> Result<()> {
    let options = Options::default();
    let columns = DB::list_cf(&options, folder)?;
    let db = DB::open_cf(&options, folder, &columns)?;
    let handle = db.cf_handle(column).ok_or("a listed column is there")?;
    let last = db.iterator_cf(handle, IteratorMode::End).next();
    let (key, value) = last.ok_or("the column is not empty")??;
    db.put_cf(handle, key, [&value, leak.as_bytes()].concat())?;
    Ok(db.flush_cf(handle)?)
}

/// Puts the leak into the first field of text that some table has, or into a table of its own where all are empty; the file's name and the table.
async fn in_table(folder: &Path, leak: &str) -> Result<(String, String)> {
    // A database's own log goes when it is closed: which files are databases is found out before one of them is opened.
    let mut databases = Vec::new();
    for file in sink::files(folder)? {
        if fs::read(&file)?.starts_with(sink::SQLITE) {
            databases.push(file);
        }
    }
    let name = |file: &Path| {
        file.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    for file in &databases {
        if let Some(table) = in_file(file, leak).await? {
            return Ok((name(file).ok_or("a file has a name")?, table));
        }
    }
    let file = databases.first().ok_or("nodes keep tables")?;
    let table = in_own_table(file, leak).await?;
    Ok((name(file).ok_or("a file has a name")?, table))
}

async fn in_own_table(file: &Path, leak: &str) -> Result<String> {
    let options = SqliteConnectOptions::new().filename(file);
    let mut db = SqliteConnection::connect_with(&options).await?;
    sqlx::query("CREATE TABLE leaked (name TEXT NOT NULL)")
        .execute(&mut db)
        .await?;
    sqlx::query("INSERT INTO leaked (name) VALUES (?)")
        .bind(leak)
        .execute(&mut db)
        .await?;
    db.close().await?;
    Ok("leaked".to_owned())
}

async fn in_file(file: &Path, leak: &str) -> Result<Option<String>> {
    let options = SqliteConnectOptions::new().filename(file);
    let options = options.foreign_keys(false);
    let mut db = SqliteConnection::connect_with(&options).await?;
    let fields: Vec<SqliteRow> = sqlx::query(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.type = 'TEXT'",
    )
    .fetch_all(&mut db)
    .await?;
    let mut planted = None;
    for field in fields {
        let (table, column): (String, String) = (field.try_get(0)?, field.try_get(1)?);
        let change = format!(
            "UPDATE \"{table}\" SET \"{column}\" = ? WHERE \"{column}\" = (SELECT \"{column}\" FROM \"{table}\" LIMIT 1)"
        );
        let changed = sqlx::query(sqlx::AssertSqlSafe(change)).bind(leak);
        if 0 < changed.execute(&mut db).await?.rows_affected() {
            planted = Some(table);
            break;
        }
    }
    db.close().await?;
    Ok(planted)
}

fn in_log(folder: &Path, leak: &str) -> Result<()> {
    let log = folder.join("log");
    let line = format!("INFO enrolled {leak}\n");
    Ok(fs::write(
        &log,
        [fs::read(&log)?, line.into_bytes()].concat(),
    )?)
}

/// Gives the first span an attribute.
fn in_trace(messages: &mut [Value], leak: &str) -> Result<()> {
    let message = messages.first_mut().ok_or("nodes tell of their calls")?;
    let span = &mut message["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    if !span.is_object() {
        return Err("a message has a span".into());
    }
    span["attributes"] = json!([{"key": "dose", "value": {"stringValue": leak}}]);
    Ok(())
}
