//! The lists beside the events: blocks, consents, break-glass openings to review, erasure receipts, proposals with votes, and figures for charts.

use crate::{error::IndexError, pages::spell, schema::Index};
use musubi_primitives::Moment;
use serde::Serialize;
use serde_json::Value;
use sqlx::{Row, sqlite::SqliteRow};

/// Most entries of a list in one answer.
const LIST_MAX: i64 = 200;
/// Days in the charts.
const DAYS: i64 = 30;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockLine {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: String,
    /// Its time.
    pub time: Moment,
    /// The round in which it was decided.
    pub round: u32,
    /// How many validators signed.
    pub signers: u32,
    /// How many extrinsics it has.
    pub extrinsics: u32,
    /// How many events.
    pub events: u32,
}

/// A consent as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentLine {
    /// Which.
    pub consent: String,
    /// Whose records.
    pub subject: String,
    /// Who may ask.
    pub recipient: u32,
    /// What for.
    pub purpose: String,
    /// `proposed`, `effective`, `paused`, or how it ended. A period that is over shows when the chain writes it down.
    pub state: String,
    /// When it was asked for.
    pub proposed_at: Moment,
    /// When its state last changed.
    pub changed_at: Moment,
}

/// A break-glass opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakGlassLine {
    /// Which.
    pub request: String,
    /// Whose records.
    pub subject: String,
    /// By whom.
    pub member: u32,
    /// Why.
    pub reason: String,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// When a second person reviewed it.
    pub reviewed_at: Option<Moment>,
    /// Whether it was found justified.
    pub justified: Option<bool>,
    /// Whether nobody reviewed it in time.
    pub overdue: bool,
}

/// A holder's receipt for what it erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureLine {
    /// Which record.
    pub record: String,
    /// Who erased it.
    pub holder: u32,
    /// Commitment to the receipt.
    pub receipt: String,
    /// In which block.
    pub height: u64,
}

/// A proposal with its votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalLine {
    /// Its number.
    pub proposal: u32,
    /// Who made it.
    pub member: u32,
    /// What is to be done, with its arguments: `{"suspend": {"member": 3}}`.
    pub action: Value,
    /// `open`, `enacted`, `rejected`, `lapsed` or `enactment-failed`.
    pub state: String,
    /// When it was made.
    pub opened_at: Moment,
    /// When its state last changed.
    pub changed_at: Moment,
    /// The votes on it.
    pub votes: Vec<VoteLine>,
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VoteLine {
    /// Whose.
    pub member: u32,
    /// Yes or no.
    pub approve: bool,
}

/// Counts of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayFigures {
    /// First moment of the day, Japan time.
    pub day: Moment,
    /// Reads permitted.
    pub permitted: u64,
    /// Reads denied.
    pub denied: u64,
}

/// Counts for the first page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Reads permitted in all.
    pub permitted: u64,
    /// Reads denied in all.
    pub denied: u64,
    /// Reads and deliveries without a grant.
    pub without_grant: u64,
    /// Consents in force.
    pub consents_in_force: u64,
    /// Break-glass openings that nobody reviewed yet.
    pub to_review: u64,
    /// Erasure receipts.
    pub erasures: u64,
    /// The last 30 days that had reads, the oldest first.
    pub days: Vec<DayFigures>,
}

impl Index {
    /// Blocks below a height, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn blocks(&self, below: Option<u64>) -> Result<Vec<BlockLine>, IndexError> {
        let below = below.and_then(|height| i64::try_from(height).ok());
        let rows = sqlx::query(
            "SELECT height, hash, time, round, signers, extrinsics, events FROM blocks WHERE height < ? ORDER BY height DESC LIMIT 50",
        )
        .bind(below.unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(IndexError::while_("list blocks"))?;
        Ok(rows.iter().map(block).collect())
    }

    /// One block.
    ///
    /// # Errors
    /// The database's.
    pub async fn block(&self, height: u64) -> Result<Option<BlockLine>, IndexError> {
        let blocks = self.blocks(Some(height.saturating_add(1))).await?;
        Ok(blocks
            .into_iter()
            .next()
            .filter(|block| block.height == height))
    }

    /// Consents, those that changed last first; with a state only those in it.
    ///
    /// # Errors
    /// The database's.
    pub async fn consents(&self, state: Option<&str>) -> Result<Vec<ConsentLine>, IndexError> {
        let rows = sqlx::query(
            "SELECT consent, subject, recipient, purpose, state, proposed_at, changed_at FROM consents
             WHERE ?1 IS NULL OR state = ?1 ORDER BY changed_at DESC LIMIT ?2",
        )
        .bind(state)
        .bind(LIST_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(IndexError::while_("list consents"))?;
        let line = |row: &SqliteRow| ConsentLine {
            consent: id(row, 0),
            subject: id(row, 1),
            recipient: row.get(2),
            purpose: row.get(3),
            state: row.get(4),
            proposed_at: unsigned(row, 5),
            changed_at: unsigned(row, 6),
        };
        Ok(rows.iter().map(line).collect())
    }

    /// Break-glass openings: those that wait for a review first, then the newest.
    ///
    /// # Errors
    /// The database's.
    pub async fn break_glass(&self) -> Result<Vec<BreakGlassLine>, IndexError> {
        let rows = sqlx::query(
            "SELECT request, subject, member, reason, opened_at, closed_at, reviewed_at, justified, overdue FROM break_glass
             ORDER BY reviewed_at IS NOT NULL, overdue DESC, opened_at DESC LIMIT ?",
        )
        .bind(LIST_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(IndexError::while_("list break-glass openings"))?;
        let line = |row: &SqliteRow| BreakGlassLine {
            request: id(row, 0),
            subject: id(row, 1),
            member: row.get(2),
            reason: row.get(3),
            opened_at: unsigned(row, 4),
            closed_at: optional(row, 5),
            reviewed_at: optional(row, 6),
            justified: row.get(7),
            overdue: row.get(8),
        };
        Ok(rows.iter().map(line).collect())
    }

    /// Erasure receipts, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn erasures(&self) -> Result<Vec<ErasureLine>, IndexError> {
        let rows = sqlx::query(
            "SELECT record, holder, receipt, height FROM erasures ORDER BY height DESC LIMIT ?",
        )
        .bind(LIST_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(IndexError::while_("list erasure receipts"))?;
        let line = |row: &SqliteRow| ErasureLine {
            record: id(row, 0),
            holder: row.get(1),
            receipt: id(row, 2),
            height: unsigned(row, 3),
        };
        Ok(rows.iter().map(line).collect())
    }

    /// Proposals with their votes, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn proposals(&self) -> Result<Vec<ProposalLine>, IndexError> {
        let failed = || IndexError::while_("list proposals");
        let rows = sqlx::query(
            "SELECT proposal, member, state, opened_at, changed_at, action FROM proposals ORDER BY proposal DESC LIMIT ?",
        )
        .bind(LIST_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(failed())?;
        let mut proposals = Vec::new();
        for row in &rows {
            let number: u32 = row.get(0);
            let votes =
                sqlx::query("SELECT member, approve FROM votes WHERE proposal = ? ORDER BY member")
                    .bind(number)
                    .fetch_all(&self.readers)
                    .await
                    .map_err(failed())?;
            proposals.push(ProposalLine {
                proposal: number,
                member: row.get(1),
                action: serde_json::from_str(row.get(5)).unwrap_or_default(),
                state: row.get(2),
                opened_at: unsigned(row, 3),
                changed_at: unsigned(row, 4),
                votes: votes
                    .iter()
                    .map(|vote| VoteLine {
                        member: vote.get(0),
                        approve: vote.get(1),
                    })
                    .collect(),
            });
        }
        Ok(proposals)
    }

    /// The figures of the first page.
    ///
    /// # Errors
    /// The database's.
    pub async fn figures(&self) -> Result<Figures, IndexError> {
        let failed = || IndexError::while_("count for the first page");
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM events WHERE outcome = 'permitted'), (SELECT COUNT(*) FROM events WHERE outcome = 'denied'),
                (SELECT COUNT(*) FROM events WHERE grant_state = 1), (SELECT COUNT(*) FROM consents WHERE state = 'effective'),
                (SELECT COUNT(*) FROM break_glass WHERE reviewed_at IS NULL), (SELECT COUNT(*) FROM erasures)",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(failed())?;
        let days = sqlx::query(
            "SELECT day, SUM(permitted), SUM(denied) FROM (
                SELECT (b.time + 32400000) / 86400000 AS day, e.outcome = 'permitted' AS permitted, e.outcome = 'denied' AS denied
                FROM events e JOIN blocks b ON b.height = e.id >> 20
                WHERE e.outcome IN ('permitted', 'denied') AND b.time >= (SELECT MAX(time) FROM blocks) - ? * 86400000
            ) GROUP BY day ORDER BY day",
        )
        .bind(DAYS)
        .fetch_all(&self.readers)
        .await
        .map_err(failed())?;
        let day = |row: &SqliteRow| DayFigures {
            day: unsigned(row, 0)
                .saturating_mul(86_400_000)
                .saturating_sub(32_400_000),
            permitted: unsigned(row, 1),
            denied: unsigned(row, 2),
        };
        Ok(Figures {
            permitted: unsigned(&row, 0),
            denied: unsigned(&row, 1),
            without_grant: unsigned(&row, 2),
            consents_in_force: unsigned(&row, 3),
            to_review: unsigned(&row, 4),
            erasures: unsigned(&row, 5),
            days: days.iter().map(day).collect(),
        })
    }
}

fn block(row: &SqliteRow) -> BlockLine {
    BlockLine {
        height: unsigned(row, 0),
        hash: id(row, 1),
        time: unsigned(row, 2),
        round: row.get(3),
        signers: row.get(4),
        extrinsics: row.get(5),
        events: row.get(6),
    }
}

fn id(row: &SqliteRow, at: usize) -> String {
    let bytes: Vec<u8> = row.get(at);
    spell(&bytes)
}

fn unsigned(row: &SqliteRow, at: usize) -> u64 {
    optional(row, at).unwrap_or_default()
}

fn optional(row: &SqliteRow, at: usize) -> Option<u64> {
    let number: Option<i64> = row.get(at);
    number.and_then(|number| u64::try_from(number).ok())
}
