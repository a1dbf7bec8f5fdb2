//! Keeping the municipality's ledger (予防接種台帳): what comes into the own vault about its people is entered in short, what no longer counts
//! or was erased is struck.
//!
//! It is filled before the chain is told that a record is kept, so that a crash in between loses no line; each start looks through the
//! vault once, for what came before there was a ledger. Answers to restricted forms leave no line.

use super::{
    blocking,
    care::Care,
    chain::{Chain, unavailable},
    counter::fault,
    custodian::Custodian,
    dose::full,
    forms::Forms,
};
use musubi_care::{recall::normal, records::completed_form};
use musubi_fhir::{Kind, Resource};
use musubi_node_gateway::DeskError;
use musubi_node_register::{Line, LineOf, Register};
use musubi_primitives::{Category, MemberId, Pseudonym, RecordId, RecordState, view::RecordView};
use std::sync::Arc;

/// The ledger, and what it is kept from. Cheap to share.
#[derive(Clone)]
pub struct Ledger {
    pub chain: Chain,
    pub custodian: Custodian,
    pub register: Arc<Register>,
    pub member: MemberId,
    /// Products by the codes of record systems, and the rules that know them.
    pub care: Arc<Care>,
    /// Forms and when they are offered.
    pub forms: Arc<Forms>,
}

impl Ledger {
    /// Enters everything that is held here and not yet in the ledger; once at a start, beside all else.
    pub async fn look_through(self) {
        let held = self.custodian.vault(musubi_node_vault::Vault::held).await;
        let is_missing = |(subject, record): &(Pseudonym, RecordId)| {
            // What cannot be read is tried, and said then.
            !self.register.is_entered(subject, record).unwrap_or(false)
        };
        let entered = match held {
            Ok(held) => {
                let missing = held.into_iter().filter(is_missing);
                let missing = missing.map(|(_, record)| record).collect();
                blocking(self.enter_all(missing)).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = entered {
            tracing::warn!(?error, "the ledger could not be completed from the vault");
        }
    }

    /// Enters what came in since the chain was last told.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`], after everything that can be entered was.
    pub async fn enter_waiting(&self) -> Result<(), DeskError> {
        let waiting = self
            .custodian
            .vault(musubi_node_vault::Vault::to_acknowledge)
            .await?;
        self.enter_all(waiting).await
    }

    /// One that cannot be entered holds up no other; the first fault is told.
    async fn enter_all(&self, records: Vec<RecordId>) -> Result<(), DeskError> {
        let mut outcome = Ok(());
        for record in records {
            if let Err(error) = self.enter(record).await {
                tracing::warn!(%record, ?error, "a record could not be entered into the ledger");
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }

    /// Enters one record about somebody whose home this is; done again, it changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`] where it cannot be read or written here.
    pub async fn enter(&self, record: RecordId) -> Result<(), DeskError> {
        let Some(view) = self.known(record).await? else {
            return Ok(());
        };
        let subject = view.subject;
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
        let is_entered = || self.register.is_entered(&subject, &record).map_err(fault);
        if home != Some(self.member) || view.state == RecordState::Erased || is_entered()? {
            return Ok(());
        }
        let Some(line) = self.line(record, &view).await? else {
            return Ok(());
        };
        let lot = lot_of(&line);
        let entered = LineOf {
            subject,
            record,
            line,
        };
        self.register.enter(&entered, lot.as_deref()).map_err(fault)
    }

    /// What a record says in short; nothing where this member holds ciphertext only.
    async fn line(&self, record: RecordId, view: &RecordView) -> Result<Option<Line>, DeskError> {
        let opened = self.custodian.vault(move |vault| vault.open_own(&record));
        let Some(bytes) = opened.await? else {
            return Ok(None);
        };
        let has_line = matches!(
            view.category,
            Category::Immunization | Category::Questionnaire
        );
        if view.is_void() || !has_line {
            return Ok(Some(Line::Other));
        }
        let text = std::str::from_utf8(&bytes).map_err(unavailable)?;
        // What an earlier edition took in and this one would not, is kept as it is, and no line is made of it.
        let resource = Resource::parse(text).ok();
        Ok(Some(resource.map_or(Line::Other, |resource| {
            line_of(&self.care, &resource)
        })))
    }

    /// A record that was superseded or entered in error: its line says nothing more.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn void(&self, record: RecordId) -> Result<(), DeskError> {
        let Some(entered) = self.entered(record).await? else {
            return Ok(());
        };
        self.strike_line(&entered)?;
        let other = LineOf {
            line: Line::Other,
            ..entered
        };
        self.register.enter(&other, None).map_err(fault)
    }

    /// A record that was erased leaves no line.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn erased(&self, record: RecordId) -> Result<(), DeskError> {
        match self.entered(record).await? {
            Some(entered) => self.strike_line(&entered),
            None => Ok(()),
        }
    }

    async fn entered(&self, record: RecordId) -> Result<Option<LineOf>, DeskError> {
        let Some(view) = self.known(record).await? else {
            return Ok(None);
        };
        let subject = view.subject;
        let line = self.register.line(&subject, &record).map_err(fault)?;
        Ok(line.map(|line| LineOf {
            subject,
            record,
            line,
        }))
    }

    fn strike_line(&self, entered: &LineOf) -> Result<(), DeskError> {
        let lot = lot_of(&entered.line);
        self.register
            .strike(&entered.subject, &entered.record, lot.as_deref())
            .map_err(fault)
    }

    async fn known(&self, record: RecordId) -> Result<Option<RecordView>, DeskError> {
        self.chain.read("MusubiApi_record", record).await
    }
}

fn line_of(care: &Care, resource: &Resource) -> Line {
    let value = resource.value();
    let status = value["status"].as_str();
    match (resource.kind(), status) {
        (Kind::Immunization, Some("completed")) => Line::Dose {
            product: care.product(&value["vaccineCode"]),
            date: resource.date().and_then(full).map(|date| date.to_string()),
            lot: value["lotNumber"].as_str().unwrap_or_default().to_owned(),
        },
        (Kind::QuestionnaireResponse, Some("completed" | "amended")) => completed_form(resource)
            .map_or(Line::Other, |form| Line::Form {
                form: form.form,
                date: form.date.to_string(),
                judgement: form.judgement,
            }),
        _ => Line::Other,
    }
}

/// The lot by which a line is found: empty for a dose without one.
fn lot_of(line: &Line) -> Option<String> {
    match line {
        Line::Dose { lot, .. } => Some(normal(lot)),
        Line::Form { .. } | Line::Other => None,
    }
}
