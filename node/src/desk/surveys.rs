//! Surveys, counted from what this municipality's own vault holds about its own people: the newest response of each to the newest edition of a
//! form, in a fiscal year.
//!
//! This node opens each response to count it and shows none: what is told passes small-cell suppression always, and only questions that
//! everybody was asked are told. Answers to restricted forms leave no line in the ledger, and are not counted.

use super::{Office, blocking, chain::unavailable, counter::fault, ledger::Ledger, offered};
use async_trait::async_trait;
use musubi_care::{
    civil::Date,
    figures::Threshold,
    forms::survey::{PublishedSurvey, publish},
};
use musubi_fhir::form::{Checked, Form};
use musubi_node_gateway::{
    Caller, DeskError,
    follow_up::surveys::{SurveyDesk, SurveyQuery},
};
use musubi_node_register::Line;
use musubi_primitives::{Pseudonym, RecordId};
use std::collections::BTreeMap;

impl Ledger {
    async fn survey(&self, query: SurveyQuery) -> Result<PublishedSurvey, DeskError> {
        let wrong = |text: &str| DeskError::Unprocessable(text.to_owned());
        let threshold = match query.publish {
            Some(least) => {
                Threshold::new(least).ok_or_else(|| wrong("publish: expected 2 to 1000"))?
            }
            None => Threshold::USUAL,
        };
        let named = self.forms.named(&query.form, None);
        let (form, _) = named.filter(|(form, _)| !form.restricted).ok_or_else(|| {
            wrong("form: expected a form that is not restricted (/v1/forms lists them)")
        })?;
        let days = Date::new(query.year, 4, 1).zip(Date::new(query.year.saturating_add(1), 3, 31));
        let days = days.ok_or_else(|| wrong("year: out of bounds"))?;
        self.enter_waiting().await?;
        let mut answers = Vec::new();
        for record in self.answered(form, days)? {
            answers.extend(self.opened(form, record).await?);
        }
        Ok(publish(form, &answers, threshold))
    }

    /// The newest response of each subject within these days.
    fn answered(&self, form: &Form, days: (Date, Date)) -> Result<Vec<RecordId>, DeskError> {
        let mut newest: BTreeMap<Pseudonym, (Date, RecordId)> = BTreeMap::new();
        for of in self.register.ledger().map_err(fault)? {
            let Line::Form {
                form: url, date, ..
            } = &of.line
            else {
                continue;
            };
            let Some(date) = Date::parse(date)
                .ok()
                .filter(|date| days.0 <= *date && *date <= days.1)
            else {
                continue;
            };
            let known = newest
                .get(&of.subject)
                .is_some_and(|(other, _)| date < *other);
            if *url == form.url && !known {
                newest.insert(of.subject, (date, of.record));
            }
        }
        Ok(newest.into_values().map(|(_, record)| record).collect())
    }

    /// The answers of one response; none of one to another edition, or that is erased.
    async fn opened(&self, form: &Form, record: RecordId) -> Result<Option<Checked>, DeskError> {
        let opened = self.custodian.vault(move |vault| vault.open_own(&record));
        let Some(bytes) = opened.await? else {
            return Ok(None);
        };
        let response: serde_json::Value = serde_json::from_slice(&bytes).map_err(unavailable)?;
        let fits = response["questionnaire"] == form.canonical();
        let checked = self.forms.check(&response).ok().flatten();
        Ok(checked.filter(|_| fits).map(|(_, checked)| checked))
    }
}

#[async_trait]
impl SurveyDesk for Office {
    async fn survey(
        &self,
        caller: &Caller,
        query: SurveyQuery,
    ) -> Result<PublishedSurvey, DeskError> {
        let ledger = offered(&self.desks()?.ledger, "a municipality's follow-up")?;
        ledger.check_officer(caller)?;
        blocking(ledger.survey(query)).await
    }
}
