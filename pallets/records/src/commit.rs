//! Committing a record and acknowledging that it is kept (D1 to D4).

use crate::{
    HOLDERS_MAX, Pallet,
    pallet::*,
    record::{Holder, Record},
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Category, CiphertextHash, Commitment, MemberId, MemberKind, Pseudonym, RecordId,
    RecordState, record,
    seams::{Actor, Consortium, Residents, Trail},
    trail::TrailFact,
};

/// What an author says of a sealed record.
pub(crate) struct Sealed {
    pub(crate) subject: Pseudonym,
    pub(crate) category: Category,
    pub(crate) commitment: Commitment,
    pub(crate) ciphertext: CiphertextHash,
    pub(crate) home: MemberId,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_commit_record(
        account: AccountId,
        id: RecordId,
        sealed: Sealed,
    ) -> DispatchResult {
        let Sealed {
            subject,
            category,
            commitment,
            ciphertext,
            home,
        } = sealed;
        let author = Self::author(&account, category)?.member;
        let is_home = T::Residents::home(&subject).ok_or(Error::<T>::SubjectNotAvailable)? == home;
        ensure!(is_home, Error::<T>::NotTheHome);
        ensure!(!Records::<T>::contains_key(id), Error::<T>::RecordIdUsed);
        let record = Record {
            subject,
            category,
            author,
            writer: account,
            home,
            commitment,
            ciphertext,
            committed_at: T::Consortium::now(),
            state: RecordState::Pending,
            holders: Default::default(),
            superseded_by: None,
            in_error: false,
        };
        Records::<T>::insert(id, record);
        T::Trail::append(
            &subject,
            TrailFact::RecordCommitted {
                record: id,
                category,
                author,
            },
        );
        Self::deposit_event(Event::RecordCommitted {
            record: id,
            author,
            home,
        });
        Ok(())
    }

    pub(crate) fn do_acknowledge(
        account: AccountId,
        id: RecordId,
        ciphertext: CiphertextHash,
    ) -> DispatchResult {
        let vault = Self::vault(&account)?;
        let mut record = Self::unerased(&id)?;
        let may_hold =
            record.holds_by_right(vault.member) || vault.kind == MemberKind::Municipality;
        ensure!(may_hold, Error::<T>::NotAHolder);
        ensure!(
            record.ciphertext == ciphertext,
            Error::<T>::CiphertextDiffers
        );
        Self::add_holder(&mut record, vault.member)?;
        Self::deposit_event(Event::RecordAcknowledged {
            record: id,
            holder: vault.member,
        });
        if record.state == RecordState::Pending && record.is_held_twice() {
            record.state = RecordState::Stored;
            T::Trail::append(&record.subject, TrailFact::RecordStored { record: id });
            Self::deposit_event(Event::RecordStored { record: id });
        }
        Records::<T>::insert(id, record);
        Ok(())
    }

    /// D4: stand-ins never take the places of author and home municipality.
    fn add_holder(record: &mut Record, member: MemberId) -> Result<(), Error<T>> {
        ensure!(!record.is_held_by(member), Error::<T>::AlreadyAcknowledged);
        let rightful = if record.author == record.home { 1 } else { 2 };
        let stand_ins = record
            .holders
            .iter()
            .filter(|holder| !record.holds_by_right(holder.member))
            .count();
        let stand_ins_max = usize::try_from(HOLDERS_MAX)
            .unwrap_or(0)
            .saturating_sub(rightful);
        let has_room = record.holds_by_right(member) || stand_ins < stand_ins_max;
        ensure!(has_room, Error::<T>::TooManyHolders);
        record
            .holders
            .try_push(Holder {
                member,
                erased: None,
            })
            .map_err(|_| Error::<T>::TooManyHolders)
    }

    fn author(account: &AccountId, category: Category) -> Result<Actor, Error<T>> {
        T::Consortium::actor(account)
            .filter(|actor| may_write(actor, category))
            .ok_or(Error::<T>::NotEntitledToWrite)
    }
}

/// D1: who writes what.
fn may_write(actor: &Actor, category: Category) -> bool {
    let is_writing_member = matches!(
        actor.kind,
        MemberKind::Municipality | MemberKind::Clinic | MemberKind::Vehicle
    );
    is_writing_member && record::may_write(actor.role, category)
}
