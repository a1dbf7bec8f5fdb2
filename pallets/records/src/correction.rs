//! Correcting what was written: a newer record in the place of an older one, or a record entered in error (D5, D6).

use crate::{Pallet, pallet::*, record::Record};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, RecordId, Role,
    seams::{Actor, Consortium, Trail},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_supersede(
        account: AccountId,
        id: RecordId,
        newer_id: RecordId,
    ) -> DispatchResult {
        let mut record = Self::unerased(&id)?;
        let newer = Self::unerased(&newer_id)?;
        let actor = T::Consortium::actor(&account).ok_or(Error::<T>::NotEntitledToCorrect)?;
        ensure!(
            is_authors_staff(&actor, &record),
            Error::<T>::NotEntitledToCorrect
        );
        ensure!(
            record.superseded_by.is_none(),
            Error::<T>::AlreadySuperseded
        );
        // D5: what is superseded itself never succeeds, so the chain of successors has no cycle.
        ensure!(
            id != newer_id && is_successor(&newer, &record),
            Error::<T>::NotASuccessor
        );
        record.superseded_by = Some(newer_id);
        let subject = record.subject;
        Records::<T>::insert(id, record);
        T::Trail::append(
            &subject,
            TrailFact::RecordSuperseded {
                record: id,
                by: newer_id,
            },
        );
        Self::deposit_event(Event::RecordSuperseded {
            record: id,
            by: newer_id,
        });
        Ok(())
    }

    pub(crate) fn do_enter_in_error(account: AccountId, id: RecordId) -> DispatchResult {
        let mut record = Self::unerased(&id)?;
        let actor = T::Consortium::actor(&account).ok_or(Error::<T>::NotEntitledToCorrect)?;
        let may_correct =
            is_authors_staff(&actor, &record) || Self::is_home_officer(&actor, &record);
        ensure!(may_correct, Error::<T>::NotEntitledToCorrect);
        ensure!(!record.in_error, Error::<T>::AlreadyInError);
        record.in_error = true;
        let subject = record.subject;
        Records::<T>::insert(id, record);
        T::Trail::append(&subject, TrailFact::RecordEnteredInError { record: id });
        Self::deposit_event(Event::RecordEnteredInError { record: id });
        Ok(())
    }
}

fn is_authors_staff(actor: &Actor, record: &Record) -> bool {
    actor.member == record.author
        && matches!(
            actor.role,
            Role::Officer | Role::Nurse | Role::Doctor | Role::Gateway
        )
}

fn is_successor(newer: &Record, older: &Record) -> bool {
    newer.subject == older.subject
        && newer.category == older.category
        && newer.author == older.author
        && older.committed_at <= newer.committed_at
        && newer.superseded_by.is_none()
        && !newer.in_error
}
