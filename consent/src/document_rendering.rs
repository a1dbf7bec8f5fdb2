//! The short documents in words: what a card signs to bind itself, to withdraw and to check in, shown field by field.
//!
//! People are shown by their numbers, since the document holds no names: the same groups of digits stand on the receipt, so that two
//! papers can be held beside each other. Every field that is signed is on the page.

use musubi_primitives::{Language, Moment};
use serde::Serialize;

use crate::binding::BindingFields;
use crate::check_in::CheckInFields;
use crate::document::{Document, DocumentFields};
use crate::rendering::{
    RenderError, Row, code_key, grouped, japan_time, plain_text, short_reference,
};
use crate::withdrawal::WithdrawalFields;
use crate::wording::{document_text, text};

/// Thirty-two bytes under a label.
type Number<'a> = (&'static str, &'a [u8; 32]);

/// Documents of a few fields, each of which is shown.
pub trait Shown: DocumentFields {
    /// What it does and about whom, without the rows that all documents have.
    ///
    /// # Errors
    ///
    /// [`RenderError::MissingWords`] when this build lacks them.
    fn told(&self, language: Language) -> Result<Vec<Row>, RenderError>;

    /// Language that the document names: the one it is meant to be read in.
    fn language(&self) -> Language;
}

/// Shows a document in `language` as rows.
///
/// # Errors
///
/// [`RenderError::MissingWords`] when this build lacks them.
pub fn document_rows<F: Shown>(
    document: &Document<F>,
    language: Language,
) -> Result<Vec<Row>, RenderError> {
    let fields = document.fields();
    let mut rows = fields.told(language)?;
    rows.push(Row::field(
        word(language, "period")?,
        period(language, fields.period())?,
    ));
    rows.push(Row::field(
        word(language, "nonce")?,
        grouped(&fields.nonce()),
    ));
    let own = word(language, &code_key("language", &fields.language())?)?;
    rows.push(Row::field(word(language, "language")?, own));
    rows.push(Row::field(
        word(language, "reference")?,
        short_reference(document),
    ));
    Ok(rows)
}

/// The same as plain text.
///
/// # Errors
///
/// [`RenderError::MissingWords`] when this build lacks them.
pub fn render_document<F: Shown>(
    document: &Document<F>,
    language: Language,
) -> Result<String, RenderError> {
    Ok(plain_text(&document_rows(document, language)?))
}

impl Shown for WithdrawalFields {
    fn told(&self, language: Language) -> Result<Vec<Row>, RenderError> {
        let mut rows = head(language, "withdrawal")?;
        rows.extend(numbers(
            language,
            [
                ("withdrawal.consent", &self.consent.0),
                ("withdrawal.subject", &self.subject.0),
                ("withdrawal.guardian", &self.guardian.0),
            ],
        )?);
        Ok(rows)
    }

    fn language(&self) -> Language {
        self.language
    }
}

impl Shown for BindingFields {
    fn told(&self, language: Language) -> Result<Vec<Row>, RenderError> {
        let mut rows = head(language, "binding")?;
        rows.extend(numbers(
            language,
            [
                ("binding.number", &self.binding.0),
                ("binding.person", &self.person.0),
            ],
        )?);
        rows.push(Row::field(
            word(language, "binding.home")?,
            self.home.0.to_string(),
        ));
        rows.push(match &self.replaces {
            Some(former) => Row::field(word(language, "binding.replaces")?, grouped(&former.0)),
            None => Row::Note(word(language, "binding.first")?.to_owned()),
        });
        Ok(rows)
    }

    fn language(&self) -> Language {
        self.language
    }
}

impl Shown for CheckInFields {
    fn told(&self, language: Language) -> Result<Vec<Row>, RenderError> {
        let mut rows = head(language, "check-in")?;
        rows.extend(numbers(
            language,
            [
                ("check-in.session", &self.session.0),
                ("check-in.subject", &self.subject.0),
                ("check-in.person", &self.person.0),
                ("check-in.terminal", &self.terminal.0),
                ("check-in.staff", &self.staff.0),
            ],
        )?);
        rows.push(Row::field(
            word(language, "check-in.member")?,
            self.member.0.to_string(),
        ));
        rows.push(Row::field(
            word(language, "purpose")?,
            purpose(language, &self.purpose)?,
        ));
        Ok(rows)
    }

    fn language(&self) -> Language {
        self.language
    }
}

fn head(language: Language, kind: &str) -> Result<Vec<Row>, RenderError> {
    Ok(vec![
        Row::Title(word(language, &format!("{kind}.title"))?.to_owned()),
        Row::Note(word(language, &format!("{kind}.intro"))?.to_owned()),
    ])
}

fn numbers<const N: usize>(
    language: Language,
    numbers: [Number<'_>; N],
) -> Result<Vec<Row>, RenderError> {
    numbers
        .into_iter()
        .map(|(key, bytes)| Ok(Row::field(word(language, key)?, grouped(bytes))))
        .collect()
}

fn period(
    language: Language,
    (not_before, not_after): (Moment, Moment),
) -> Result<String, RenderError> {
    let words = word(language, "period-value")?;
    Ok(words
        .replace("{not_before}", &japan_time(not_before))
        .replace("{not_after}", &japan_time(not_after)))
}

/// In the words of the statement, so that a person meets one word for one thing.
fn purpose(language: Language, purpose: &impl Serialize) -> Result<&'static str, RenderError> {
    let key = code_key("purpose", purpose)?;
    text(language, &key).ok_or(RenderError::MissingWords(key))
}

fn word(language: Language, key: &str) -> Result<&'static str, RenderError> {
    document_text(language, key).ok_or_else(|| RenderError::MissingWords(key.to_owned()))
}
