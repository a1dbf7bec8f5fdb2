//! The statement in words: plain text made from the very bytes that will be signed, never from a form on a screen.

use musubi_primitives::resident::Authority;
use musubi_primitives::{CategorySet, Language, Moment, Purpose};
use serde::Serialize;

use crate::document::{Document, DocumentError, DocumentFields};
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

/// One line of a shown document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// What the document is.
    Title(String),
    /// Begins a part.
    Heading(String),
    /// Words that belong to no field.
    Note(String),
    /// A field with its label.
    Field {
        /// What the field is called.
        label: String,
        /// What it says.
        value: String,
    },
    /// Room between two parts.
    Gap,
}

impl Row {
    pub(crate) fn field(label: &str, value: impl Into<String>) -> Self {
        Self::Field {
            label: label.to_owned(),
            value: value.into(),
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Title(text) | Self::Heading(text) | Self::Note(text) => formatter.write_str(text),
            Self::Field { label, value } => write!(formatter, "{label}: {value}"),
            Self::Gap => Ok(()),
        }
    }
}

/// Shows canonical statement bytes in `language` as plain text. The language that the statement names is the one whose wording it pins.
///
/// # Errors
///
/// [`RenderError::Document`] when the bytes are not a statement that this build can show.
pub fn render(statement: &[u8], language: Language) -> Result<String, RenderError> {
    Ok(plain_text(&rows(statement, language)?))
}

/// The same as rows, for paper and for screens.
///
/// # Errors
///
/// [`RenderError::Document`] when the bytes are not a statement that this build can show.
pub fn rows(statement: &[u8], language: Language) -> Result<Vec<Row>, RenderError> {
    let statement = Statement::parse(statement)?;
    let page = Page {
        language,
        fields: statement.fields(),
    };
    let mut rows = page.head()?;
    rows.extend(page.scope()?);
    rows.extend(page.rights()?);
    rows.extend(page.numbers()?);
    rows.push(page.field("reference", short_reference(&statement))?);
    Ok(rows)
}

/// Rows as plain text, one a line.
#[must_use]
pub fn plain_text(rows: &[Row]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// The first 16 hexadecimal digits of the digest that the signed content holds, to compare screen, paper and receipt.
#[must_use]
pub fn short_reference<F: DocumentFields>(document: &Document<F>) -> String {
    hex::encode(document.digest()).chars().take(16).collect()
}

/// What a consent is for and which classes of records it covers, in the words of statements.
///
/// # Errors
///
/// [`RenderError::MissingWords`] for a code without words in this language.
pub fn scope_words(
    purpose: Purpose,
    categories: CategorySet,
    language: Language,
) -> Result<String, RenderError> {
    let word = |group, code: &serde_json::Value| {
        let key = code_key(group, code)?;
        text(language, &key).ok_or(RenderError::MissingWords(key))
    };
    let named = serde_json::to_value(categories).unwrap_or_default();
    let named = named.as_array().into_iter().flatten();
    let classes: Vec<&str> = named
        .map(|category| word("category", category))
        .collect::<Result<_, _>>()?;
    let comma = match language {
        Language::Japanese | Language::PlainJapanese => "、",
        Language::English => ", ",
    };
    let purpose = word("purpose", &serde_json::json!(purpose))?;
    Ok(format!("{purpose}: {}", classes.join(comma)))
}

/// Digits that stand together when a number or hash is shown, so that two people can read it to each other.
const DIGITS_TOGETHER: usize = 8;

/// Hexadecimal digits in groups.
pub(crate) fn grouped(bytes: &[u8; 32]) -> String {
    let digits: Vec<char> = hex::encode(bytes).chars().collect();
    let groups: Vec<String> = digits
        .chunks(DIGITS_TOGETHER)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// A moment as date and time of day in Japan, to the minute.
#[must_use]
pub fn japan_time(moment: Moment) -> String {
    let minutes = moment.saturating_add(JAPAN_OFFSET_MS) / 60_000;
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{} {hour:02}:{minute:02}", japan_date(moment))
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
    fn head(&self) -> Result<Vec<Row>, RenderError> {
        let fields = self.fields;
        let rule = match fields.authority {
            Authority::Single => self.note("rule.single")?,
            Authority::Joint => self.note("rule.joint")?,
        };
        Ok(vec![
            Row::Title(self.word("title")?.to_owned()),
            self.note("intro")?,
            Row::Gap,
            self.field("subject", fields.subject_label.as_str())?,
            self.field("signer", self.code("role", &fields.role)?)?,
            rule,
            self.party("controller", &fields.controller)?,
            self.party("recipient", &fields.recipient)?,
        ])
    }

    fn scope(&self) -> Result<Vec<Row>, RenderError> {
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
            self.field("purpose", self.code("purpose", &fields.purpose)?)?,
            self.field("categories", categories?.join(self.comma()))?,
            self.field("actions", actions?.join(self.comma()))?,
            self.field("period", period)?,
            self.field("retention", retention)?,
            self.note(if fields.transfer_abroad {
                "abroad.true"
            } else {
                "abroad.false"
            })?,
        ])
    }

    fn rights(&self) -> Result<Vec<Row>, RenderError> {
        let fields = self.fields;
        let second = match &fields.second_attester {
            Some(second) => self.party("second", second)?,
            None => self.note("no-second")?,
        };
        Ok(vec![
            second,
            self.field("place", self.code("place", &fields.place)?)?,
            self.field("assurance", self.code("assurance", &fields.assurance)?)?,
            Row::Gap,
            self.note("voluntary")?,
            self.note("withdrawal")?,
            self.note("copies")?,
            self.note("statute")?,
            Row::Gap,
        ])
    }

    /// What ties this statement to other papers: its number, what it replaces, the notice, the phone that may withdraw.
    fn numbers(&self) -> Result<Vec<Row>, RenderError> {
        let fields = self.fields;
        let mut rows = vec![
            self.field("notice", fields.notice.as_str())?,
            self.field("number", grouped(&fields.consent.0))?,
        ];
        if let Some(earlier) = fields.supersedes {
            rows.push(self.field("replaces", grouped(&earlier.0))?);
        }
        if let Some(account) = fields.account {
            rows.push(self.field("account", grouped(&account.0))?);
        }
        Ok(rows)
    }

    fn party(&self, key: &str, party: &Party) -> Result<Row, RenderError> {
        let contact = self.word("contact")?;
        self.field(
            key,
            format!("{} ({contact}: {})", party.name, party.contact),
        )
    }

    fn note(&self, key: &str) -> Result<Row, RenderError> {
        Ok(Row::Note(self.word(key)?.to_owned()))
    }

    fn field(&self, key: &str, value: impl Into<String>) -> Result<Row, RenderError> {
        Ok(Row::field(self.word(key)?, value))
    }

    fn word(&self, key: &str) -> Result<&'static str, RenderError> {
        text(self.language, key).ok_or_else(|| RenderError::MissingWords(key.to_owned()))
    }

    /// The words for a code, by the name under which the statement itself writes it.
    fn code(&self, group: &str, code: &impl Serialize) -> Result<&'static str, RenderError> {
        self.word(&code_key(group, code)?)
    }

    fn comma(&self) -> &'static str {
        match self.language {
            Language::Japanese | Language::PlainJapanese => "、",
            Language::English => ", ",
        }
    }
}

/// The key of the words for a code.
pub(crate) fn code_key(group: &str, code: &impl Serialize) -> Result<String, RenderError> {
    let written = serde_json::to_value(code).ok();
    let name = written.as_ref().and_then(serde_json::Value::as_str);
    let name = name.ok_or_else(|| RenderError::MissingWords(group.to_owned()))?;
    Ok(format!("{group}.{name}"))
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
