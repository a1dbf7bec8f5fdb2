//! The desks: what this node does for the people and systems behind its gateway, each desk with the keys that its work needs.
//!
//! Which desks there are follows from the keys in the configuration: a vault needs `vault`, `verifier` and `hpke`; taking records in
//! also `gateway`; a municipality's counter and attester `officer`, `register` and `hpke`. A node without any of them still checks
//! callers and passes transactions on.
//!
//! Read [`chain`] first (how a desk speaks to the chain), then [`counter`], [`attester`], [`pending`], [`intake`], [`verdict`],
//! [`custodian`], [`duties`] and [`facade`].

pub mod attester;
mod cards;
pub mod care;
mod catching_up;
pub mod chain;
pub mod counter;
pub mod custodian;
mod dose;
pub mod duties;
pub mod facade;
mod facts;
mod finalised;
mod history;
pub mod intake;
mod keys;
pub mod pending;
pub mod revocations;
pub mod verdict;

use crate::config::NodeConfig;
use async_trait::async_trait;
use attester::Attester;
use care::Care;
use chain::Chain;
use counter::Counter;
use custodian::{Custodian, VaultDoor};
use duties::Duties;
use intake::Intake;
use keys::Keys;
use musubi_fhir::Resource;
use musubi_node_gateway::{
    Answer, Applied, Caller, Desk, DeskError, Enrolled, EnrolmentForm, Gatekeeper,
    GuardianshipForm, IssuedNonce, SealedDocument, SigningContext, Standing, TakenIn,
    cds::{
        ScheduleDesk,
        card::{Card, Countersign},
        request::{Order, Overriding},
    },
};
use musubi_node_network::Network;
use musubi_node_workers::Progress;
use musubi_primitives::{
    AccountId, BlockHash, Decision, MemberId, Moment, Pseudonym, RecordId, RequestId, seams::Actor,
    view::RecordView,
};
use pending::Pending;
use std::{path::Path, sync::Arc};
use tokio::sync::watch;

/// What goes on by itself once it is started: nobody calls for it.
pub struct Background {
    duties: Option<Duties>,
    pending: Option<Pending>,
}

impl Background {
    /// Starts it, until the process ends.
    pub fn start(self) {
        if let Some(duties) = self.duties {
            tokio::spawn(duties.run());
        }
        if let Some(pending) = self.pending {
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
    let keys = Keys::read(config)?;
    let member = keys::member(config, &chain).await?;
    let custodian = keys.custodian(config, &chain, member)?;
    let counter = keys.counter(config, &chain, member)?;
    let attester = match &counter {
        Some(counter) => keys.attester(config, counter)?,
        None => None,
    };
    let care = Arc::new(Care::open(&config.care)?);
    let intake = custodian
        .as_ref()
        .and_then(|custodian| keys.intake(&chain, custodian, care, member));
    let duties = custodian
        .as_ref()
        .and_then(|custodian| keys.duties(&chain, custodian, &network, intake.clone(), member));
    if let Some(custodian) = &custodian {
        door.open(custodian.clone());
    }
    let background = Background {
        duties,
        pending: attester.clone().map(Pending),
    };
    let office = Office {
        caught_up: catching_up::watch(&chain, &network),
        chain,
        member,
        network,
        custodian,
        counter,
        attester,
        intake,
    };
    Ok((office, background))
}

/// The desks behind the gateway.
pub struct Office {
    /// Whether this node has what its peers had at its start.
    caught_up: watch::Receiver<bool>,
    chain: Chain,
    member: MemberId,
    network: Network,
    custodian: Option<Custodian>,
    counter: Option<Counter>,
    attester: Option<Attester>,
    intake: Option<Intake>,
}

/// What the desks have not done yet, and what their worker did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backlog {
    /// Records kept here that the chain was not told of yet.
    pub unacknowledged: u64,
    /// Questions to the authority.
    pub revocation: Progress,
}

impl Office {
    /// What is to be done; what cannot be read counts as nothing.
    pub fn backlog(&self) -> Backlog {
        let attester = self.attester.as_ref();
        let progress = attester.and_then(|attester| attester.revocations.progress());
        let custodian = self.custodian.as_ref();
        Backlog {
            unacknowledged: custodian.map_or(0, Custodian::unacknowledged),
            revocation: progress.map_or_else(Progress::default, |progress| *progress.borrow()),
        }
    }

    /// Writes consistent copies of register and vault, those that this node has, into directories that must not exist yet.
    ///
    /// # Errors
    /// A sentence that says which copy failed.
    pub async fn back_up(&self, register: &Path, vault: &Path) -> Result<(), String> {
        if let Some(counter) = &self.counter {
            let (people, to) = (Arc::clone(&counter.register), register.to_path_buf());
            let copied = tokio::task::spawn_blocking(move || people.back_up(&to)).await;
            let copied = copied.map_err(|error| error.to_string())?;
            copied.map_err(|error| error.to_string())?;
        }
        if let Some(custodian) = &self.custodian {
            let to = vault.to_path_buf();
            let copied = custodian.with_vault(move |vault| vault.store().back_up(&to));
            let copied = copied.await.map_err(|error| error.to_string())?;
            copied.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
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
}

#[async_trait]
impl ScheduleDesk for Office {
    async fn check(&self, caller: &Caller, order: Order) -> Result<Vec<Card>, DeskError> {
        offered(&self.intake, "the schedule check")?
            .check(caller, order)
            .await
    }

    async fn override_card(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        overriding: Overriding,
    ) -> Result<Countersign, DeskError> {
        offered(&self.intake, "the schedule check")?
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
            member: self.member,
            genesis: context.genesis,
            spec_version: context.spec_version,
            transaction_version: context.transaction_version,
            height: tip.height,
            hash: tip.hash,
            nonce: self.chain.next_nonce(&caller.account).await?,
        })
    }

    async fn submit(&self, _: &Caller, extrinsic: Vec<u8>) -> Result<Applied, DeskError> {
        self.chain.submit_signed(extrinsic).await
    }

    async fn issue_nonce(&self, caller: &Caller) -> Result<IssuedNonce, DeskError> {
        offered(&self.attester, "a verifier")?.issue_nonce(caller)
    }

    async fn enrol(&self, caller: &Caller, form: EnrolmentForm) -> Result<Enrolled, DeskError> {
        offered(&self.counter, "a municipality's counter")?
            .enrol(caller, form)
            .await
    }

    async fn attest_guardianship(
        &self,
        caller: &Caller,
        form: GuardianshipForm,
    ) -> Result<Applied, DeskError> {
        offered(&self.counter, "a municipality's counter")?
            .attest_guardianship(caller, form)
            .await
    }

    async fn receive_evidence(
        &self,
        caller: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError> {
        offered(&self.attester, "a verifier")?
            .receive(caller, document)
            .await
    }

    async fn take_in(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError> {
        offered(&self.intake, "to take records in")?
            .take_in(caller, subject, resource)
            .await
    }

    async fn record(&self, caller: &Caller, record: RecordId) -> Result<RecordView, DeskError> {
        let member = caller.staff()?.member;
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        let concerns = |view: &RecordView| {
            [view.author, view.home].contains(&member) || view.holders.contains(&member)
        };
        view.filter(concerns).ok_or_else(|| {
            DeskError::NotFound("no such record, or not one of this member's".to_owned())
        })
    }

    async fn decision(&self, caller: &Caller, request: RequestId) -> Result<Decision, DeskError> {
        caller.staff()?;
        let decision: Option<Decision> = self.chain.read("MusubiApi_decision", request).await?;
        decision.ok_or_else(|| {
            DeskError::NotFound("no such request, or it is forgotten: ask again".to_owned())
        })
    }

    async fn vault(
        &self,
        caller: &Caller,
        custodian: MemberId,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, DeskError> {
        let peer = caller.staff()?.member;
        if custodian == self.member {
            let vault = offered(&self.custodian, "a vault")?;
            return Ok(codec::Encode::encode(&vault.answer(peer, message).await?));
        }
        if peer != self.member {
            return Err(DeskError::Forbidden(
                "this node asks other custodians for its own member only: ask the custodian's gateway"
                    .to_owned(),
            ));
        }
        custodian::ask(&self.network, custodian, message).await
    }
}
