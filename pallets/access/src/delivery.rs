//! Recording what a custodian released (A6). A receipt states what happened, so it is taken also after the ticket has died.

use crate::{DELIVERIES_MAX, Pallet, pallet::*, request::Request};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, Decision, MemberId, RecordId, RequestId, Role,
    seams::{Consortium, Records, Trail},
    trail::TrailFact,
};
use scale_info::TypeInfo;

/// One record released against one request.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Delivery {
    /// Who released it.
    pub custodian: MemberId,
    /// Commitment to the signed delivery receipt.
    pub receipt: Commitment,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_deliver(
        account: AccountId,
        id: RequestId,
        record: RecordId,
        receipt: Commitment,
    ) -> DispatchResult {
        let mut request = Self::permitted(&id)?;
        ensure!(Self::is_holder(&account, &record), Error::<T>::NotAHolder);
        ensure!(
            Self::is_covered(&request, &record),
            Error::<T>::RecordNotCovered
        );
        ensure!(
            !Deliveries::<T>::contains_key(id, record),
            Error::<T>::AlreadyDelivered
        );
        ensure!(
            request.deliveries < DELIVERIES_MAX,
            Error::<T>::TooManyDeliveries
        );
        let custodian = Self::actor_on_record(&account)?.member;
        request.deliveries = request.deliveries.saturating_add(1);
        let subject = request.ask.subject;
        Requests::<T>::insert(id, request);
        Deliveries::<T>::insert(id, record, Delivery { custodian, receipt });
        T::Trail::append(
            &subject,
            TrailFact::Delivered {
                request: id,
                record,
                custodian,
            },
        );
        Self::deposit_event(Event::Delivered {
            request: id,
            record,
            custodian,
            receipt,
        });
        Ok(())
    }

    fn permitted(id: &RequestId) -> Result<Request, Error<T>> {
        Requests::<T>::get(id)
            .filter(|request| matches!(request.decision, Decision::Permit { .. }))
            .ok_or(Error::<T>::NotPermitted)
    }

    fn is_covered(request: &Request, record: &RecordId) -> bool {
        T::Records::record(record).is_some_and(|facts| {
            facts.subject == request.ask.subject && request.ask.categories.contains(facts.category)
        })
    }

    pub(crate) fn is_holder(vault: &AccountId, record: &RecordId) -> bool {
        T::Consortium::actor(vault).is_some_and(|actor| {
            actor.role == Role::Vault && T::Records::is_holder(record, actor.member)
        })
    }
}
