//! Sessions: one visit of a subject at the recipient of a consent, opened by a card touch (A14).

use crate::{Pallet, SESSION_LIFE_MAX, pallet::*, sweep::DueItem};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, ConsentId, MemberId, Moment, OrderedMoment, Pseudonym, Role, SessionId,
    seams::{Actor, Consents, Consortium, Trail},
    trail::TrailFact,
};
use scale_info::TypeInfo;

/// An open visit.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Session {
    /// Whose visit.
    pub subject: Pseudonym,
    /// Where: the member, never a place.
    pub member: MemberId,
    /// Under which consent.
    pub consent: ConsentId,
    /// Commitment to the card check-in.
    pub evidence: Commitment,
    /// First moment it is over.
    pub until: Moment,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_open_session(
        account: AccountId,
        id: SessionId,
        consent_id: ConsentId,
        evidence: Commitment,
        until: Moment,
    ) -> DispatchResult {
        let consent = T::Consents::consent(&consent_id).ok_or(Error::<T>::ConsentNotInForce)?;
        let member = Self::receptionist(&account)?.member;
        ensure!(
            member == consent.recipient,
            Error::<T>::NotEntitledToSession
        );
        ensure!(
            T::Consents::is_effective(&consent_id),
            Error::<T>::ConsentNotInForce
        );
        let now = Self::now();
        let is_allowed = now < until && until <= now.saturating_add(SESSION_LIFE_MAX);
        ensure!(is_allowed, Error::<T>::SessionPeriodNotAllowed);
        ensure!(!Sessions::<T>::contains_key(id), Error::<T>::SessionIdUsed);
        let subject = consent.subject;
        let session = Session {
            subject,
            member,
            consent: consent_id,
            evidence,
            until,
        };
        Sessions::<T>::insert(id, session);
        Due::<T>::insert(OrderedMoment::from(until), DueItem::Session(id), ());
        let fact = TrailFact::SessionOpened {
            session: id,
            member,
            consent: consent_id,
        };
        T::Trail::append(&subject, fact);
        let consent = consent_id;
        Self::deposit_event(Event::SessionOpened {
            session: id,
            member,
            consent,
            evidence,
        });
        Ok(())
    }

    pub(crate) fn do_close_session(account: AccountId, id: SessionId) -> DispatchResult {
        let session = Sessions::<T>::get(id).ok_or(Error::<T>::UnknownSession)?;
        let is_own = Self::receptionist(&account)?.member == session.member;
        ensure!(is_own, Error::<T>::NotEntitledToSession);
        Due::<T>::remove(OrderedMoment::from(session.until), DueItem::Session(id));
        Self::end_session(id);
        Ok(())
    }

    pub(crate) fn end_session(id: SessionId) {
        Sessions::<T>::remove(id);
        Self::deposit_event(Event::SessionClosed { session: id });
    }

    /// Whether the visit goes on at this member and its consent is in force.
    pub fn is_session_open(id: &SessionId, member: MemberId, subject: &Pseudonym) -> bool {
        Sessions::<T>::get(id).is_some_and(|session| {
            session.member == member
                && session.subject == *subject
                && Self::now() < session.until
                && T::Consents::is_effective(&session.consent)
        })
    }

    fn receptionist(account: &AccountId) -> Result<Actor, Error<T>> {
        T::Consortium::actor(account)
            .filter(|actor| receives_visitors(actor.role))
            .ok_or(Error::<T>::NotEntitledToSession)
    }
}

fn receives_visitors(role: Role) -> bool {
    matches!(
        role,
        Role::Clerk | Role::Terminal | Role::Nurse | Role::Doctor | Role::Officer | Role::Gateway
    )
}
