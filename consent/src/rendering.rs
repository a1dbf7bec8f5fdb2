//! The statement in words: plain text made from the very bytes that will be signed, never from a form on a screen.

use musubi_primitives::resident::Authority;
use musubi_primitives::{Language, Moment};
use serde::Serialize;

use crate::document::DocumentError;
use crate::statement::{Party, Statement, StatementFields};
use crate::wording::text;

/// Japan is nine hours ahead of UTC and has no summer time.
const JAPAN_OFFSET_MS: Moment = 9 * 3600 * 1000;
const DAY_MS: Moment = 24 * 3600 * 1000;

/// Why a statement cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The bytes are no statement, or one with words this build lacks.
    #[error("read the statement to show")]
    Document(#[from] DocumentError),
    /// A code without words in this language.
    #[error("no words for {0}")]
    MissingWords(String),
}

/// Shows canonical statement bytes in `language`. The language that the statement names is the one whose wording it pins.
///
/// # Errors
///
/// [`RenderError::Document`] when the bytes are not a statement that this build can show.
pub fn render(statement: &[u8], language: Language) -> Result<String, RenderError> {
    let statement = Statement::parse(statement)?;
    let page = Page {
        language,
        fields: statement.fields(),
    };
    let mut lines = page.head()?;
    lines.extend(page.scope()?);
    lines.extend(page.rights()?);
    lines.push(format!(
        "{}: {}",
        page.word("reference")?,
        short_reference(&statement)
    ));
    Ok(lines.join("\n") + "\n")
}

/// The first 16 hexadecimal digits of the digest that the signed content holds, to compare screen, paper and receipt.
#[must_use]
pub fn short_reference(statement: &Statement) -> String {
    hex::encode(statement.digest()).chars().take(16).collect()
}

/// A moment as a date in Japan.
#[must_use]
pub fn japan_date(moment: Moment) -> String {
    let days = moment.saturating_add(JAPAN_OFFSET_MS) / DAY_MS;
    let (year, month, day) = civil_date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

struct Page<'a> {
    language: Language,
    fields: &'a StatementFields,
}

impl Page<'_> {
    fn head(&self) -> Result<Vec<String>, RenderError> {
        let fields = self.fields;
        let rule = match fields.authority {
            Authority::Single => self.word("rule.single")?,
            Authority::Joint => self.word("rule.joint")?,
        };
        Ok(vec![
            self.word("title")?.to_owned(),
            self.word("intro")?.to_owned(),
            String::new(),
            self.line("subject", fields.subject_label.as_str())?,
            self.line("signer", self.code("role", &fields.role)?)?,
            rule.to_owned(),
            self.party("controller", &fields.controller)?,
            self.party("recipient", &fields.recipient)?,
        ])
    }

    fn scope(&self) -> Result<Vec<String>, RenderError> {
        let fields = self.fields;
        let categories: Result<Vec<_>, _> = fields
            .categories
            .iter()
            .map(|code| self.code("category", &code))
            .collect();
        let actions: Result<Vec<_>, _> = fields
            .actions
            .iter()
            .map(|code| self.code("action", code))
            .collect();
        let period = self
            .word("period-value")?
            .replace("{not_before}", &japan_date(fields.not_before))
            .replace("{not_after}", &japan_date(fields.not_after));
        let retention = self
            .word("retention-value")?
            .replace("{days}", &fields.retention_days.to_string());
        Ok(vec![
            self.line("purpose", self.code("purpose", &fields.purpose)?)?,
            self.line("categories", &categories?.join(self.comma()))?,
            self.line("actions", &actions?.join(self.comma()))?,
            self.line("period", &period)?,
            self.line("retention", &retention)?,
            self.word(if fields.transfer_abroad {
                "abroad.true"
            } else {
                "abroad.false"
            })?
            .to_owned(),
        ])
    }

    fn rights(&self) -> Result<Vec<String>, RenderError> {
        let fields = self.fields;
        let second = match &fields.second_attester {
            Some(second) => self.party("second", second)?,
            None => self.word("no-second")?.to_owned(),
        };
        Ok(vec![
            second,
            self.line("place", self.code("place", &fields.place)?)?,
            self.line("assurance", self.code("assurance", &fields.assurance)?)?,
            String::new(),
            self.word("voluntary")?.to_owned(),
            self.word("withdrawal")?.to_owned(),
            self.word("copies")?.to_owned(),
            self.word("statute")?.to_owned(),
            String::new(),
        ])
    }

    fn party(&self, key: &str, party: &Party) -> Result<String, RenderError> {
        let contact = self.word("contact")?;
        self.line(
            key,
            &format!("{} ({contact}: {})", party.name, party.contact),
        )
    }

    fn line(&self, key: &str, value: &str) -> Result<String, RenderError> {
        Ok(format!("{}: {value}", self.word(key)?))
    }

    fn word(&self, key: &str) -> Result<&'static str, RenderError> {
        text(self.language, key).ok_or_else(|| RenderError::MissingWords(key.to_owned()))
    }

    /// The words for a code, by the name under which the statement itself writes it.
    fn code(&self, group: &str, code: &impl Serialize) -> Result<&'static str, RenderError> {
        let written = serde_json::to_value(code).ok();
        let name = written.as_ref().and_then(serde_json::Value::as_str);
        let name = name.ok_or_else(|| RenderError::MissingWords(group.to_owned()))?;
        self.word(&format!("{group}.{name}"))
    }

    fn comma(&self) -> &'static str {
        match self.language {
            Language::Japanese | Language::PlainJapanese => "、",
            Language::English => ", ",
        }
    }
}

/// Year, month and day of a count of days since 1970-01-01 (Gregorian calendar; Howard Hinnant's algorithm).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "days stay below 2^27 for every moment a document may hold"
)]
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}
