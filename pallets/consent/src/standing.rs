//! What is stored of one consent, and what stands between a subject and a recipient for one purpose.

use crate::{ATTESTATIONS_MAX, CURRENT_MAX, Consents, OPEN_MAX, Pallet, Standings, pallet::*};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::{
    AccountId, CategorySet, Commitment, ConsentId, ConsentState, Ending, MemberId, Moment,
    OrderedMoment, Pseudonym, Purpose, Terms, seams::Trail, trail::TrailFact,
};
use scale_info::TypeInfo;

/// One officer's word for a consent.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Attestation {
    /// The officer's account.
    pub officer: AccountId,
    /// The officer's municipality.
    pub member: MemberId,
}

/// A consent as stored. Its state at a moment is [`Consent::state_at`]: time ends consents before the sweep writes it down.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Consent {
    /// What it allows.
    pub terms: Terms,
    /// The state last written.
    pub state: ConsentState,
    /// First moment it no longer holds: the end of its period or of the guardianship; while proposed, when the proposal lapses.
    pub until: Moment,
    /// Who vouched.
    pub attestations: BoundedVec<Attestation, ConstU32<ATTESTATIONS_MAX>>,
    /// Whose objection pauses it.
    pub objector: Option<Pseudonym>,
    /// The older consent whose place it takes.
    pub supersedes: Option<ConsentId>,
}

impl Consent {
    /// K14: the state as it reads at `now`.
    pub fn state_at(&self, now: Moment) -> ConsentState {
        let is_written = matches!(self.state, ConsentState::Ended(_));
        if !is_written && self.until <= now {
            return ConsentState::Ended(Ending::Expired);
        }
        self.state
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope {
            subject: self.terms.subject,
            recipient: self.terms.recipient,
            purpose: self.terms.purpose,
        }
    }
}

/// What consents are indexed by.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Scope {
    /// Whose records.
    pub subject: Pseudonym,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
}

/// The consents of one scope that are not over, and how the last one ended.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Standing {
    /// Proposals that wait for attestation.
    pub open: BoundedVec<ConsentId, ConstU32<OPEN_MAX>>,
    /// Effective and paused consents, oldest first.
    pub current: BoundedVec<ConsentId, ConstU32<CURRENT_MAX>>,
    /// The last ending and the categories it took away.
    pub last_ended: Option<(Ending, CategorySet)>,
}

/// What time ends or forgets.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum DueItem {
    /// A consent whose `until` has come.
    Consent(ConsentId),
    /// A nonce that nobody can use any more.
    Nonce([u8; 32]),
}

impl<T: Config> Pallet<T> {
    /// Moves a proposal into force within its index entry; expired ones make room first.
    pub(crate) fn enter_current(id: ConsentId, scope: &Scope) -> Result<(), Error<T>> {
        Self::settle_expired(scope);
        Standings::<T>::try_mutate(scope, |standing| {
            standing.open.retain(|open| *open != id);
            standing
                .current
                .try_push(id)
                .map_err(|_| Error::<T>::TooManyCurrent)
        })
    }

    /// How many consents of this one's scope are not over.
    pub(crate) fn standing_size(id: &ConsentId) -> u32 {
        let size = Consents::<T>::get(id).map_or(0, |consent| {
            let standing = Standings::<T>::get(consent.scope());
            standing.open.len().saturating_add(standing.current.len())
        });
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    /// Moves the moment at which time ends the consent.
    pub(crate) fn reschedule(id: ConsentId, consent: &mut Consent, until: Moment) {
        Due::<T>::remove(OrderedMoment::from(consent.until), DueItem::Consent(id));
        consent.until = until;
        Due::<T>::insert(OrderedMoment::from(until), DueItem::Consent(id), ());
    }

    /// Ends a consent: state, index, queue, row and event in one place.
    pub(crate) fn end(
        id: ConsentId,
        mut consent: Consent,
        ending: Ending,
        evidence: Option<Commitment>,
    ) {
        let lapsed = consent.state == ConsentState::Proposed && ending == Ending::Expired;
        Standings::<T>::mutate(consent.scope(), |standing| {
            standing.open.retain(|open| *open != id);
            standing.current.retain(|current| *current != id);
            if !lapsed {
                standing.last_ended = Some((ending, consent.terms.categories));
            }
        });
        Due::<T>::remove(OrderedMoment::from(consent.until), DueItem::Consent(id));
        consent.state = ConsentState::Ended(ending);
        T::Trail::append(
            &consent.terms.subject,
            TrailFact::ConsentEnded {
                consent: id,
                ending,
            },
        );
        Consents::<T>::insert(id, consent);
        Self::deposit_event(Event::ConsentEnded {
            consent: id,
            ending,
            evidence,
        });
    }

    /// Writes down what time has already ended within one scope, so that it does not take up room.
    pub(crate) fn settle_expired(scope: &Scope) {
        let now = Self::now();
        let standing = Standings::<T>::get(scope);
        for id in standing.open.into_iter().chain(standing.current) {
            if let Some(consent) = Consents::<T>::get(id).filter(|consent| consent.until <= now) {
                Self::end(id, consent, Ending::Expired, None);
            }
        }
    }
}
