//! What other pallets may know of a record.

use crate::{Pallet, pallet::*};
use musubi_primitives::{
    MemberId, RecordId,
    seams::{self, RecordFacts},
};

impl<T: Config> seams::Records for Pallet<T> {
    fn record(id: &RecordId) -> Option<RecordFacts> {
        let record = Records::<T>::get(id)?;
        Some(RecordFacts {
            subject: record.subject,
            category: record.category,
            author: record.author,
            state: record.state,
        })
    }

    fn is_holder(id: &RecordId, member: MemberId) -> bool {
        Records::<T>::get(id).is_some_and(|record| record.is_held_by(member))
    }
}
