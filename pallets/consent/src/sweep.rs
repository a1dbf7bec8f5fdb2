//! The sweep: writes down, a bounded number per block, what time has ended or lets forget (K5, K14, K16).

use crate::{Consents, SWEEP_MAX, WeightInfo, pallet::*, standing::DueItem};
use frame_support::weights::Weight;
use musubi_primitives::{Ending, OrderedMoment};

impl<T: Config> Pallet<T> {
    pub(crate) fn sweep(remaining: Weight) -> Weight {
        let each = T::WeightInfo::sweep_item();
        let affordable = remaining.checked_div_per_component(&each).unwrap_or(0);
        let limit = usize::try_from(affordable.min(u64::from(SWEEP_MAX))).unwrap_or(0);
        let now = Self::now();
        let mut due: Vec<(OrderedMoment, DueItem)> = Due::<T>::iter_keys()
            .take_while(|(at, _)| at.moment() <= now)
            .take(limit)
            .collect();
        // Items of one moment in the order of their ids, so that nothing hangs on the order of hashes.
        due.sort_unstable();
        for (at, item) in &due {
            Self::settle(*at, *item);
        }
        each.saturating_mul(u64::try_from(due.len()).unwrap_or(u64::MAX))
    }

    fn settle(at: OrderedMoment, item: DueItem) {
        Due::<T>::remove(at, item);
        match item {
            DueItem::Nonce(nonce) => Nonces::<T>::remove(nonce),
            DueItem::Consent(id) => {
                if let Some(consent) = Consents::<T>::get(id) {
                    Self::end(id, consent, Ending::Expired, None);
                }
            }
        }
    }
}
