//! Sessions: one visit of a subject at the recipient of a consent, opened by the home municipality on a card touch that it judged (A14).

use crate::{Pallet, SESSION_LIFE_MAX, pallet::*, sweep::DueItem};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, ConsentId, MemberId, Moment, OrderedMoment, Pseudonym, Role, SessionId,
    seams::{Consents, Consortium, Residents, Trail},
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
    /// Ended by hand. Remembered until its time is over, so that one check-in opens one visit.
    pub is_closed: bool,
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
        let (subject, member) = (consent.subject, consent.recipient);
        ensure!(
            Self::is_home_officer(&account, &subject),
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
        let session = Session {
            subject,
            member,
            consent: consent_id,
            evidence,
            until,
            is_closed: false,
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
        let session = Sessions::<T>::get(id).filter(|session| !session.is_closed);
        let session = session.ok_or(Error::<T>::UnknownSession)?;
        let may_close = Self::is_receptionist(&account, session.member)
            || Self::is_home_officer(&account, &session.subject);
        ensure!(may_close, Error::<T>::NotEntitledToSession);
        let is_closed = true;
        Sessions::<T>::insert(
            id,
            Session {
                is_closed,
                ..session
            },
        );
        Self::deposit_event(Event::SessionClosed { session: id });
        Ok(())
    }

    /// Its time is over: forgets it.
    pub(crate) fn end_session(id: SessionId) {
        let was_open = Sessions::<T>::take(id).is_some_and(|session| !session.is_closed);
        if was_open {
            Self::deposit_event(Event::SessionClosed { session: id });
        }
    }

    /// A visit that goes on.
    pub fn open_session_of(id: &SessionId) -> Option<Session> {
        Sessions::<T>::get(id).filter(|session| !session.is_closed && Self::now() < session.until)
    }

    /// Whether the visit goes on at this member and its consent is in force.
    pub fn is_session_open(id: &SessionId, member: MemberId, subject: &Pseudonym) -> bool {
        Self::open_session_of(id).is_some_and(|session| {
            session.member == member
                && session.subject == *subject
                && T::Consents::is_effective(&session.consent)
        })
    }

    /// The home municipality alone has judged the card: what others say of a check-in is no evidence.
    fn is_home_officer(account: &AccountId, subject: &Pseudonym) -> bool {
        T::Consortium::actor(account).is_some_and(|actor| {
            actor.role == Role::Officer && T::Residents::home(subject) == Some(actor.member)
        })
    }

    fn is_receptionist(account: &AccountId, member: MemberId) -> bool {
        T::Consortium::actor(account)
            .is_some_and(|actor| actor.member == member && receives_visitors(actor.role))
    }
}

fn receives_visitors(role: Role) -> bool {
    matches!(
        role,
        Role::Clerk | Role::Terminal | Role::Nurse | Role::Doctor | Role::Officer | Role::Gateway
    )
}
