//! A request: deciding it, remembering it, and telling the trail (A1, A2, A13, A16).

use crate::{Pallet, REQUEST_MEMORY, TICKET_LIFE_MAX, WeightInfo, pallet::*};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult, weights::Weight};
use musubi_primitives::{
    AccountId, Basis, CategorySet, Claim, Decision, MemberId, Moment, OrderedMoment, Pseudonym,
    Purpose, RequestId, Role, SessionId,
    seams::{Actor, CANDIDATES_MAX, Consents, Consortium, Residents, Trail},
    trail::{NOBODY, TrailFact},
};
use scale_info::TypeInfo;

/// What was asked.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Ask {
    /// The account that asked and alone may redeem.
    pub requester: AccountId,
    /// Whose records.
    pub subject: Pseudonym,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// On what basis the requester says.
    pub claim: Claim,
    /// In which visit.
    pub session: Option<SessionId>,
}

/// A request and its decision.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Request {
    /// What was asked.
    pub ask: Ask,
    /// The requester's member.
    pub member: MemberId,
    /// The requester's role.
    pub role: Role,
    /// What was decided.
    pub decision: Decision,
    /// When.
    pub at: Moment,
    /// Records released against it.
    pub deliveries: u32,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_request_access(id: RequestId, ask: Ask) -> DispatchResult {
        let are_allowed = !ask.categories.is_empty() && ask.categories.is_known();
        ensure!(are_allowed, Error::<T>::CategoriesNotAllowed);
        let decision = match Self::decide(&ask) {
            Ok(basis) => Decision::Permit {
                basis,
                expires: Self::ticket_end(&basis),
            },
            Err(reason) => Decision::Deny(reason),
        };
        Self::remember(id, ask, decision)
    }

    /// What a request came to cost: each consent that may cover it had to be looked at.
    pub(crate) fn weight_of_request(
        requester: &AccountId,
        subject: &Pseudonym,
        purpose: Purpose,
    ) -> Weight {
        let candidates = T::Consortium::actor_on_record(requester)
            .map_or(CANDIDATES_MAX, |actor| {
                T::Consents::candidates(subject, actor.member, purpose)
            });
        T::WeightInfo::request_access(candidates)
    }

    /// Remembers a decision and tells the trail.
    pub(crate) fn remember(id: RequestId, ask: Ask, decision: Decision) -> DispatchResult {
        let actor = Self::actor_on_record(&ask.requester)?;
        Self::ensure_id_unused(&id)?;
        let at = Self::now();
        let forgotten_at = OrderedMoment::from(at.saturating_add(REQUEST_MEMORY));
        RequestsDue::<T>::try_append(forgotten_at, id).map_err(|()| Error::<T>::TooManyRequests)?;
        Self::tell(id, &ask, &actor, decision);
        let (member, role) = (actor.member, actor.role);
        Requests::<T>::insert(
            id,
            Request {
                ask,
                member,
                role,
                decision,
                at,
                deliveries: 0,
            },
        );
        Ok(())
    }

    pub(crate) fn actor_on_record(account: &AccountId) -> Result<Actor, Error<T>> {
        T::Consortium::actor_on_record(account).ok_or(Error::<T>::NotOnRecord)
    }

    pub(crate) fn ensure_id_unused(id: &RequestId) -> Result<(), Error<T>> {
        let is_used = Requests::<T>::contains_key(id) || Openings::<T>::contains_key(id);
        ensure!(!is_used, Error::<T>::RequestIdUsed);
        Ok(())
    }

    /// A5: the ticket's end.
    fn ticket_end(basis: &Basis) -> Moment {
        let rests_until = match basis {
            Basis::Consent(id) => T::Consents::consent(id).map(|consent| consent.until),
            Basis::BreakGlass(id) => Openings::<T>::get(id).map(|opening| opening.closes_at),
            Basis::Statute(_) => None,
        };
        let life = T::Consortium::ticket_life().min(TICKET_LIFE_MAX);
        let end = Self::now().saturating_add(life);
        rests_until.map_or(end, |until| end.min(until))
    }

    fn tell(request: RequestId, ask: &Ask, actor: &Actor, decision: Decision) {
        let (member, role, purpose, categories) =
            (actor.member, actor.role, ask.purpose, ask.categories);
        match decision {
            Decision::Permit { basis, expires } => {
                let fact = TrailFact::AccessPermitted {
                    request,
                    member,
                    role,
                    purpose,
                    categories,
                    basis,
                };
                T::Trail::append(&ask.subject, fact);
                Self::deposit_event(Event::AccessPermitted {
                    request,
                    member,
                    basis,
                    expires,
                });
            }
            Decision::Deny(reason) => {
                let fact = TrailFact::AccessDenied {
                    request,
                    member,
                    role,
                    purpose,
                    categories,
                    reason,
                };
                T::Trail::append(&Self::trail_of(&ask.subject), fact);
                Self::deposit_event(Event::AccessDenied {
                    request,
                    member,
                    reason,
                });
            }
        }
    }

    /// A13: random subjects make no new trails.
    fn trail_of(subject: &Pseudonym) -> Pseudonym {
        T::Residents::home(subject).map_or(NOBODY, |_| *subject)
    }
}
