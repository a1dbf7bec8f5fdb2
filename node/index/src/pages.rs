//! Pages of events: filtered, in order, from a cursor on; counted up to a bound; and exports of many pages.

use crate::{error::IndexError, filter::Asked, places::EventId, schema::Index};
use futures::{Stream, TryStreamExt};
use musubi_primitives::Moment;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::{Row, sqlite::SqliteRow};

/// Most events in one export.
pub const EXPORT_MAX: u32 = 100_000;
/// Matches are counted up to here; beyond, a page says "more than".
const COUNT_MAX: i64 = 10_000;
/// Events that an export reads at once.
const STRIDE: u32 = 1_000;

const COLUMNS: &str =
    "e.id, e.kind, e.outcome, e.subject, e.number, e.member, e.purpose, e.grant_state, e.body,
    (SELECT time FROM blocks WHERE height = e.id >> 20)";

/// An event as it is answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventLine {
    /// Height and place; also the cursor that continues after it.
    pub id: EventId,
    /// Height of its block.
    pub height: u64,
    /// Time of its block, milliseconds since 1970.
    pub time: Moment,
    /// What happened.
    pub kind: String,
    /// How it ended.
    pub outcome: String,
    /// Whose trail it is a row of.
    pub subject: Option<String>,
    /// Its number in that trail.
    pub row: Option<u64>,
    /// The member that acted.
    pub member: Option<u32>,
    /// For what purpose.
    pub purpose: Option<String>,
    /// `held`, `missing` or `before-index`: whether a read had its grant.
    pub grant: &'static str,
    /// The trail row, or for other events the fact alone.
    pub body: Box<RawValue>,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The events, in the order asked for.
    pub events: Vec<EventLine>,
    /// Where the next page begins; none on the last.
    pub next: Option<EventId>,
    /// How many events match in all, counted up to 10,000.
    pub matches: u64,
    /// Whether there are more than were counted.
    pub more: bool,
}

impl Index {
    /// A page of events.
    ///
    /// # Errors
    /// [`IndexError::Question`] for a question that makes no sense; otherwise the database's.
    pub async fn page(&self, asked: &Asked) -> Result<Page, IndexError> {
        let size = asked.page_size()?;
        let mut events = self.some(asked, size.saturating_add(1)).await?;
        let has_next = events.len() > usize::try_from(size).unwrap_or(usize::MAX);
        events.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next = events.last().filter(|_| has_next).map(|last| last.id);
        let matches = self.count(asked).await?;
        Ok(Page {
            events,
            next,
            matches: u64::try_from(matches.min(COUNT_MAX)).unwrap_or_default(),
            more: matches > COUNT_MAX,
        })
    }

    /// The events that match, up to [`EXPORT_MAX`], a stride at a time, so that memory stays bounded.
    pub fn export(
        &self,
        asked: Asked,
    ) -> impl Stream<Item = Result<EventLine, IndexError>> + use<> {
        let start = (self.clone(), asked, EXPORT_MAX);
        futures::stream::try_unfold(start, |(index, mut asked, left)| async move {
            let events = index.some(&asked, left.min(STRIDE)).await?;
            let Some(last) = events.last() else {
                return Ok::<_, IndexError>(None);
            };
            asked.after = Some(last.id.to_string());
            let left = left.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX));
            let events = futures::stream::iter(events.into_iter().map(Ok));
            Ok(Some((events, (index, asked, left))))
        })
        .try_flatten()
    }

    /// One event.
    ///
    /// # Errors
    /// The database's.
    pub async fn event(&self, id: EventId) -> Result<Option<EventLine>, IndexError> {
        let asked = Asked {
            first_height: Some(id.height()),
            last_height: Some(id.height()),
            ..Asked::default()
        };
        let mut sql = asked.select(COLUMNS)?;
        sql.push(" AND e.id = ").push_bind(id.0);
        let row = sql
            .build()
            .fetch_optional(&self.readers)
            .await
            .map_err(IndexError::while_("read an event"))?;
        Ok(row.as_ref().and_then(line))
    }

    async fn some(&self, asked: &Asked, limit: u32) -> Result<Vec<EventLine>, IndexError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut sql = asked.select(COLUMNS)?;
        asked.push_page(&mut sql, limit)?;
        let rows = sql
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(IndexError::while_("read events"))?;
        Ok(rows.iter().filter_map(line).collect())
    }

    async fn count(&self, asked: &Asked) -> Result<i64, IndexError> {
        let mut sql = asked.select("COUNT(*) FROM (SELECT 1")?;
        sql.push(" LIMIT ")
            .push_bind(COUNT_MAX.saturating_add(1))
            .push(")");
        let row = sql
            .build()
            .fetch_one(&self.readers)
            .await
            .map_err(IndexError::while_("count events"))?;
        Ok(row.get(0))
    }
}

fn line(row: &SqliteRow) -> Option<EventLine> {
    let id = EventId(row.get(0));
    let subject: Option<Vec<u8>> = row.get(3);
    let number: Option<i64> = row.get(4);
    let grant_state: i64 = row.get(7);
    let time: i64 = row.get(9);
    Some(EventLine {
        id,
        height: id.height(),
        time: u64::try_from(time).ok()?,
        kind: row.get(1),
        outcome: row.get(2),
        subject: subject.map(|bytes| spell(&bytes)),
        row: number.and_then(|number| u64::try_from(number).ok()),
        member: row.get(5),
        purpose: row.get(6),
        grant: match grant_state {
            0 => "held",
            1 => "missing",
            _ => "before-index",
        },
        body: RawValue::from_string(row.get(8)).ok()?,
    })
}

/// Bytes as they are spelled everywhere.
pub(crate) fn spell(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
