//! Break-glass: an emergency opening, its closing and its review by a second person (A8 to A12).

use crate::{
    BREAK_GLASS_LIFE, Pallet, REVIEW_PERIOD, decision, pallet::*, request::Ask, sweep::DueItem,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, BreakGlassReason, CategorySet, Claim, Commitment, Decision, DenialReason, MemberId,
    Moment, OrderedMoment, Pseudonym, Purpose, RequestId, Role,
    seams::{Actor, Consortium, Residents, Trail},
    trail::TrailFact,
};
use scale_info::TypeInfo;

/// Where the review of an opening stands.
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
pub enum Review {
    /// Nobody has reviewed it yet.
    Awaited,
    /// Nobody has, and the time for it is over.
    Overdue,
    /// A reviewer has.
    Given {
        /// Who.
        reviewer: AccountId,
        /// Whether it was found justified.
        justified: bool,
    },
}

/// A break-glass opening.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Opening {
    /// Whose records.
    pub subject: Pseudonym,
    /// The account that opened it and alone may ask under it.
    pub opener: AccountId,
    /// The opener's member.
    pub member: MemberId,
    /// Salted commitment to the incident number.
    pub incident: Commitment,
    /// Why.
    pub reason: BreakGlassReason,
    /// When.
    pub opened_at: Moment,
    /// First moment it is closed by itself.
    pub closes_at: Moment,
    /// Whether the closing has been written down.
    pub is_closed: bool,
    /// Its review.
    pub review: Review,
}

impl Opening {
    /// A10: whether requests may rest on it.
    pub fn is_open(&self, now: Moment) -> bool {
        !self.is_closed && now < self.closes_at
    }

    fn review_due_at(&self) -> OrderedMoment {
        OrderedMoment::from(self.opened_at.saturating_add(REVIEW_PERIOD))
    }
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_open_break_glass(
        opener: AccountId,
        id: RequestId,
        subject: Pseudonym,
        incident: Commitment,
        reason: BreakGlassReason,
    ) -> DispatchResult {
        match Self::may_open(&opener, &subject) {
            Ok(actor) => {
                let opened_at = Self::now();
                let opening = Opening {
                    subject,
                    opener,
                    member: actor.member,
                    incident,
                    reason,
                    opened_at,
                    closes_at: opened_at.saturating_add(BREAK_GLASS_LIFE),
                    is_closed: false,
                    review: Review::Awaited,
                };
                Self::break_glass(id, opening)
            }
            Err(denial) => {
                let ask = Ask {
                    requester: opener,
                    subject,
                    purpose: Purpose::Emergency,
                    categories: CategorySet::EMPTY,
                    claim: Claim::BreakGlass(id),
                    session: None,
                };
                Self::remember(id, ask, Decision::Deny(denial))
            }
        }
    }

    /// A8; a protected or frozen subject can be in danger too.
    fn may_open(opener: &AccountId, subject: &Pseudonym) -> Result<Actor, DenialReason> {
        let actor = T::Consortium::actor(opener).ok_or(DenialReason::MemberNotActive)?;
        ensure!(
            decision::may_break_glass(&actor),
            DenialReason::RoleNotAllowed
        );
        ensure!(
            T::Residents::home(subject).is_some(),
            DenialReason::NotAvailable
        );
        Ok(actor)
    }

    fn break_glass(id: RequestId, opening: Opening) -> DispatchResult {
        Self::ensure_id_unused(&id)?;
        let (subject, member, reason) = (opening.subject, opening.member, opening.reason);
        let closes_at = OrderedMoment::from(opening.closes_at);
        Due::<T>::insert(closes_at, DueItem::OpeningEnd(id), ());
        Due::<T>::insert(opening.review_due_at(), DueItem::ReviewEnd(id), ());
        Openings::<T>::insert(id, opening);
        T::Trail::append(
            &subject,
            TrailFact::BreakGlassOpened {
                request: id,
                member,
                reason,
            },
        );
        Self::deposit_event(Event::BreakGlassOpened {
            request: id,
            member,
            reason,
        });
        Ok(())
    }

    pub(crate) fn do_close_break_glass(account: AccountId, id: RequestId) -> DispatchResult {
        let mut opening = Openings::<T>::get(id).ok_or(Error::<T>::UnknownOpening)?;
        let is_colleague = T::Consortium::actor(&account).is_some_and(|actor| {
            actor.member == opening.member && matches!(actor.role, Role::Officer | Role::Reviewer)
        });
        ensure!(
            account == opening.opener || is_colleague,
            Error::<T>::NotEntitledToClose
        );
        ensure!(opening.is_open(Self::now()), Error::<T>::AlreadyClosed);
        Self::close(id, &mut opening);
        Openings::<T>::insert(id, opening);
        Ok(())
    }

    pub(crate) fn do_review_break_glass(
        account: AccountId,
        id: RequestId,
        justified: bool,
    ) -> DispatchResult {
        let mut opening = Openings::<T>::get(id).ok_or(Error::<T>::UnknownOpening)?;
        Self::ensure_may_review(&account, &opening)?;
        ensure!(!opening.is_open(Self::now()), Error::<T>::StillOpen);
        let is_due = matches!(opening.review, Review::Awaited | Review::Overdue);
        ensure!(is_due, Error::<T>::AlreadyReviewed);
        Self::close(id, &mut opening);
        Due::<T>::remove(opening.review_due_at(), DueItem::ReviewEnd(id));
        opening.review = Review::Given {
            reviewer: account,
            justified,
        };
        let subject = opening.subject;
        Openings::<T>::insert(id, opening);
        T::Trail::append(
            &subject,
            TrailFact::BreakGlassReviewed {
                request: id,
                justified,
            },
        );
        Self::deposit_event(Event::BreakGlassReviewed {
            request: id,
            justified,
        });
        Ok(())
    }

    /// A11.
    fn ensure_may_review(account: &AccountId, opening: &Opening) -> Result<(), Error<T>> {
        let reviewer = T::Consortium::actor(account)
            .filter(|actor| actor.role == Role::Reviewer && *account != opening.opener)
            .ok_or(Error::<T>::NotEntitledToReview)?;
        let is_concerned = reviewer.member == opening.member
            || T::Residents::home(&opening.subject) == Some(reviewer.member);
        ensure!(is_concerned, Error::<T>::NotEntitledToReview);
        Ok(())
    }

    /// A10: writes the closing down, once.
    fn close(id: RequestId, opening: &mut Opening) {
        if opening.is_closed {
            return;
        }
        opening.is_closed = true;
        Due::<T>::remove(
            OrderedMoment::from(opening.closes_at),
            DueItem::OpeningEnd(id),
        );
        T::Trail::append(
            &opening.subject,
            TrailFact::BreakGlassClosed { request: id },
        );
        Self::deposit_event(Event::BreakGlassClosed { request: id });
    }

    /// A10, by time.
    pub(crate) fn close_overrun(id: RequestId) {
        if let Some(mut opening) = Openings::<T>::get(id) {
            Self::close(id, &mut opening);
            Openings::<T>::insert(id, opening);
        }
    }

    /// A12.
    pub(crate) fn mark_overdue(id: RequestId) {
        let awaited = Openings::<T>::get(id).filter(|opening| opening.review == Review::Awaited);
        if let Some(mut opening) = awaited {
            opening.review = Review::Overdue;
            let subject = opening.subject;
            Openings::<T>::insert(id, opening);
            T::Trail::append(&subject, TrailFact::BreakGlassReviewOverdue { request: id });
            Self::deposit_event(Event::BreakGlassReviewOverdue { request: id });
        }
    }
}
