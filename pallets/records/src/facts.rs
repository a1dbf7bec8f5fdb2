//! What other pallets may know of a record.

use crate::{Pallet, pallet::*};
use musubi_primitives::{
    MemberId, RecordId,
    seams::{self, RecordFacts},
    view::RecordView,
};

impl<T: Config> Pallet<T> {
    /// A record as holders and readers need to know it.
    pub fn view(id: &RecordId) -> Option<RecordView> {
        let record = Records::<T>::get(id)?;
        Some(RecordView {
            subject: record.subject,
            category: record.category,
            author: record.author,
            home: record.home,
            commitment: record.commitment,
            ciphertext: record.ciphertext,
            state: record.state,
            holders: record.holders.iter().map(|holder| holder.member).collect(),
            superseded_by: record.superseded_by,
            in_error: record.in_error,
        })
    }
}

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
