//! Erasing: ordered by the home municipality, carried out and receipted by every holder (D7, D8).

use crate::{
    Pallet,
    pallet::*,
    record::{Holder, Record},
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, MemberId, RecordId, RecordState,
    seams::{Consortium, Trail},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_order_erasure(account: AccountId, id: RecordId) -> DispatchResult {
        let mut record = Self::unerased(&id)?;
        let actor = T::Consortium::actor(&account).ok_or(Error::<T>::NotEntitledToErase)?;
        ensure!(
            Self::is_home_officer(&actor, &record),
            Error::<T>::NotEntitledToErase
        );
        record.state = RecordState::Erased;
        record.oblige_author_and_home();
        Records::<T>::insert(id, record);
        Self::deposit_event(Event::ErasureOrdered { record: id });
        Ok(())
    }

    pub(crate) fn do_erasure_receipt(
        account: AccountId,
        id: RecordId,
        receipt: Commitment,
    ) -> DispatchResult {
        let member = Self::vault(&account)?.member;
        let mut record = Records::<T>::get(id).ok_or(Error::<T>::UnknownRecord)?;
        ensure!(
            record.state == RecordState::Erased,
            Error::<T>::ErasureNotOrdered
        );
        Self::note_receipt(&mut record, member, receipt)?;
        let (subject, is_complete) = (record.subject, record.is_erased_by_all());
        Records::<T>::insert(id, record);
        T::Trail::append(
            &subject,
            TrailFact::RecordErased {
                record: id,
                holder: member,
            },
        );
        Self::deposit_event(Event::ErasureReceived {
            record: id,
            holder: member,
            receipt,
        });
        if is_complete {
            Self::deposit_event(Event::ErasureCompleted { record: id });
        }
        Ok(())
    }

    fn note_receipt(
        record: &mut Record,
        member: MemberId,
        receipt: Commitment,
    ) -> Result<(), Error<T>> {
        let holder = record
            .holders
            .iter_mut()
            .find(|holder| holder.member == member)
            .ok_or(Error::<T>::NotAHolder)?;
        ensure!(holder.erased.is_none(), Error::<T>::ReceiptGiven);
        holder.erased = Some(receipt);
        Ok(())
    }
}

impl Record {
    /// D8: author and home municipality have had the record even if their vaults never said so; they owe a receipt.
    fn oblige_author_and_home(&mut self) {
        for member in [self.author, self.home] {
            if !self.is_held_by(member) {
                // Stand-ins leave room for both (D4), so the push cannot fail; if it did, the obligation would lapse, not the order.
                let _ = self.holders.try_push(Holder {
                    member,
                    erased: None,
                });
            }
        }
    }

    fn is_erased_by_all(&self) -> bool {
        self.holders.iter().all(|holder| holder.erased.is_some())
    }
}
