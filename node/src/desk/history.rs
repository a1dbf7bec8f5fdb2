//! What this member itself knows of a subject: the records that its own vault can open, as the chain says they stand.

use super::{care::Care, chain::unavailable, dose, dose::Recorded, intake::Intake};
use musubi_care::{check_report::CheckReport, child::Standing};
use musubi_client_sdk::sealing::record::CanonicalBytes;
use musubi_fhir::{Kind, Resource};
use musubi_node_gateway::DeskError;
use musubi_primitives::{
    Category, Commitment, HpkeKey, MemberId, Pseudonym, RecordId, RecordState, view::RecordView,
};

/// A record of this member's own vault, opened.
pub struct OwnRecord {
    pub record: RecordId,
    pub author: MemberId,
    pub commitment: Commitment,
    /// Whether two holders have it.
    pub standing: Standing,
    /// Superseded, or entered in error.
    pub is_void: bool,
    pub bytes: CanonicalBytes,
}

/// An earlier check that is kept here.
pub struct KeptReport {
    pub record: RecordId,
    pub commitment: Commitment,
    pub report: CheckReport,
}

impl Intake {
    /// Opens the records of one category that are held here or on their way out.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn own_records(
        &self,
        subject: Pseudonym,
        category: Category,
    ) -> Result<Vec<OwnRecord>, DeskError> {
        let held = self
            .custodian
            .vault(move |vault| vault.records_of(&subject))
            .await?;
        let mut own = Vec::new();
        for record in held {
            let Some(view) = self.known(record).await? else {
                continue;
            };
            let is_wanted = view.category == category && view.state != RecordState::Erased;
            if !is_wanted {
                continue;
            }
            let opened = self
                .custodian
                .vault(move |vault| vault.open_own(&record))
                .await?;
            own.extend(opened.map(|bytes| OwnRecord::new(record, &view, bytes)));
        }
        let known: Vec<RecordId> = own.iter().map(|own| own.record).collect();
        let leaving = self.leaving(subject, category, self.member_key).await?;
        own.extend(
            leaving
                .into_iter()
                .filter(|own| !known.contains(&own.record)),
        );
        Ok(own)
    }

    /// Sealed here and not yet kept: the chain may not have it yet, and a check must not miss it.
    async fn leaving(
        &self,
        subject: Pseudonym,
        category: Category,
        own_key: HpkeKey,
    ) -> Result<Vec<OwnRecord>, DeskError> {
        let author = self.member;
        self.custodian
            .vault(move |vault| {
                let mut leaving = Vec::new();
                for outgoing in vault.outgoing()? {
                    let sealed = &outgoing.offer.sealed;
                    let mut envelopes = outgoing.offer.envelopes.iter();
                    let own = envelopes.find(|envelope| envelope.holder == own_key);
                    let is_wanted = (outgoing.subject, outgoing.category) == (subject, category);
                    let Some(envelope) = own.filter(|_| is_wanted) else {
                        continue;
                    };
                    leaving.push(OwnRecord {
                        record: sealed.record,
                        author,
                        commitment: sealed.commitment,
                        standing: Standing::Pending,
                        is_void: false,
                        bytes: vault.open_sealed(sealed, envelope)?,
                    });
                }
                Ok(leaving)
            })
            .await
    }

    /// The checks kept here about a subject, in their order.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`]; a report that cannot be read is a fault, not an absence.
    pub async fn reports(&self, subject: Pseudonym) -> Result<Vec<KeptReport>, DeskError> {
        let records = self.own_records(subject, Category::ScheduleVerdict).await?;
        let own = records.into_iter().filter(|own| own.author == self.member);
        let mut reports = own
            .map(|own| {
                Ok(KeptReport {
                    record: own.record,
                    commitment: own.commitment,
                    report: CheckReport::parse(&own.bytes).map_err(unavailable)?,
                })
            })
            .collect::<Result<Vec<_>, DeskError>>()?;
        reports.sort_by_key(|kept| kept.report.number);
        Ok(reports)
    }
}

impl OwnRecord {
    pub(super) fn new(record: RecordId, view: &RecordView, bytes: CanonicalBytes) -> Self {
        Self {
            record,
            author: view.author,
            commitment: view.commitment,
            standing: match view.state {
                RecordState::Stored => Standing::Stored,
                RecordState::Pending | RecordState::Erased => Standing::Pending,
            },
            is_void: view.is_void(),
            bytes,
        }
    }

    /// The resource, which was checked when it was taken in.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`] when it is none.
    pub fn resource(&self) -> Result<Resource, DeskError> {
        let text = std::str::from_utf8(&self.bytes).map_err(unavailable)?;
        Resource::parse(text).map_err(unavailable)
    }

    /// What it says of a dose; nothing where it does not stand any more.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub fn dose(&self, care: &Care) -> Result<Recorded, DeskError> {
        if self.is_void {
            return Ok(Recorded::NotGiven);
        }
        self.dose_as_written(care)
    }

    /// What it said of a dose when it was written, whether it still stands or not.
    ///
    /// # Errors
    /// As [`Self::dose`].
    pub fn dose_as_written(&self, care: &Care) -> Result<Recorded, DeskError> {
        let resource = self.resource()?;
        if resource.kind() != Kind::Immunization {
            return Ok(Recorded::NotGiven);
        }
        Ok(dose::recorded(care, &resource, self.standing))
    }
}
