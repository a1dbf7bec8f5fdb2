//! Withdrawing: the person takes a consent back, by own account or by card at the counter (K11).

use crate::{Pallet, pallet::*};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{AccountId, Commitment, ConsentId, ConsentState, Ending};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_withdraw(
        account: AccountId,
        id: ConsentId,
        evidence: Option<Commitment>,
    ) -> DispatchResult {
        let consent = Self::stored(&id)?;
        let terms = &consent.terms;
        let speaks = Self::speaks_for(
            &account,
            &[terms.guardian, terms.subject],
            &terms.subject,
            evidence,
        );
        ensure!(speaks, Error::<T>::NotEntitledToWithdraw);
        let ending = match consent.state_at(Self::now()) {
            ConsentState::Proposed => Ending::Refused,
            ConsentState::Effective | ConsentState::Paused => Ending::Withdrawn,
            ConsentState::Ended(_) => return Err(Error::<T>::AlreadyEnded.into()),
        };
        Self::end(id, consent, ending, evidence);
        Ok(())
    }
}
