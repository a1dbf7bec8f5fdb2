//! The desks: what this node does for the people and systems behind its gateway, each desk with the keys that its work needs.
//!
//! Which desks there are follows from the keys in the configuration: a vault needs `vault`, `verifier` and `hpke`; taking records in
//! also `gateway`; a municipality's counter and attester `officer`, `register` and `hpke`. A node without any of them still checks
//! callers and passes transactions on.
//!
//! Read [`chain`] first (how a desk speaks to the chain), [`voice`] (as whom), then [`counter`], `life`, `protection`, `relay`,
//! [`attester`], `second`, [`papers`], `receipts`, `archive`, [`pending`], [`check_in`], [`intake`], `family`, [`ledger`], `follow_up`,
//! [`verdict`], [`custodian`], [`duties`] and [`facade`].

mod admission;
mod answers;
mod archive;
mod arriving;
pub mod attester;
mod begun;
mod cards;
pub mod care;
mod catching_up;
pub mod chain;
mod changes;
pub mod check_in;
mod check_in_card;
pub mod console;
pub mod counter;
pub mod custodian;
pub mod dose;
pub mod duties;
pub mod elsewhere;
pub mod facade;
mod facts;
pub mod family;
mod finalised;
mod follow_up;
pub mod forms;
mod gathering;
mod hearing;
mod history;
mod holder;
mod home;
mod incidents;
pub mod intake;
mod issuing;
mod judging;
mod keys;
pub mod ledger;
mod letters;
mod life;
mod moving;
mod nonces;
mod others;
pub mod papers;
mod papers_on_doses;
mod passed_on;
pub mod passkeys;
pub mod pending;
mod phone;
mod protection;
mod receipt_details;
mod receipts;
mod recording;
mod relay;
mod repair;
pub mod revocations;
mod scales;
mod second;
mod settling;
mod surveys;
mod together;
pub mod verdict;
pub mod voice;

use crate::config::NodeConfig;
use admission::Admission;
use async_trait::async_trait;
use attester::Attester;
use chain::Chain;
use counter::Counter;
use custodian::{Custodian, VaultDoor};
use duties::Duties;
use forms::Forms;
use intake::{Held, Intake};
use issuing::Issuing;
use keys::Keys;
pub use keys::check_cards;
use ledger::Ledger;
use musubi_fhir::Resource;
use musubi_node_gateway::{
    Answer, Applied, Caller, CheckInAnswer, CheckInForm, Desk, DeskError, Enrolled, EnrolmentForm,
    Gatekeeper, GuardianshipForm, IssuedBatch, IssuedNonce, NonceBatchForm, NoncePurpose,
    SealedDocument, SigningContext, Standing, TakenIn,
    cds::{
        ScheduleDesk,
        card::{Card, Countersign},
        request::{Order, Overriding},
    },
    sessions::Visitor,
};
use musubi_node_network::Network;
use musubi_node_workers::Progress;
use musubi_primitives::{
    AccountId, BlockHash, Decision, MemberId, Moment, Pseudonym, RecordId, RequestId, SessionId,
    seams::{Actor, GuardianshipFacts},
    view::{RecordView, RequestView},
};
use nonces::Sweep;
use passed_on::PassedOn;
use pending::Pending;
use repair::RepairFigures;
use std::{
    future::poll_fn,
    path::Path,
    pin::pin,
    sync::{Arc, OnceLock},
};
use tokio::{sync::watch, task::block_in_place};

/// What goes on by itself once it is started: nobody calls for it.
#[derive(Default)]
pub struct Background {
    duties: Option<Duties>,
    ledger: Option<Ledger>,
    pending: Option<Pending>,
}

impl Background {
    /// Starts it, until the process ends.
    pub fn start(self) {
        if let Some(duties) = self.duties {
            tokio::spawn(duties.run());
        }
        if let Some(ledger) = self.ledger {
            tokio::spawn(ledger.look_through());
        }
        if let Some(pending) = self.pending {
            tokio::spawn(Sweep(pending.0.clone()).run());
            tokio::spawn(Issuing(pending.0.clone()).run());
            if let Some(worker) = pending.worker() {
                tokio::spawn(worker.run());
            }
            tokio::spawn(pending.run());
        }
    }
}

/// Opens the desks that the configuration has keys for, and the vault's door in the members' network.
///
/// # Errors
/// A sentence that names the key or file.
pub async fn open(
    config: &NodeConfig,
    chain: Chain,
    network: Network,
    door: &VaultDoor,
) -> Result<(Office, Background), String> {
    let admission = Admission {
        config: config.clone(),
        keys: Keys::read(config)?,
        node: keys::node_key(config)?,
        chain: chain.clone(),
        network: network.clone(),
        door: door.clone(),
    };
    let (desks, background) = admission.open().await?;
    let office = Office {
        caught_up: catching_up::watch(&chain, &network),
        chain,
        network,
        desks,
        passed_on: PassedOn::default(),
    };
    Ok((office, background))
}

/// The desks behind the gateway.
pub struct Office {
    /// Whether this node has what its peers had at its start.
    caught_up: watch::Receiver<bool>,
    chain: Chain,
    network: Network,
    /// Set once the chain knows whose node this is.
    desks: Arc<OnceLock<Desks>>,
    passed_on: PassedOn,
}

/// What a node does for its member, as far as it has the keys.
struct Desks {
    member: MemberId,
    custodian: Option<Custodian>,
    counter: Option<Counter>,
    attester: Option<Attester>,
    intake: Option<Intake>,
    forms: Arc<Forms>,
    ledger: Option<Ledger>,
}

/// What the desks have not done yet, and what their worker did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
    /// Records kept here that the chain was not told of yet.
    pub unacknowledged: u64,
    /// Damage in the vault.
    pub repairs: RepairFigures,
    /// Bytes of ciphertext in the vault.
    pub bytes_kept: u64,
    /// Records that were not taken because their author's share of the vault is full.
    pub quota_refusals: u64,
    /// Questions to the authority.
    pub revocation: Progress,
}

impl Office {
    /// What is to be done; what cannot be read counts as nothing.
    pub fn backlog(&self) -> Backlog {
        let Ok(desks) = self.desks() else {
            return Backlog::default();
        };
        let attester = desks.attester.as_ref();
        let progress = attester.and_then(|attester| attester.revocations.progress());
        let custodian = desks.custodian.as_ref();
        let (repairs, bytes_kept, quota_refusals) =
            custodian.map_or_else(Default::default, Custodian::figures);
        Backlog {
            unacknowledged: custodian.map_or(0, Custodian::unacknowledged),
            repairs,
            bytes_kept,
            quota_refusals,
            revocation: progress.map_or_else(Progress::default, |progress| *progress.borrow()),
        }
    }

    /// Writes consistent copies of register and vault, those that this node has, into directories that must not exist yet.
    ///
    /// # Errors
    /// A sentence that says which copy failed.
    pub async fn back_up(&self, register: &Path, vault: &Path) -> Result<(), String> {
        let Ok(desks) = self.desks() else {
            return Ok(());
        };
        if let Some(counter) = &desks.counter {
            let (people, to) = (Arc::clone(&counter.register), register.to_path_buf());
            let copied = tokio::task::spawn_blocking(move || people.back_up(&to)).await;
            let copied = copied.map_err(|error| error.to_string())?;
            copied.map_err(|error| error.to_string())?;
        }
        if let Some(custodian) = &desks.custodian {
            let to = vault.to_path_buf();
            let copied = custodian.with_vault(move |vault| vault.store().back_up(&to));
            let copied = copied.await.map_err(|error| error.to_string())?;
            copied.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Whether a record's key went to a member just now, from this node's vault or through it: what it opens, it holds against the chain.
    async fn released_here(&self, record: RecordId, member: MemberId) -> Result<bool, DeskError> {
        let desks = self.desks()?;
        let now = self.chain.now();
        if member == desks.member && self.passed_on.lately(&record, now) {
            return Ok(true);
        }
        let Some(custodian) = &desks.custodian else {
            return Ok(false);
        };
        custodian
            .vault(move |vault| vault.released_lately(&record, member, now))
            .await
    }

    /// Whether a request was the caller's member's, or is about somebody whom the caller answers for: the subject, a guardian who may
    /// decide now, staff of the home municipality.
    async fn concerns(&self, caller: &Caller, request: &RequestView) -> Result<bool, DeskError> {
        let subject = request.subject;
        match caller.standing {
            Standing::Staff(actor) if actor.member == request.member => Ok(true),
            Standing::Staff(actor) => {
                let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
                Ok(home == Some(actor.member))
            }
            Standing::Person(person) if person == subject => Ok(true),
            Standing::Person(person) => {
                let pair = (person, subject);
                let held: Option<GuardianshipFacts> =
                    self.chain.read("MusubiApi_guardianship", pair).await?;
                Ok(held.is_some())
            }
        }
    }

    fn desks(&self) -> Result<&Desks, DeskError> {
        self.desks.get().ok_or_else(|| {
            DeskError::NotOffered(
                "the chain does not know this node, or its member is suspended: it acts for nobody yet"
                    .to_owned(),
            )
        })
    }

    fn counter(&self) -> Result<&Counter, DeskError> {
        offered(&self.desks()?.counter, "a municipality's counter")
    }

    fn verifier(&self) -> Result<&Attester, DeskError> {
        offered(&self.desks()?.attester, "a verifier")
    }
}

/// Does work that checks RSA signatures and waits for the register's disk: while it computes, the runtime gives this thread's other
/// tasks to another one; while it waits for the chain, it holds no thread.
async fn blocking<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| block_in_place(|| work.as_mut().poll(context))).await
}

/// A desk that this node has no keys for.
fn offered<'a, T>(desk: &'a Option<T>, what: &str) -> Result<&'a T, DeskError> {
    desk.as_ref()
        .ok_or_else(|| DeskError::NotOffered(format!("this node does not offer {what}")))
}

#[async_trait]
impl Gatekeeper for Office {
    fn genesis(&self) -> BlockHash {
        self.chain.genesis()
    }

    fn now(&self) -> Moment {
        self.chain.now()
    }

    async fn standing(&self, account: &AccountId) -> Result<Option<Standing>, DeskError> {
        catching_up::wait(&self.caught_up).await?;
        let actor: Option<Actor> = self.chain.read("MusubiApi_actor", account).await?;
        if let Some(actor) = actor {
            return Ok(Some(Standing::Staff(actor)));
        }
        let person: Option<Pseudonym> = self.chain.read("MusubiApi_person", account).await?;
        Ok(person.map(Standing::Person))
    }

    async fn visitor(
        &self,
        terminal: &Caller,
        visit: SessionId,
    ) -> Result<Option<Visitor>, DeskError> {
        let Ok(verifier) = self.verifier() else {
            return Ok(None);
        };
        blocking(verifier.visitor(terminal, visit)).await
    }
}

#[async_trait]
impl ScheduleDesk for Office {
    async fn check(&self, caller: &Caller, order: Order) -> Result<Vec<Card>, DeskError> {
        offered(&self.desks()?.intake, "the schedule check")?
            .check(caller, order)
            .await
    }

    async fn subject_of_card(&self, caller: &Caller, card: &str) -> Result<Pseudonym, DeskError> {
        offered(&self.desks()?.intake, "the schedule check")?
            .subject_of_card(caller, card)
            .await
    }

    async fn override_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        overriding: Overriding,
    ) -> Result<Countersign, DeskError> {
        offered(&self.desks()?.intake, "the schedule check")?
            .override_card(caller, subject, overriding)
            .await
    }
}

#[async_trait]
impl Desk for Office {
    async fn signing_context(&self, caller: &Caller) -> Result<SigningContext, DeskError> {
        let context = self.chain.context().await?;
        let tip = self.chain.tip().map_err(chain::unavailable)?;
        Ok(SigningContext {
            member: self.desks.get().map(|desks| desks.member),
            genesis: context.genesis,
            spec_version: context.spec_version,
            transaction_version: context.transaction_version,
            height: tip.height,
            hash: tip.hash,
            nonce: self.chain.next_nonce(&caller.account).await?,
        })
    }

    async fn submit(&self, caller: &Caller, extrinsic: Vec<u8>) -> Result<Applied, DeskError> {
        self.submit_from(caller, extrinsic).await
    }

    async fn issue_nonce(
        &self,
        caller: &Caller,
        purpose: NoncePurpose,
    ) -> Result<IssuedNonce, DeskError> {
        let attester = self.verifier()?;
        blocking(async { attester.issue_nonce(caller, purpose) }).await
    }

    async fn issue_nonce_batch(
        &self,
        caller: &Caller,
        form: NonceBatchForm,
    ) -> Result<IssuedBatch, DeskError> {
        let attester = self.verifier()?;
        blocking(async { attester.issue_batch(caller, form) }).await
    }

    async fn enrol(&self, caller: &Caller, form: EnrolmentForm) -> Result<Enrolled, DeskError> {
        blocking(self.counter()?.enrol(caller, form)).await
    }

    async fn attest_guardianship(
        &self,
        caller: &Caller,
        form: GuardianshipForm,
    ) -> Result<Applied, DeskError> {
        blocking(self.counter()?.attest_guardianship(caller, form)).await
    }

    async fn receive_evidence(
        &self,
        caller: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError> {
        blocking(self.verifier()?.receive(caller, document)).await
    }

    async fn check_in(
        &self,
        caller: &Caller,
        form: CheckInForm,
    ) -> Result<CheckInAnswer, DeskError> {
        blocking(self.verifier()?.check_in(caller, form)).await
    }

    async fn take_in(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError> {
        let intake = offered(&self.desks()?.intake, "to take records in")?;
        match caller.standing {
            Standing::Staff(_) => {
                intake
                    .take_in(caller, subject, resource, Held::Without(None))
                    .await
            }
            Standing::Person(person) => {
                let writer = (person, caller.account);
                self.take_in_from(writer, subject, &resource).await
            }
        }
    }

    async fn record(&self, caller: &Caller, record: RecordId) -> Result<RecordView, DeskError> {
        let member = caller.staff()?.member;
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        let unknown =
            || DeskError::NotFound("no such record, or not one of this member's".to_owned());
        let view = view.ok_or_else(unknown)?;
        let concerns = [view.author, view.home].contains(&member) || view.holders.contains(&member);
        if concerns || self.released_here(record, member).await? {
            Ok(view)
        } else {
            Err(unknown())
        }
    }

    async fn decision(&self, caller: &Caller, request: RequestId) -> Result<Decision, DeskError> {
        let view: Option<RequestView> = self.chain.read("MusubiApi_request", request).await?;
        let unknown = || {
            DeskError::NotFound(
                "no such request, not one for this caller, or forgotten: ask again".to_owned(),
            )
        };
        let view = view.ok_or_else(unknown)?;
        if self.concerns(caller, &view).await? {
            Ok(view.decision)
        } else {
            Err(unknown())
        }
    }

    async fn vault(
        &self,
        caller: &Caller,
        custodian: MemberId,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, DeskError> {
        let peer = caller.staff()?.member;
        let desks = self.desks()?;
        if custodian == desks.member {
            let vault = offered(&desks.custodian, "a vault")?;
            return Ok(codec::Encode::encode(&vault.answer(peer, message).await?));
        }
        if peer != desks.member {
            return Err(DeskError::Forbidden(
                "this node asks other custodians for its own member only: ask the custodian's gateway"
                    .to_owned(),
            ));
        }
        let answer = custodian::ask(&self.network, custodian, message.clone()).await?;
        self.passed_on.note(&message, &answer, self.chain.now());
        Ok(answer)
    }
}
