//! One search box: a height, or anything with 64 hexadecimal digits, found wherever it stands.

use crate::{
    error::IndexError,
    filter::question,
    line::{identifier, member_name},
    schema::Index,
};
use serde::Serialize;
use sqlx::Row;

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Found {
    /// A block, by its height or hash.
    Block {
        /// Its height.
        height: u64,
    },
    /// A transaction, by its hash.
    Extrinsic {
        /// Height of its block.
        height: u64,
    },
    /// Somebody's trail.
    Subject {
        /// The pseudonym.
        subject: String,
    },
    /// A consent.
    Consent {
        /// Which.
        consent: String,
    },
    /// A break-glass opening.
    BreakGlass {
        /// Which.
        request: String,
    },
    /// A member.
    Member {
        /// Which.
        member: u32,
    },
    /// Something that events mention: a record, a request, a card binding, a key.
    Mentioned {
        /// Which.
        id: String,
        /// In how many events, counted up to 1,000.
        events: u32,
    },
}

impl Index {
    /// Finds what the text may mean, the most exact meaning first.
    ///
    /// # Errors
    /// [`IndexError::Question`] for text that can mean nothing here; otherwise the database's.
    pub async fn search(&self, text: &str) -> Result<Vec<Found>, IndexError> {
        let text = text.trim().to_lowercase();
        if let Ok(number) = text.trim_start_matches('#').parse::<u64>() {
            return self.by_number(number).await;
        }
        let spelled = if text.starts_with("0x") {
            text
        } else {
            format!("0x{text}")
        };
        let bytes = identifier(&spelled).ok_or_else(|| {
            question(
                "q",
                "expected a block height, a member's number, or an identifier or hash of 64 hexadecimal digits".to_owned(),
            )
        })?;
        self.by_identifier(spelled, bytes).await
    }

    async fn by_number(&self, number: u64) -> Result<Vec<Found>, IndexError> {
        let mut found = Vec::new();
        let height = i64::try_from(number).unwrap_or(i64::MAX);
        let block = sqlx::query("SELECT 1 FROM blocks WHERE height = ?")
            .bind(height)
            .fetch_optional(&self.readers)
            .await
            .map_err(IndexError::while_("search a height"))?;
        if block.is_some() {
            found.push(Found::Block { height: number });
        }
        if let Ok(member) = u32::try_from(number)
            && self.mentions(&member_name(member)).await? > 0
        {
            found.push(Found::Member { member });
        }
        Ok(found)
    }

    async fn by_identifier(&self, id: String, bytes: Vec<u8>) -> Result<Vec<Found>, IndexError> {
        let row = sqlx::query(
            "SELECT (SELECT height FROM blocks WHERE hash = ?1), (SELECT height FROM extrinsics WHERE hash = ?1),
                (SELECT 1 FROM events e JOIN mentions m ON m.event = e.id WHERE m.name = ?1 AND e.subject = ?1 LIMIT 1),
                (SELECT 1 FROM consents WHERE consent = ?1), (SELECT 1 FROM break_glass WHERE request = ?1)",
        )
        .bind(&bytes)
        .fetch_one(&self.readers)
        .await
        .map_err(IndexError::while_("search an identifier"))?;
        let height = |at: usize| {
            let height: Option<i64> = row.get(at);
            height.and_then(|height| u64::try_from(height).ok())
        };
        let is = |at: usize| row.get::<Option<i64>, _>(at).is_some();
        let mut found = Vec::new();
        found.extend(height(0).map(|height| Found::Block { height }));
        found.extend(height(1).map(|height| Found::Extrinsic { height }));
        found.extend(is(2).then(|| Found::Subject {
            subject: id.clone(),
        }));
        found.extend(is(3).then(|| Found::Consent {
            consent: id.clone(),
        }));
        found.extend(is(4).then(|| Found::BreakGlass {
            request: id.clone(),
        }));
        // What mentions a person is that person's trail, which is not counted for everybody.
        let events = if is(2) {
            0
        } else {
            self.mentions(&bytes).await?
        };
        if events > 0 {
            found.push(Found::Mentioned { id, events });
        }
        Ok(found)
    }

    /// Whether an identifier is a person's pseudonym: whether some event is a row of its trail. Text that is none is no person.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn is_person(&self, text: &str) -> Result<bool, IndexError> {
        let Some(bytes) = identifier(&text.trim().to_lowercase()) else {
            return Ok(false);
        };
        let row = sqlx::query(
            "SELECT 1 FROM mentions m JOIN events e ON e.id = m.event WHERE m.name = ?1 AND e.subject = ?1 LIMIT 1",
        )
        .bind(bytes)
        .fetch_optional(&self.readers)
        .await
        .map_err(IndexError::while_("look a pseudonym up"))?;
        Ok(row.is_some())
    }

    async fn mentions(&self, name: &[u8]) -> Result<u32, IndexError> {
        let row =
            sqlx::query("SELECT COUNT(*) FROM (SELECT 1 FROM mentions WHERE name = ? LIMIT 1000)")
                .bind(name)
                .fetch_one(&self.readers)
                .await
                .map_err(IndexError::while_("count mentions"))?;
        Ok(row.get(0))
    }
}
