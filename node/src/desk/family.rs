//! The desk for families' phones: what concerns a person, given to that person and to the guardians whom the chain names now.
//!
//! Records come out of the vault as sealed as they lie in it: whose envelope it is can be opened by that device alone, and what was
//! frozen, erased or withheld from the family is not given. No ticket is needed, since nothing is released that was not sealed to the
//! family when it was written.

mod copies;

use super::{
    Office,
    chain::unavailable,
    counter::{check_counter, fault},
    facade, offered,
};
use crate::{config::NodeConfig, explorer};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use codec::Encode;
use musubi_client_sdk::{
    proofs::{Checkpoint, storage},
    sealing::SealedRecord,
};
use musubi_consent::Statement;
use musubi_node_facade::IssuerKey;
use musubi_node_gateway::{
    Caller, DeskError, Standing,
    family::{
        About, CopyForm, Draft, Family, FamilyConsent, FamilyDesk, FamilyRecord, HandOver,
        HealthCard, MemberName, PIECES_MAX, Prepared, ProvedRow, Relative,
    },
};
use musubi_node_register::{Person, PersonId};
use musubi_node_vault::{Vault, VaultError};
use musubi_primitives::{
    BlockHash, Category, HpkeKey, MemberId, Moment, Pseudonym, RecordId, RecordState,
    resident::{ServiceDomain, SignerRole},
    seams::{GuardianshipFacts, MemberFacts},
    trail::{TrailFact, TrailRow},
    view::{ConsentView, RecordView, RuleSetView, SealingKeys},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How long a code leads to its draft: the way to the counter, and the wait there.
const CODE_LIFE: Moment = 2 * 3_600_000;
/// Drafts that wait at a time; each person has one.
const DRAFTS_MAX: usize = 1_000;
/// Codes are below this number.
const CODES: u64 = 100_000_000;
/// Rows of a trail that are read at once.
const ROWS_MAX: u32 = 500;

/// The desk for phones of one municipality's families.
pub struct FamilyOffice {
    office: Arc<Office>,
    chain: String,
    genesis: Checkpoint,
    names: BTreeMap<u32, String>,
    issuer: Option<IssuerKey>,
    /// Under which verifiers of health cards know this node.
    origin: String,
    drafts: Mutex<BTreeMap<String, HandOver>>,
}

impl FamilyOffice {
    /// Opens it beside the other desks.
    ///
    /// # Errors
    /// A sentence about the configuration, or about a store without genesis.
    pub fn new(office: Arc<Office>, config: &NodeConfig, chain: String) -> Result<Self, String> {
        let genesis = explorer::genesis_of(office.chain.pipeline());
        Ok(Self {
            genesis: genesis.map_err(|fault| fault.to_string())?,
            names: config.explorer.names()?,
            issuer: facade::issuer(config)?,
            origin: config.facade.origin.clone().unwrap_or_default(),
            office,
            chain,
            drafts: Mutex::default(),
        })
    }

    /// The person who calls.
    fn person(caller: &Caller) -> Result<Pseudonym, DeskError> {
        match caller.standing {
            Standing::Person(person) => Ok(person),
            Standing::Staff(_) => Err(DeskError::Forbidden(
                "this is for a family's own device".to_owned(),
            )),
        }
    }

    /// Lets through those who speak for the subject now.
    async fn check(&self, caller: &Caller, subject: Pseudonym) -> Result<Pseudonym, DeskError> {
        let person = Self::person(caller)?;
        if person == subject || self.guardianship(person, subject).await?.is_some() {
            return Ok(person);
        }
        Err(DeskError::NotFound(
            "nobody whom this device's owner decides for".to_owned(),
        ))
    }

    /// As [`Self::check`]; and this municipality's counter, for its own people.
    async fn check_consents(&self, caller: &Caller, subject: Pseudonym) -> Result<(), DeskError> {
        if matches!(caller.standing, Standing::Person(_)) {
            return self.check(caller, subject).await.map(drop);
        }
        check_counter(self.office.desks()?.member, caller)?;
        self.office.counter()?.known(&subject, "child").map(drop)
    }

    async fn guardianship(
        &self,
        guardian: Pseudonym,
        subject: Pseudonym,
    ) -> Result<Option<GuardianshipFacts>, DeskError> {
        let pair = (guardian, subject);
        self.office.chain.read("MusubiApi_guardianship", pair).await
    }

    /// Whom the register has the person as guardian of.
    fn wards(&self, guardian: PersonId) -> Result<Vec<Person>, DeskError> {
        let register = &self.office.counter()?.register;
        register.wards_of(guardian).map_err(fault)
    }

    /// One whom the register knows as the person's ward, if the chain says so too.
    async fn relative(
        &self,
        (guardian, id): (Pseudonym, PersonId),
        ward: Person,
    ) -> Result<Option<Relative>, DeskError> {
        let known = ward.guardians.iter().find(|known| known.person == id);
        let Some((known, subject)) = known.zip(ward.pseudonym(ServiceDomain::Health)) else {
            return Ok(None);
        };
        let held = self.guardianship(guardian, subject).await?;
        Ok(held.map(|held| Relative {
            subject,
            role: known.role,
            authority: held.authority,
            until: Some(held.until),
            name: ward.name.clone(),
            born: ward.born.clone(),
        }))
    }

    /// The whole trail as this node has it.
    fn rows(&self, subject: &Pseudonym) -> Result<Vec<TrailRow>, DeskError> {
        let store = self.office.chain.pipeline().store();
        let mut rows: Vec<TrailRow> = Vec::new();
        loop {
            let first = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let page = store.trail(subject, first, ROWS_MAX).map_err(unavailable)?;
            let count = page.len();
            rows.extend(page.into_iter().map(|(row, ..)| row));
            if u32::try_from(count) != Ok(ROWS_MAX) {
                return Ok(rows);
            }
        }
    }

    fn check_not_frozen(&self, subject: &Pseudonym) -> Result<(), DeskError> {
        if is_frozen(&self.rows(subject)?) {
            return Err(DeskError::Forbidden(
                "the records are frozen: ask at the municipality's counter".to_owned(),
            ));
        }
        Ok(())
    }

    async fn piece(
        &self,
        record: RecordId,
        key: HpkeKey,
    ) -> Result<Option<FamilyRecord>, DeskError> {
        let chain = &self.office.chain;
        let view: Option<RecordView> = chain.read("MusubiApi_record", record).await?;
        let Some(view) = view.filter(|view| view.state != RecordState::Erased) else {
            return Ok(None);
        };
        let vault = offered(&self.office.desks()?.custodian, "a vault")?;
        let is_withheld = view.category == Category::Sensitive;
        let held = vault.vault(move |vault| sealed(vault, record, key, is_withheld));
        let held = held.await?;
        Ok(held.map(|(sealed, envelope)| FamilyRecord {
            record,
            category: view.category,
            author: view.author,
            commitment: view.commitment,
            ciphertext: view.ciphertext,
            is_void: view.is_void(),
            sealed: STANDARD.encode(sealed.encode()),
            envelope: envelope.map(|envelope| STANDARD.encode(envelope.encode())),
        }))
    }

    /// Drafts that still wait. A panic elsewhere has left them whole.
    fn drafts(&self) -> MutexGuard<'_, BTreeMap<String, HandOver>> {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.office.chain.now();
        drafts.retain(|_, kept| now < kept.until);
        drafts
    }

    /// Whether the caller may see a draft: its guardian, or the municipality's counter.
    fn may_see(&self, caller: &Caller, kept: &HandOver) -> Result<bool, DeskError> {
        match caller.standing {
            Standing::Person(person) => Ok(person == kept.guardian),
            Standing::Staff(_) => {
                let member = self.office.desks()?.member;
                check_counter(member, caller).map(|()| true)
            }
        }
    }
}

/// A record as it lies in the vault, and its envelope for a key: wrapped now for a phone that came after the record, unless the record is
/// one that families do not get.
#[allow(clippy::type_complexity, reason = "a pair with an option in it")]
fn sealed(
    vault: &Vault,
    record: RecordId,
    key: HpkeKey,
    is_withheld: bool,
) -> Result<Option<(SealedRecord, Option<musubi_client_sdk::sealing::Envelope>)>, VaultError> {
    let store = vault.store();
    let Some((holding, ciphertext)) = store.holding(&record)?.zip(store.ciphertext(&record)?)
    else {
        return Ok(None);
    };
    let envelope = if is_withheld {
        store.envelope(&record, &key)?
    } else {
        vault.envelope_for(&record, key)?
    };
    let commitment = holding.commitment;
    let sealed = SealedRecord {
        record,
        commitment,
        ciphertext,
    };
    Ok(Some((sealed, envelope)))
}

fn unknown_code() -> DeskError {
    DeskError::NotFound(
        "this code leads to nothing, or no more: have the phone show a new one".to_owned(),
    )
}

/// Eight digits that nobody can guess.
fn fresh_code() -> Result<String, DeskError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(unavailable)?;
    let number = u64::from_le_bytes(bytes)
        .checked_rem(CODES)
        .unwrap_or_default();
    Ok(format!("{number:08}"))
}

/// Whether a statement says what the guardian put together.
fn says(statement: &Statement, kept: &HandOver) -> bool {
    let (fields, draft) = (statement.fields(), &kept.draft);
    fields.subject == draft.subject
        && fields.guardian == kept.guardian
        && fields.subject_label.as_str() == draft.label
        && fields.recipient.member == draft.recipient
        && fields.purpose == draft.purpose
        && fields.categories == draft.categories
        && fields.language == draft.language
        && fields.not_after.saturating_sub(fields.not_before)
            <= Moment::from(draft.days).saturating_mul(24 * 3_600_000)
}

#[async_trait]
impl FamilyDesk for FamilyOffice {
    async fn about(&self) -> Result<About, DeskError> {
        let pipeline = self.office.chain.pipeline().clone();
        let reading = self.office.chain.pipeline().reading();
        let members = reading.run(move || explorer::members(&pipeline)).await;
        let members = members.map_err(unavailable)?.map_err(unavailable)?;
        let named = |(member, facts): (MemberId, MemberFacts)| MemberName {
            member,
            kind: facts.kind,
            name: self.names.get(&member.0).cloned(),
        };
        let rules: Option<RuleSetView> = self
            .office
            .chain
            .read("MusubiApi_rule_set_in_force", ())
            .await?;
        Ok(About {
            chain: self.chain.clone(),
            genesis: self.genesis.clone(),
            home: self.office.desks.get().map(|desks| desks.member),
            members: members.into_iter().map(named).collect(),
            rules,
        })
    }

    async fn family(&self, caller: &Caller) -> Result<Family, DeskError> {
        let person = Self::person(caller)?;
        let (id, own) = self.office.counter()?.known(&person, "person")?;
        let mut people = vec![Relative {
            subject: person,
            role: SignerRole::Subject,
            authority: musubi_primitives::resident::Authority::Single,
            until: None,
            name: own.name,
            born: own.born,
        }];
        for ward in self.wards(id)? {
            people.extend(self.relative((person, id), ward).await?);
        }
        Ok(Family { person, people })
    }

    async fn trail(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        first: u64,
    ) -> Result<Vec<ProvedRow>, DeskError> {
        self.check(caller, subject).await?;
        let store = self.office.chain.pipeline().store();
        let rows = store
            .trail(&subject, first, PIECES_MAX)
            .map_err(unavailable)?;
        let proved = rows.into_iter().map(|(row, height, place)| {
            let proof = musubi_node_api::prove_row(store.as_ref(), height, place);
            let proof = proof.map_err(unavailable)?;
            let proof =
                proof.ok_or_else(|| unavailable("a row is not among those of its block"))?;
            Ok(ProvedRow {
                row,
                height,
                proof: format!("0x{}", hex::encode(proof.encode())),
            })
        });
        proved.collect()
    }

    async fn trail_end(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        block: BlockHash,
    ) -> Result<Vec<Vec<u8>>, DeskError> {
        self.check(caller, subject).await?;
        let pipeline = self.office.chain.pipeline();
        let executor = Arc::clone(pipeline.executor());
        // The time of a block stands beside what it proves.
        let keys = [storage::block_time(), storage::trail_head(&subject)];
        let proved = pipeline
            .reading()
            .run(move || executor.read_proof(&block, &keys))
            .await
            .map_err(unavailable)?;
        proved.map_err(|_| {
            DeskError::NotFound(
                "no state of this block is kept here: ask for a newer one".to_owned(),
            )
        })
    }

    async fn consents(
        &self,
        caller: &Caller,
        subject: Pseudonym,
    ) -> Result<Vec<FamilyConsent>, DeskError> {
        self.check_consents(caller, subject).await?;
        let mut consents = Vec::new();
        for row in self.rows(&subject)? {
            let TrailFact::ConsentProposed { consent, .. } = row.fact else {
                continue;
            };
            let chain = &self.office.chain;
            let view: Option<ConsentView> = chain.read("MusubiApi_consent", consent).await?;
            consents.extend(view.map(|view| FamilyConsent {
                consent,
                guardian: view.terms.guardian,
                recipient: view.terms.recipient,
                purpose: view.terms.purpose,
                categories: view.terms.categories,
                not_before: view.terms.not_before,
                until: view.until,
                state: view.state,
            }));
        }
        Ok(consents)
    }

    async fn records(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        key: HpkeKey,
        after: Option<RecordId>,
    ) -> Result<Vec<FamilyRecord>, DeskError> {
        self.check(caller, subject).await?;
        self.check_not_frozen(&subject)?;
        let keys: Option<SealingKeys> = self
            .office
            .chain
            .read("MusubiApi_sealing_keys", subject)
            .await?;
        if !keys.is_some_and(|keys| keys.family.contains(&key)) {
            return Err(DeskError::Forbidden(
                "records are not sealed to this key: have the device entered at the counter"
                    .to_owned(),
            ));
        }
        let vault = offered(&self.office.desks()?.custodian, "a vault")?;
        let held = vault.vault(move |vault| vault.records_of(&subject)).await?;
        let wanted = held
            .into_iter()
            .filter(|record| after.is_none_or(|after| after < *record));
        let mut records = Vec::new();
        for record in wanted.take(usize::try_from(PIECES_MAX).unwrap_or(usize::MAX)) {
            records.extend(self.piece(record, key).await?);
        }
        Ok(records)
    }

    async fn health_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
    ) -> Result<HealthCard, DeskError> {
        self.check(caller, subject).await?;
        self.check_not_frozen(&subject)?;
        let issuer = offered(&self.issuer, "health cards")?;
        let (_, person) = self.office.counter()?.known(&subject, "subject")?;
        let intake = offered(&self.office.desks()?.intake, "to open records")?;
        let own = intake.own_records(subject, Category::Immunization).await?;
        let doses: Vec<serde_json::Value> = own
            .into_iter()
            .filter(|record| !record.is_void)
            .map(|record| serde_json::from_slice(record.bytes.as_slice()).map_err(unavailable))
            .collect::<Result<_, _>>()?;
        let named = serde_json::json!({"name": [{"text": person.name}], "birthDate": person.born});
        let now = self.office.chain.now();
        issuer
            .vaccination_card(&self.origin, now, &named, &doses)
            .map(|card| HealthCard { card })
            .map_err(unavailable)
    }

    async fn copy(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        form: CopyForm,
    ) -> Result<Vec<u8>, DeskError> {
        self.check(caller, subject).await?;
        self.check_not_frozen(&subject)?;
        let consents = self.consents(caller, subject).await?;
        self.copied(subject, consents, form).await
    }

    async fn hand_over(&self, caller: &Caller, draft: Draft) -> Result<HandOver, DeskError> {
        let guardian = self.check(caller, draft.subject).await?;
        let now = self.office.chain.now();
        let mut drafts = self.drafts();
        drafts.retain(|_, kept| kept.guardian != guardian);
        if DRAFTS_MAX <= drafts.len() {
            return Err(unavailable("too many drafts wait"));
        }
        let kept = HandOver {
            code: fresh_code()?,
            until: now.saturating_add(CODE_LIFE),
            guardian,
            draft,
            statement: None,
        };
        drafts.insert(kept.code.clone(), kept.clone());
        Ok(kept)
    }

    async fn handed_over(&self, caller: &Caller, code: &str) -> Result<HandOver, DeskError> {
        let kept = self.drafts().get(code).cloned();
        let kept = kept.ok_or_else(unknown_code)?;
        if self.may_see(caller, &kept)? {
            Ok(kept)
        } else {
            Err(unknown_code())
        }
    }

    async fn prepare(
        &self,
        caller: &Caller,
        code: &str,
        prepared: Prepared,
    ) -> Result<HandOver, DeskError> {
        check_counter(self.office.desks()?.member, caller)?;
        let statement = Statement::parse(&prepared.statement)
            .map_err(|error| DeskError::Unprocessable(format!("statement: {error}")))?;
        let mut drafts = self.drafts();
        let kept = drafts.get_mut(code).ok_or_else(unknown_code)?;
        if !says(&statement, kept) {
            return Err(DeskError::Unprocessable(
                "statement: it says something else than the guardian put together on the phone"
                    .to_owned(),
            ));
        }
        kept.statement = Some(STANDARD.encode(statement.canonical_bytes()));
        Ok(kept.clone())
    }
}

/// Whether the newest word about a freeze is that there is one.
fn is_frozen(rows: &[TrailRow]) -> bool {
    rows.iter()
        .rev()
        .find_map(|row| match row.fact {
            TrailFact::FreezeSwitched { frozen } => Some(frozen),
            _ => None,
        })
        .unwrap_or_default()
}
