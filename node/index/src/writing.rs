//! One block into the index, in one transaction with the height inside: after a crash it is there whole or not at all.

use crate::{
    error::IndexError,
    grants::{self, GrantState},
    line::Line,
    places::EventId,
    runtime_events::{Receipt, beside_the_trail},
    schema::Index,
    source::BlockFacts,
};
use musubi_primitives::Moment;
use serde_json::Value;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

impl Index {
    /// Writes the block above the newest. `first` is the index's first height.
    pub(crate) async fn write(&self, first: u64, block: &BlockFacts) -> Result<u32, IndexError> {
        let failed = || IndexError::while_("write a block into the index");
        let unreadable = |cause: String| IndexError::Block {
            height: block.height,
            cause,
        };
        let beside = beside_the_trail(block).map_err(|error| unreadable(error.to_string()))?;
        let mut change = self.writer.begin().await.map_err(failed())?;
        let mut places = 0..;
        let mut next = || {
            places
                .next()
                .and_then(|place| EventId::at(block.height, place))
                .ok_or_else(|| unreadable("it has too many events".to_owned()))
        };
        for row in &block.rows {
            let state = grants::note(&mut change, row, first > 1)
                .await
                .map_err(failed())?;
            write_line(&mut change, next()?, &Line::of_row(row), state)
                .await
                .map_err(failed())?;
        }
        for line in &beside.lines {
            note_vote(&mut change, line, block.time)
                .await
                .map_err(failed())?;
            write_line(&mut change, next()?, line, GrantState::AsItShouldBe)
                .await
                .map_err(failed())?;
        }
        for receipt in &beside.receipts {
            write_receipt(&mut change, receipt, block.height)
                .await
                .map_err(failed())?;
        }
        let events = next()?.place();
        write_block(&mut change, block, events)
            .await
            .map_err(failed())?;
        change.commit().await.map_err(failed())?;
        Ok(events)
    }
}

async fn write_line(
    change: &mut SqliteConnection,
    id: EventId,
    line: &Line,
    state: GrantState,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id.0)
        .bind(&line.kind)
        .bind(line.outcome.name())
        .bind(line.subject.map(|subject| subject.0.to_vec()))
        .bind(line.row.and_then(|row| i64::try_from(row).ok()))
        .bind(line.member)
        .bind(&line.purpose)
        .bind(state.code())
        .bind(&line.body)
        .execute(&mut *change)
        .await?;
    if line.mentions.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("INSERT OR IGNORE INTO mentions ");
    insert.push_values(&line.mentions, |mut values, name| {
        values.push_bind(name.as_slice()).push_bind(id.0);
    });
    insert.build().execute(&mut *change).await.map(|_| ())
}

async fn write_block(
    change: &mut SqliteConnection,
    block: &BlockFacts,
    events: u32,
) -> Result<(), sqlx::Error> {
    let height = i64::try_from(block.height).unwrap_or(i64::MAX);
    sqlx::query("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(height)
        .bind(block.hash.0.to_vec())
        .bind(moment(block.time))
        .bind(block.round)
        .bind(block.signers)
        .bind(i64::try_from(block.extrinsics.len()).unwrap_or(i64::MAX))
        .bind(events)
        .execute(&mut *change)
        .await?;
    for hash in &block.extrinsics {
        sqlx::query("INSERT OR REPLACE INTO extrinsics VALUES (?, ?)")
            .bind(hash.to_vec())
            .bind(height)
            .execute(&mut *change)
            .await?;
    }
    sqlx::query("UPDATE progress SET height = ?")
        .bind(height)
        .execute(change)
        .await
        .map(|_| ())
}

async fn write_receipt(
    change: &mut SqliteConnection,
    receipt: &Receipt,
    height: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR REPLACE INTO erasures VALUES (?, ?, ?, ?)")
        .bind(receipt.record.to_vec())
        .bind(receipt.holder)
        .bind(receipt.receipt.to_vec())
        .bind(i64::try_from(height).unwrap_or(i64::MAX))
        .execute(change)
        .await
        .map(|_| ())
}

/// Keeps proposals and votes in lists of their own.
async fn note_vote(
    change: &mut SqliteConnection,
    line: &Line,
    time: Moment,
) -> Result<(), sqlx::Error> {
    let body: Value = serde_json::from_str(&line.body).unwrap_or_default();
    let fields = &body["fact"][&line.kind];
    let Some(proposal) = fields["proposal"].as_i64() else {
        return Ok(());
    };
    let query = match line.kind.as_str() {
        "proposed" => {
            sqlx::query("INSERT OR REPLACE INTO proposals VALUES (?1, ?2, ?4, 'open', ?3, ?3)")
                .bind(proposal)
                .bind(line.member)
                .bind(moment(time))
                .bind(fields["action"].to_string())
        }
        "voted" => sqlx::query("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?)")
            .bind(proposal)
            .bind(line.member)
            .bind(fields["approve"].as_bool().unwrap_or_default())
            .bind(moment(time)),
        decided => sqlx::query("UPDATE proposals SET state = ?, changed_at = ? WHERE proposal = ?")
            .bind(decided.to_owned())
            .bind(moment(time))
            .bind(proposal),
    };
    query.execute(change).await.map(|_| ())
}

/// A moment as SQLite keeps it.
pub(crate) fn moment(time: Moment) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
