//! The receipt in words, made from its canonical bytes and those of the statement that it is about.

use musubi_primitives::{Language, VerifyingKey};
use serde::Serialize;

use crate::document::DocumentError;
use crate::receipt::content::Content;
use crate::receipt::{ConsentReceipt, ReceiptDetails};
use crate::rendering::{
    RenderError, Row, code_key, grouped, japan_date, japan_time, plain_text, rows,
};
use crate::statement::Statement;
use crate::wording::receipt_text;

/// Shows a receipt in `language` as plain text.
///
/// # Errors
///
/// [`RenderError::Document`] when either is not what it should be, or the receipt is about another statement.
pub fn render_receipt(
    receipt: &[u8],
    statement: &[u8],
    language: Language,
) -> Result<String, RenderError> {
    Ok(plain_text(&receipt_rows(receipt, statement, language)?))
}

/// The same as rows, for paper and for screens.
///
/// # Errors
///
/// [`RenderError::Document`] when either is not what it should be, or the receipt is about another statement.
pub fn receipt_rows(
    receipt: &[u8],
    statement: &[u8],
    language: Language,
) -> Result<Vec<Row>, RenderError> {
    let receipt = ConsentReceipt::parse(receipt)?;
    let agreed = rows(statement, language)?;
    let is_about_it =
        Statement::parse(statement)?.digest() == receipt.content().proof.statement_digest.0;
    if !is_about_it {
        return Err(RenderError::Document(DocumentError::Rule {
            field: "statement_digest",
            rule: "the digest of the statement shown",
        }));
    }
    let page = Page {
        language,
        content: receipt.content(),
        verifier_key: receipt.verifier().1,
    };
    let mut shown = page.head()?;
    shown.push(Row::Heading(page.word("agreed")?.to_owned()));
    // The statement's own title and its call to sign are of no use after signing.
    shown.extend(agreed.into_iter().skip(2).filter(|row| *row != Row::Gap));
    shown.extend(page.basis()?);
    shown.extend(page.proof()?);
    shown.push(page.field("receipt-digest", grouped(&receipt.digest()))?);
    Ok(shown)
}

/// What stands beside the QR code and below each page.
///
/// # Errors
///
/// [`RenderError::MissingWords`] when this build lacks them.
pub fn page_words(language: Language) -> Result<(&'static str, &'static str), RenderError> {
    Ok((word(language, "qr")?, word(language, "page")?))
}

struct Page<'a> {
    language: Language,
    content: &'a Content,
    verifier_key: VerifyingKey,
}

impl Page<'_> {
    fn head(&self) -> Result<Vec<Row>, RenderError> {
        let content = self.content;
        let mut rows = vec![
            Row::Title(self.word("title")?.to_owned()),
            Row::Note(self.word("intro")?.to_owned()),
        ];
        for issuer in &content.pii_controllers {
            rows.push(self.field("issuer", format!("{} ({})", issuer.name, issuer.contact))?);
        }
        rows.extend([
            self.code("event", &content.event)?,
            self.time("happened", content.event_timestamp)?,
            self.time("signed", content.consent_timestamp)?,
            self.code("standing", &content.proof.standing)?,
            self.field("number", grouped(&content.receipt_id.0))?,
        ]);
        rows.push(self.field("receipt-number", content.receipt_number.to_string())?);
        if let Some(act) = content.act {
            rows.push(self.time("act-signed", act.signed_timestamp)?);
            rows.push(self.field("act-record", grouped(&act.record_id.0))?);
        }
        Ok(rows)
    }

    fn basis(&self) -> Result<Vec<Row>, RenderError> {
        let (content, details) = (self.content, &self.content.details);
        let mut rows = vec![Row::Heading(self.word("basis")?.to_owned())];
        rows.extend(self.known_code("age-band", details.age_band.as_ref())?);
        rows.extend(self.authority(details)?);
        rows.extend(self.known_code("helper", details.helper.as_ref())?);
        for basis in &details.legal_basis {
            rows.push(self.code("legal-basis", basis)?);
        }
        let sources: Vec<_> = details
            .source_systems
            .iter()
            .map(|text| text.as_str())
            .collect();
        if !sources.is_empty() {
            rows.push(self.field("sources", sources.join(self.comma()))?);
        }
        let sensitive = content.services.iter().any(|service| service.sensitive);
        rows.extend(
            sensitive
                .then(|| self.flag("sensitive", true))
                .transpose()?,
        );
        rows.push(self.flag("mandatory", content.mandatory)?);
        rows.push(self.flag("third-party", content.third_party_disclosure)?);
        let hash = details.notice_hash.map(|hash| grouped(&hash.0));
        rows.extend(
            hash.map(|hash| self.field("notice-hash", hash))
                .transpose()?,
        );
        let policy = details.policy_url.as_ref();
        rows.extend(
            policy
                .map(|url| self.field("policy-url", url.as_str()))
                .transpose()?,
        );
        let reviews: Vec<_> = details.reviews.iter().map(|day| japan_date(*day)).collect();
        if !reviews.is_empty() {
            rows.push(self.field("reviews", reviews.join(self.comma()))?);
        }
        rows.push(self.field("withdraw", self.word("withdraw-value")?)?);
        Ok(rows)
    }

    fn authority(&self, details: &ReceiptDetails) -> Result<Vec<Row>, RenderError> {
        let Some(basis) = details.authority_basis else {
            return Ok(Vec::new());
        };
        let mut rows = vec![self.code("authority-basis", &basis)?];
        if let Some(checked) = details.authority_checked {
            rows.push(self.field("authority-checked", japan_date(checked))?);
        }
        let controllers = &self.content.pii_controllers;
        for controller in controllers {
            rows.push(self.field("authority-attested", controller.name.as_str())?);
        }
        Ok(rows)
    }

    fn proof(&self) -> Result<Vec<Row>, RenderError> {
        let (content, details) = (self.content, &self.content.details);
        let proof = &content.proof;
        let mut rows = vec![
            Row::Heading(self.word("proof")?.to_owned()),
            self.time("issued", content.issued_timestamp)?,
        ];
        rows.extend(self.known_code("delivery", details.delivery.as_ref())?);
        let delivered = details.delivered_at.map(|at| self.time("delivered", at));
        rows.extend(delivered.transpose()?);
        for controller in &content.pii_controllers {
            rows.push(self.field("verifier", controller.name.as_str())?);
        }
        rows.push(self.time("checked", proof.checked_timestamp)?);
        let policy = details.policy_version.as_ref();
        rows.extend(
            policy
                .map(|text| self.field("policy", text.as_str()))
                .transpose()?,
        );
        rows.push(self.field("algorithm", &*proof.signature_algorithm)?);
        rows.push(self.field("tag", &*proof.content_tag)?);
        rows.push(self.field("genesis", grouped(&proof.genesis.0))?);
        rows.push(self.field("nonce", grouped(&proof.nonce.0))?);
        rows.push(self.field("statement-digest", grouped(&proof.statement_digest.0))?);
        rows.push(self.field("wording", grouped(&proof.display_template.0))?);
        let known = [
            ("verifier-key", Some(self.verifier_key.0)),
            ("record", details.record_id.map(|id| id.0)),
            ("terminal", details.terminal.map(|key| key.0)),
            ("staff", details.staff.map(|key| key.0)),
        ];
        for (key, bytes) in known {
            let row = bytes.map(|bytes| self.field(key, grouped(&bytes)));
            rows.extend(row.transpose()?);
        }
        Ok(rows)
    }

    fn known_code(
        &self,
        key: &str,
        code: Option<&impl Serialize>,
    ) -> Result<Option<Row>, RenderError> {
        code.map(|code| self.code(key, code)).transpose()
    }

    fn code(&self, key: &str, code: &impl Serialize) -> Result<Row, RenderError> {
        self.field(key, self.word(&code_key(key, code)?)?)
    }

    fn flag(&self, key: &str, flag: bool) -> Result<Row, RenderError> {
        self.field(key, self.word(&format!("{key}.{flag}"))?)
    }

    fn time(&self, key: &str, moment: musubi_primitives::Moment) -> Result<Row, RenderError> {
        let value = self
            .word("time-value")?
            .replace("{time}", &japan_time(moment));
        self.field(key, value)
    }

    fn field(&self, key: &str, value: impl Into<String>) -> Result<Row, RenderError> {
        Ok(Row::field(self.word(key)?, value))
    }

    fn word(&self, key: &str) -> Result<&'static str, RenderError> {
        word(self.language, key)
    }

    fn comma(&self) -> &'static str {
        match self.language {
            Language::Japanese | Language::PlainJapanese => "、",
            Language::English => ", ",
        }
    }
}

fn word(language: Language, key: &str) -> Result<&'static str, RenderError> {
    receipt_text(language, key).ok_or_else(|| RenderError::MissingWords(key.to_owned()))
}
