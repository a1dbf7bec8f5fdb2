//! What can be asked of the events, and the SQL for it. Every value is bound, none is pasted in.

use crate::{
    error::IndexError,
    line::{Outcome, identifier, member_name},
    places::EventId,
    writing::moment,
};
use musubi_primitives::Moment;
use serde::Deserialize;
use sqlx::{QueryBuilder, Sqlite};

/// Most events in one page.
pub const PAGE_MAX: u32 = 200;
/// Events in a page when nothing is said.
const PAGE: u32 = 50;
/// Most kinds in one question.
const KINDS_MAX: usize = 40;

/// In which order events come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// A question about events, as it stands in a query string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Asked {
    /// Kinds, such as `access-denied`, separated by commas.
    pub kind: Option<String>,
    /// A member that acted or is mentioned.
    pub member: Option<u32>,
    /// A purpose, such as `child-care`.
    pub purpose: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Only what was denied or failed.
    pub failed: bool,
    /// Only reads without a grant.
    pub without_grant: bool,
    /// An identifier that is mentioned: pseudonym, consent, record, request, key.
    pub about: Option<String>,
    /// From this time on, milliseconds since 1970.
    pub from: Option<Moment>,
    /// Before this time.
    pub until: Option<Moment>,
    /// From this height on.
    pub first_height: Option<u64>,
    /// Up to this height.
    pub last_height: Option<u64>,
    /// In which order.
    pub order: Order,
    /// Events after this one in that order: a cursor that a page gave.
    pub after: Option<String>,
    /// How many events.
    pub limit: Option<u32>,
}

impl Asked {
    /// How many events to give.
    ///
    /// # Errors
    /// [`IndexError::Question`] when it is none or more than [`PAGE_MAX`].
    pub(crate) fn page_size(&self) -> Result<u32, IndexError> {
        let limit = self.limit.unwrap_or(PAGE);
        if (1..=PAGE_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(question(
            "limit",
            format!("expected 1 to {PAGE_MAX}, not {limit}"),
        ))
    }

    /// `SELECT columns FROM events e …` with all conditions, without order and limit.
    pub(crate) fn select(&self, columns: &str) -> Result<QueryBuilder<Sqlite>, IndexError> {
        let mut sql = QueryBuilder::new(format!("SELECT {columns} FROM "));
        self.push_names(&mut sql)?;
        self.push_kinds(&mut sql)?;
        if let Some(purpose) = &self.purpose {
            sql.push(" AND e.purpose = ").push_bind(purpose.clone());
        }
        if let Some(outcome) = self.outcome {
            sql.push(" AND e.outcome = ").push_bind(outcome.name());
        }
        if self.failed {
            sql.push(" AND e.outcome IN ('denied', 'failed')");
        }
        if self.without_grant {
            sql.push(" AND e.grant_state = 1");
        }
        self.push_heights(&mut sql)?;
        self.push_period(&mut sql);
        Ok(sql)
    }

    /// Names drive the search, since what they mention is few among many.
    fn push_names(&self, sql: &mut QueryBuilder<Sqlite>) -> Result<(), IndexError> {
        let mut names = Vec::new();
        if let Some(about) = &self.about {
            let name = identifier(about).ok_or_else(|| {
                question("about", "expected 0x and 64 hexadecimal digits".to_owned())
            })?;
            names.push(name);
        }
        names.extend(self.member.map(member_name));
        let Some((first, others)) = names.split_first() else {
            sql.push("events e WHERE 1");
            return Ok(());
        };
        sql.push("mentions m CROSS JOIN events e ON e.id = m.event WHERE m.name = ")
            .push_bind(first.clone());
        for name in others {
            sql.push(" AND EXISTS (SELECT 1 FROM mentions o WHERE o.event = e.id AND o.name = ")
                .push_bind(name.clone())
                .push(")");
        }
        Ok(())
    }

    fn push_kinds(&self, sql: &mut QueryBuilder<Sqlite>) -> Result<(), IndexError> {
        let Some(kinds) = &self.kind else {
            return Ok(());
        };
        let kinds: Vec<&str> = kinds.split(',').filter(|kind| !kind.is_empty()).collect();
        if kinds.is_empty() || kinds.len() > KINDS_MAX {
            return Err(question("kind", format!("expected 1 to {KINDS_MAX} kinds")));
        }
        sql.push(" AND e.kind IN (");
        let mut list = sql.separated(", ");
        for kind in kinds {
            list.push_bind(kind.to_owned());
        }
        list.push_unseparated(")");
        Ok(())
    }

    fn push_heights(&self, sql: &mut QueryBuilder<Sqlite>) -> Result<(), IndexError> {
        let too_high = |field| question(field, "no block can be that high".to_owned());
        if let Some(first) = self.first_height {
            let id = EventId::at(first, 0).ok_or_else(|| too_high("firstHeight"))?;
            sql.push(" AND e.id >= ").push_bind(id.0);
        }
        if let Some(last) = self.last_height {
            let id =
                EventId::at(last.saturating_add(1), 0).ok_or_else(|| too_high("lastHeight"))?;
            sql.push(" AND e.id < ").push_bind(id.0);
        }
        Ok(())
    }

    /// Time grows with height, so a period is a range of keys.
    fn push_period(&self, sql: &mut QueryBuilder<Sqlite>) {
        if let Some(from) = self.from {
            sql.push(" AND e.id >= IFNULL((SELECT height << 20 FROM blocks WHERE time >= ")
                .push_bind(moment(from))
                .push(" ORDER BY time LIMIT 1), 9223372036854775807)");
        }
        if let Some(until) = self.until {
            sql.push(" AND e.id < IFNULL((SELECT height << 20 FROM blocks WHERE time >= ")
                .push_bind(moment(until))
                .push(" ORDER BY time LIMIT 1), 9223372036854775807)");
        }
    }

    /// What comes after the cursor, in order, at most `limit`.
    pub(crate) fn push_page(
        &self,
        sql: &mut QueryBuilder<Sqlite>,
        limit: u32,
    ) -> Result<(), IndexError> {
        let after = self.after.as_deref().map(EventId::parse).transpose()?;
        let (beyond, order) = match self.order {
            Order::Newest => (" AND e.id < ", " ORDER BY e.id DESC"),
            Order::Oldest => (" AND e.id > ", " ORDER BY e.id"),
        };
        if let Some(after) = after {
            sql.push(beyond).push_bind(after.0);
        }
        sql.push(order).push(" LIMIT ").push_bind(limit);
        Ok(())
    }
}

pub(crate) fn question(field: &'static str, cause: String) -> IndexError {
    IndexError::Question { field, cause }
}
