//! A reference model of what the runtime decides: who may act, for whom, until when, and who may read what.
//!
//! It is written from the rules (C, R, K, D and A numbers in the pallets' crate docs), with plain maps, small numbers in the place of
//! 32-byte identifiers, and no code of the pallets. `tests/agreement.rs` drives it and the real runtime with the same random commands
//! and compares acceptance, decisions, states, tickets and trail counts after each one.
//!
//! It models one cast ([`cast`]) that is small enough for commands to meet one another often.

pub mod access;
pub mod cast;
pub mod command;
pub mod consents;
pub mod people;
pub mod records;

use access::{Glass, Request, Session};
use cast::{Account, Member, Staff};
use command::Command;
use consents::Consent;
use musubi_primitives::{MemberKind, Moment, Role};
use people::{Card, Person};
use records::Record;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a command is accepted.
pub type Accepted = bool;

/// Everything that the model knows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Time of the block.
    pub now: Moment,
    /// Staff whose key was withdrawn.
    pub withdrawn_keys: BTreeSet<Account>,
    /// Members that are suspended.
    pub suspended: BTreeSet<Member>,
    /// Enrolled people.
    pub people: BTreeMap<u8, Person>,
    /// Pseudonyms that were retired.
    pub retired: BTreeSet<u8>,
    /// (guardian, subject) to joint authority and end.
    pub guardianships: BTreeMap<(u8, u8), (bool, Moment)>,
    /// Cards ever bound.
    pub cards: BTreeMap<u8, Card>,
    /// Consents ever proposed.
    pub consents: BTreeMap<u8, Consent>,
    /// Burnt nonces, the consent each one made, and when it is forgotten.
    pub nonces: BTreeMap<u8, (u8, Moment)>,
    /// Consents in the order in which they were proposed, came into force and ended.
    pub consent_history: consents::History,
    /// Records ever committed.
    pub records: BTreeMap<u8, Record>,
    /// Requests that are remembered.
    pub requests: BTreeMap<u8, Request>,
    /// Records delivered against requests.
    pub deliveries: BTreeSet<(u8, u8)>,
    /// Open sessions.
    pub sessions: BTreeMap<u8, Session>,
    /// Break-glass openings.
    pub glasses: BTreeMap<u8, Glass>,
    /// Rows per subject.
    pub rows: BTreeMap<u8, u64>,
}

impl Model {
    /// One block with one command, and what time ends after it.
    pub fn block(&mut self, now: Moment, command: &Command) -> Accepted {
        self.now = now;
        let before = self.clone();
        let accepted = self.apply(command);
        if !accepted {
            *self = before;
        }
        self.end_by_time();
        accepted
    }

    fn apply(&mut self, command: &Command) -> Accepted {
        match command {
            Command::Wait(_) => true,
            Command::WithdrawKey { account } => self.withdraw_key(*account),
            Command::Suspend { member } => self.suspended.insert(*member),
            Command::Reinstate { member } => self.suspended.remove(member),
            Command::People(command) => self.people(command),
            Command::Consents(command) => self.consents(command),
            Command::Records(command) => self.records(command),
            Command::Access(command) => self.access(command),
        }
    }

    fn end_by_time(&mut self) {
        self.end_consents();
        self.end_access();
    }

    fn withdraw_key(&mut self, account: Account) -> Accepted {
        let is_heard = cast::staff(account).is_some_and(|staff| self.is_active(staff.member));
        is_heard && self.withdrawn_keys.insert(account)
    }

    /// C8, C9: who acts for a member now.
    fn actor(&self, account: Account) -> Option<Staff> {
        cast::staff(account).filter(|staff| {
            !self.withdrawn_keys.contains(&account)
                && self.now < staff.until
                && self.is_active(staff.member)
        })
    }

    fn is_active(&self, member: Member) -> bool {
        cast::is_member(member) && !self.suspended.contains(&member)
    }

    /// An officer's municipality.
    fn officer(&self, account: Account) -> Option<Member> {
        let actor = self.actor(account)?;
        (actor.role == Role::Officer && cast::kind(actor.member) == MemberKind::Municipality)
            .then_some(actor.member)
    }

    fn row(&mut self, subject: u8) {
        *self.rows.entry(subject).or_default() += 1;
    }
}
