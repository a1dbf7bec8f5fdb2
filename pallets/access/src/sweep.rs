//! The sweep: ends and forgets, a bounded number per block, what time is over for (A10, A12, A14, A16).

use crate::{DELIVERIES_MAX, SWEEP_MAX, WeightInfo, pallet::*};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, weights::Weight};
use musubi_primitives::{OrderedMoment, RequestId, SessionId};
use scale_info::TypeInfo;

/// What time ends.
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
    /// A visit that nobody closed.
    Session(SessionId),
    /// A break-glass that nobody closed.
    OpeningEnd(RequestId),
    /// A break-glass that nobody reviewed.
    ReviewEnd(RequestId),
}

impl<T: Config> Pallet<T> {
    pub(crate) fn sweep(remaining: Weight) -> Weight {
        let each = T::WeightInfo::sweep_item();
        let affordable = remaining.checked_div_per_component(&each).unwrap_or(0);
        let limit = usize::try_from(affordable.min(u64::from(SWEEP_MAX))).unwrap_or(0);
        let ended = Self::end_due(limit);
        let forgotten = Self::forget_due(limit.saturating_sub(ended));
        let settled = u64::try_from(ended.saturating_add(forgotten)).unwrap_or(u64::MAX);
        each.saturating_mul(settled)
    }

    fn end_due(limit: usize) -> usize {
        let now = Self::now();
        let mut due: Vec<(OrderedMoment, DueItem)> = Due::<T>::iter_keys()
            .take_while(|(at, _)| at.moment() <= now)
            .take(limit)
            .collect();
        // Items of one moment in the order of their ids, so that nothing hangs on the order of hashes.
        due.sort_unstable();
        for (at, item) in &due {
            Due::<T>::remove(at, item);
            match item {
                DueItem::Session(id) => Self::end_session(*id),
                DueItem::OpeningEnd(id) => Self::close_overrun(*id),
                DueItem::ReviewEnd(id) => Self::mark_overdue(*id),
            }
        }
        due.len()
    }

    /// A16: forgets the oldest requests.
    fn forget_due(limit: usize) -> usize {
        let mut forgotten = 0usize;
        while forgotten < limit {
            let room = limit.saturating_sub(forgotten);
            let Some(count) = Self::forget_moment(room) else {
                break;
            };
            forgotten = forgotten.saturating_add(count);
        }
        forgotten
    }

    /// Forgets up to `room` requests of the oldest moment that is due; `None` if none is.
    fn forget_moment(room: usize) -> Option<usize> {
        let at = RequestsDue::<T>::iter_keys().next()?;
        if Self::now() < at.moment() {
            return None;
        }
        let mut ids = RequestsDue::<T>::take(at).into_inner();
        let kept = ids.split_off(room.min(ids.len()));
        ids.iter().for_each(Self::forget);
        if !kept.is_empty() {
            RequestsDue::<T>::insert(at, BoundedVec::truncate_from(kept));
        }
        Some(ids.len())
    }

    fn forget(id: &RequestId) {
        let has_deliveries = Requests::<T>::take(id).is_some_and(|request| 0 < request.deliveries);
        if has_deliveries {
            // A ticket has at most this many deliveries (A6), so one call clears them all.
            let _ = Deliveries::<T>::clear_prefix(id, DELIVERIES_MAX, None);
        }
    }
}
