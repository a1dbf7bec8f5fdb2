//! Records (rules D).
#![allow(missing_docs, reason = "the fields say what they are")]

use crate::{
    Accepted, Model,
    cast::{self, Account, Member},
    command::Records,
};
use musubi_primitives::{Category, MemberKind, Moment, RecordState, Role};
use std::collections::BTreeMap;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub subject: u8,
    pub category: Category,
    pub author: Member,
    pub home: Member,
    pub at: Moment,
    pub state: RecordState,
    /// Who keeps it, and whether its erasure receipt was given.
    pub holders: BTreeMap<Member, bool>,
    pub superseded: bool,
    pub in_error: bool,
}

impl Record {
    fn is_by_right(&self, member: Member) -> bool {
        member == self.author || member == self.home
    }
}

impl Model {
    pub(crate) fn records(&mut self, command: &Records) -> Accepted {
        match command {
            Records::Commit {
                by,
                record,
                subject,
                category,
                home,
            } => self.commit(*by, *record, *subject, *category, *home),
            Records::Acknowledge {
                by,
                record,
                same_bytes,
            } => *same_bytes && self.acknowledge(*by, *record),
            Records::Supersede { by, record, newer } => self.supersede(*by, *record, *newer),
            Records::EnterInError { by, record } => {
                let Some(found) = self.living(*record) else {
                    return false;
                };
                let may = self.is_author(*by, &found) || self.is_home_officer(*by, found.subject);
                self.row(found.subject);
                self.records.insert(
                    *record,
                    Record {
                        in_error: true,
                        ..found.clone()
                    },
                );
                may && !found.in_error
            }
            Records::OrderErasure { by, record } => {
                let Some(mut found) = self.living(*record) else {
                    return false;
                };
                found.state = RecordState::Erased;
                found.holders.entry(found.author).or_default();
                found.holders.entry(found.home).or_default();
                let may = self.is_home_officer(*by, found.subject);
                self.records.insert(*record, found);
                may
            }
            Records::ErasureReceipt { by, record } => self.receipt(*by, *record),
        }
    }

    fn commit(
        &mut self,
        by: Account,
        id: u8,
        subject: u8,
        category: Category,
        home: Member,
    ) -> Accepted {
        let Some(actor) = self.actor(by) else {
            return false;
        };
        let forms = [
            Category::Questionnaire,
            Category::Survey,
            Category::Document,
        ];
        let writes = [Role::Officer, Role::Nurse, Role::Doctor, Role::Gateway]
            .contains(&actor.role)
            || [Role::Clerk, Role::Terminal].contains(&actor.role) && forms.contains(&category);
        let is_place =
            [MemberKind::Municipality, MemberKind::Clinic].contains(&cast::kind(actor.member));
        let is_new = !self.records.contains_key(&id);
        let record = Record {
            subject,
            category,
            author: actor.member,
            home,
            at: self.now,
            state: RecordState::Pending,
            holders: BTreeMap::new(),
            superseded: false,
            in_error: false,
        };
        self.records.insert(id, record);
        self.row(subject);
        writes && is_place && is_new && self.home(subject) == Some(home)
    }

    fn acknowledge(&mut self, by: Account, id: u8) -> Accepted {
        let Some(member) = self.vault(by) else {
            return false;
        };
        let Some(mut record) = self.living(id) else {
            return false;
        };
        let rightful = record.is_by_right(member);
        let stand_ins = record
            .holders
            .keys()
            .filter(|holder| !record.is_by_right(**holder))
            .count();
        let stand_ins_max = if record.author == record.home { 3 } else { 2 };
        let may =
            rightful || cast::kind(member) == MemberKind::Municipality && stand_ins < stand_ins_max;
        let is_new = record.holders.insert(member, false).is_none();
        let is_safe = 2 <= record.holders.len()
            && record
                .holders
                .keys()
                .any(|holder| record.is_by_right(*holder));
        if record.state == RecordState::Pending && is_safe {
            record.state = RecordState::Stored;
            self.row(record.subject);
        }
        self.records.insert(id, record);
        may && is_new
    }

    fn supersede(&mut self, by: Account, id: u8, newer_id: u8) -> Accepted {
        let (Some(older), Some(newer)) = (self.living(id), self.living(newer_id)) else {
            return false;
        };
        let is_alike = (newer.subject, newer.category, newer.author)
            == (older.subject, older.category, older.author);
        let is_fit = is_alike
            && older.at <= newer.at
            && !newer.superseded
            && !newer.in_error
            && id != newer_id;
        let may = self.is_author(by, &older) && !older.superseded;
        self.row(older.subject);
        self.records.insert(
            id,
            Record {
                superseded: true,
                ..older
            },
        );
        may && is_fit
    }

    fn receipt(&mut self, by: Account, id: u8) -> Accepted {
        let Some(member) = self.vault(by) else {
            return false;
        };
        let Some(record) = self.records.get_mut(&id) else {
            return false;
        };
        let is_ordered = record.state == RecordState::Erased;
        let is_owed = record.holders.get(&member) == Some(&false);
        record.holders.insert(member, true);
        let subject = record.subject;
        self.row(subject);
        is_ordered && is_owed
    }

    fn is_author(&self, by: Account, record: &Record) -> bool {
        use Role::{Doctor, Gateway, Nurse, Officer};
        self.actor(by).is_some_and(|actor| {
            actor.member == record.author && [Officer, Nurse, Doctor, Gateway].contains(&actor.role)
        })
    }

    /// The member whose vault this is.
    pub(crate) fn vault(&self, by: Account) -> Option<Member> {
        self.actor(by)
            .filter(|actor| actor.role == Role::Vault)
            .map(|actor| actor.member)
    }

    fn living(&self, id: u8) -> Option<Record> {
        self.records
            .get(&id)
            .filter(|record| record.state != RecordState::Erased)
            .cloned()
    }
}
