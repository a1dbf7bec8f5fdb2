//! What other pallets may know of a record.

use crate::{Pallet, pallet::*};
use musubi_primitives::{
    Commitment, MemberId, RecordId,
    seams::{self, Consortium, RecordFacts},
    view::{RecordView, RuleSetView, VerdictView},
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

    /// The newest published rules whose time has begun. Reads every published set: for questions to a node, never within a call.
    pub fn rule_set_in_force() -> Option<RuleSetView> {
        let now = T::Consortium::now();
        let begun = RuleSets::<T>::iter().filter(|(_, rules)| rules.effective_from <= now);
        let (version, rules) = begun.max_by_key(|(version, _)| *version)?;
        Some(RuleSetView {
            version,
            hash: rules.hash,
        })
    }

    /// What was found for the inputs of this commitment.
    pub fn verdict(inputs: &Commitment) -> Option<VerdictView> {
        let found = Verdicts::<T>::get(inputs)?;
        Some(VerdictView {
            subject: found.subject,
            rule_set: found.rule_set,
            verdict: found.verdict,
            override_reason: found.override_reason,
            member: found.member,
            judge: found.judge,
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
