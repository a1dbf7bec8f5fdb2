//! Taking records in: sealed on this node, committed on the chain, kept here, and handed on by the [duties](super::duties).
//!
//! Only staff of this node's own member may: the facade runs where that member's keys live. A record's id follows from its content
//! under a secret of the author, so that the same content sent twice is one record.

use super::{
    care::Care,
    chain::{Chain, unavailable},
    custodian::Custodian,
    elsewhere::Elsewhere,
    forms::Forms,
    recording::Alongside,
};
use ed25519_dalek::SigningKey;
use musubi_care::forms::is_sensitive;
use musubi_client_sdk::{
    calls,
    sealing::{CanonicalRecord, Envelope, seal},
};
use musubi_fhir::{Kind, Resource};
use musubi_node_gateway::{Caller, DeskError, TakenIn};
use musubi_node_vault::{Outgoing, Refusal, VaultError, exchange::Offer};
use musubi_primitives::{
    Category, HpkeKey, MemberId, Pseudonym, RecordId, RecordState,
    commitment::hash_parts,
    domain,
    record::may_write,
    view::{RecordView, SealingKeys},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zeroize::Zeroizing;

/// The desk that takes records in.
#[derive(Clone)]
pub struct Intake {
    pub chain: Chain,
    pub custodian: Custodian,
    /// The way to what others wrote.
    pub elsewhere: Arc<Elsewhere>,
    pub member: MemberId,
    /// The member's own sealing key.
    pub member_key: HpkeKey,
    /// Commits records for the member; has the role of a gateway.
    pub gateway: SigningKey,
    /// Makes record ids that only the author can link to content.
    pub id_secret: Zeroizing<[u8; 32]>,
    /// Records that are being committed at this moment.
    pub at_work: AtWork,
    /// The rules that a dose is held against.
    pub care: Arc<Care>,
    /// The forms that answers are held against.
    pub forms: Arc<Forms>,
}

/// How a dose that is taken in is held against the check that was asked before it.
#[derive(Clone, Copy, Debug)]
pub enum Held {
    /// Now; without the record that it is about to replace, where it is a correction.
    Without(Option<RecordId>),
    /// It was, a moment ago and together with others: [`Intake::check_together`].
    Before,
}

/// Records that somebody is at work on, so that nobody else begins.
#[derive(Clone, Default)]
pub struct AtWork(Arc<Mutex<BTreeSet<RecordId>>>);

/// Ends the work on a record when dropped.
pub(super) struct Working {
    all: AtWork,
    record: RecordId,
}

impl AtWork {
    pub(super) fn begin(&self, record: RecordId) -> Result<Working, DeskError> {
        let is_first = self.lock().insert(record);
        if is_first {
            return Ok(Working {
                all: self.clone(),
                record,
            });
        }
        Err(unavailable("this record is being committed"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<RecordId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.all.lock().remove(&self.record);
    }
}

impl Intake {
    /// Takes a resource in; answers once it is committed and kept here. Two holders follow within moments.
    ///
    /// A caller who goes away changes nothing: the work goes on, and the same content sent again is the same record.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn take_in(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        resource: Resource,
        held: Held,
    ) -> Result<TakenIn, DeskError> {
        let category = category_of(&resource)?;
        self.check_author(caller, category)?;
        self.take_in_as(subject, category, resource, held).await
    }

    /// Takes in what its author may write.
    pub(super) async fn take_in_as(
        &self,
        subject: Pseudonym,
        category: Category,
        resource: Resource,
        held: Held,
    ) -> Result<TakenIn, DeskError> {
        self.check_form(&resource)?;
        let record = self.record_id(&subject, resource.canonical_bytes());
        let working = self.at_work.begin(record)?;
        let intake = self.clone();
        let work = tokio::spawn(async move {
            let taken = intake
                .take_in_once(record, subject, category, &resource, held)
                .await;
            drop(working);
            taken
        });
        work.await.map_err(unavailable)?
    }

    async fn take_in_once(
        &self,
        record: RecordId,
        subject: Pseudonym,
        category: Category,
        resource: &Resource,
        held: Held,
    ) -> Result<TakenIn, DeskError> {
        let staged = self.staged(record).await?;
        if let Some(view) = self.known(record).await? {
            check_not_erased(&view)?;
            self.check_ours(&view, staged.as_ref(), record).await?;
            return Ok(TakenIn {
                record,
                block: None,
            });
        }
        let outgoing = match staged {
            Some(outgoing) => outgoing,
            None => {
                if let Held::Without(replaced) = held {
                    let alongside = Alongside {
                        void: replaced.into_iter().collect(),
                        ..Alongside::default()
                    };
                    self.check_dose(subject, resource, &alongside).await?;
                }
                let bytes = resource.canonical_bytes();
                self.seal(record, subject, category, bytes).await?
            }
        };
        let block = self.commit(outgoing).await?;
        Ok(TakenIn { record, block })
    }

    /// Seals canonical bytes and notes them durably, before anybody hears of them.
    pub(super) async fn seal(
        &self,
        record: RecordId,
        subject: Pseudonym,
        category: Category,
        bytes: &[u8],
    ) -> Result<Outgoing, DeskError> {
        let keys: Option<SealingKeys> = self.chain.read("MusubiApi_sealing_keys", subject).await?;
        let keys = keys.ok_or_else(|| {
            DeskError::NotFound("no such subject, or not available to this member".to_owned())
        })?;
        let outgoing = self.sealed(record, subject, category, &keys, bytes)?;
        let staged = self
            .custodian
            .with_vault(move |vault| vault.stage(outgoing))
            .await?;
        staged.map_err(|error| match error {
            VaultError::Refused(Refusal::QuotaFull) => full(),
            error @ (VaultError::Refused(_) | VaultError::Fault { .. }) => unavailable(error),
        })
    }

    pub(super) async fn staged(&self, record: RecordId) -> Result<Option<Outgoing>, DeskError> {
        self.custodian
            .vault(move |vault| vault.staged(&record))
            .await
    }

    /// A record on the chain is this node's only if its very ciphertext is here, kept or on its way.
    async fn check_ours(
        &self,
        view: &RecordView,
        staged: Option<&Outgoing>,
        record: RecordId,
    ) -> Result<(), DeskError> {
        let is_staged =
            staged.is_some_and(|staged| staged.offer.sealed.ciphertext_hash() == view.ciphertext);
        let holding = self
            .custodian
            .with_vault(move |vault| vault.store().holding(&record))
            .await?
            .map_err(unavailable)?;
        if is_staged || holding.is_some_and(|holding| holding.ciphertext == view.ciphertext) {
            return Ok(());
        }
        Err(unavailable(format!(
            "record {record} is on the chain, and its ciphertext is not in this vault: restore the vault's backup"
        )))
    }

    /// What the chain knows of a record.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn known(&self, record: RecordId) -> Result<Option<RecordView>, DeskError> {
        self.chain.read("MusubiApi_record", record).await
    }

    pub(super) fn check_author(
        &self,
        caller: &Caller,
        category: Category,
    ) -> Result<(), DeskError> {
        let actor = caller.staff()?;
        if actor.member != self.member {
            return Err(DeskError::Forbidden(
                "records are taken in by the author's own node: send it there".to_owned(),
            ));
        }
        if may_write(actor.role, category) {
            return Ok(());
        }
        Err(DeskError::Forbidden(format!(
            "the role {:?} does not write {category:?}",
            actor.role
        )))
    }

    /// Whether answers fit the form that they name, where it is published here.
    pub(super) fn check_form(&self, resource: &Resource) -> Result<(), DeskError> {
        if resource.kind() != Kind::QuestionnaireResponse {
            return Ok(());
        }
        let checked = self.forms.check(resource.value());
        checked.map(drop).map_err(DeskError::Refused)
    }

    pub(super) fn record_id(&self, subject: &Pseudonym, bytes: &[u8]) -> RecordId {
        RecordId(hash_parts(&[
            domain::RECORD_ID,
            self.id_secret.as_ref(),
            &subject.0,
            bytes,
        ]))
    }

    fn sealed(
        &self,
        record: RecordId,
        subject: Pseudonym,
        category: Category,
        keys: &SealingKeys,
        bytes: &[u8],
    ) -> Result<Outgoing, DeskError> {
        let text = CanonicalRecord::from_json(bytes)
            .map_err(|error| DeskError::Unprocessable(error.to_string()))?;
        let (sealed, data_key) = seal(record, &text).map_err(unavailable)?;
        let holders = self.holders(category, keys);
        let envelopes = Envelope::for_holders(record, &data_key, &holders).map_err(unavailable)?;
        Ok(Outgoing {
            offer: Offer { sealed, envelopes },
            subject,
            category,
            home: keys.home,
        })
    }

    /// Author, home municipality, and the family unless the answers are withheld from it.
    fn holders(&self, category: Category, keys: &SealingKeys) -> Vec<HpkeKey> {
        let mut holders = vec![self.member_key];
        let family = keys
            .family
            .iter()
            .filter(|_| category != Category::Sensitive);
        for key in std::iter::once(&keys.home_key).chain(family) {
            if !holders.contains(key) {
                holders.push(*key);
            }
        }
        holders
    }

    /// A staged record goes to the chain, then into the vault; a crash in between is taken up by the duties. Gives the block that
    /// committed it, unless it was committed before.
    pub(super) async fn commit(&self, outgoing: Outgoing) -> Result<Option<u64>, DeskError> {
        let record = outgoing.offer.sealed.record;
        let ciphertext = outgoing.offer.sealed.ciphertext_hash();
        let call = calls::records::commit_record(
            record,
            outgoing.subject,
            outgoing.category,
            outgoing.offer.sealed.commitment,
            ciphertext,
            outgoing.home,
        );
        let block = match self.chain.submit(&self.gateway, call).await {
            Ok(applied) => Some(applied.block),
            Err(DeskError::RefusedByChain(rule)) => {
                let view = self.known(record).await?;
                if view.is_none_or(|view| view.ciphertext != ciphertext) {
                    self.forget(record).await?;
                    return Err(DeskError::RefusedByChain(rule));
                }
                None
            }
            Err(error) => return Err(error),
        };
        self.keep(outgoing.offer).await?;
        self.custodian.changed.notify_one();
        Ok(block)
    }

    /// Takes the record into the vault, unless it is there.
    pub(super) async fn keep(&self, offer: Offer) -> Result<(), DeskError> {
        self.custodian
            .vault(move |vault| {
                let record = offer.sealed.record;
                let is_held = vault.store().holding(&record)?.is_some();
                if is_held {
                    Ok(())
                } else {
                    vault.take_in(offer)
                }
            })
            .await
    }

    pub(super) async fn forget(&self, record: RecordId) -> Result<(), DeskError> {
        self.custodian
            .vault(move |vault| vault.settle(&record))
            .await
    }
}

/// The refusal where the member's own share of its vault is used up.
pub(super) fn full() -> DeskError {
    DeskError::Full(
        "this member's share of its own vault is used up, and nothing of the record was kept: let an operator raise vault.author_bytes, or erase what need not be kept any longer"
            .to_owned(),
    )
}

/// The same content, sent again after its erasure, is that record: it does not come back under another name.
fn check_not_erased(view: &RecordView) -> Result<(), DeskError> {
    match view.state {
        RecordState::Pending | RecordState::Stored => Ok(()),
        RecordState::Erased => Err(DeskError::Unprocessable(
            "this very record was erased by order of its home municipality: it is not taken in again"
                .to_owned(),
        )),
    }
}

/// LOINC codes of body measures: weight, length or height, head circumference.
const BODY_MEASURES: [&str; 5] = ["29463-7", "8302-2", "8306-3", "8287-5", "9843-4"];

pub(super) fn category_of(resource: &Resource) -> Result<Category, DeskError> {
    match resource.kind() {
        Kind::Immunization => Ok(Category::Immunization),
        Kind::QuestionnaireResponse if is_sensitive(resource.value()) => {
            Ok(Category::Sensitive)
        }
        Kind::QuestionnaireResponse => Ok(Category::Questionnaire),
        Kind::DocumentReference => Ok(Category::Document),
        Kind::Observation if resource.has_code("http://loinc.org", &BODY_MEASURES) => {
            Ok(Category::Growth)
        }
        Kind::Observation => Ok(Category::Checkup),
        Kind::Patient => Err(DeskError::Unprocessable(
            "a Patient is no record: people are enrolled at the municipality's counter (/v1/people)"
                .to_owned(),
        )),
    }
}
