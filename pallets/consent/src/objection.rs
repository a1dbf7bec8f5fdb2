//! Objecting under joint custody (民法824条の2): another holder of parental authority pauses a consent, and may let it go on (K12).

use crate::{Consents, Pallet, pallet::*, standing::Consent};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, ConsentId, ConsentState, Pseudonym,
    resident::Authority,
    seams::{Residents, Trail},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_object(
        account: AccountId,
        id: ConsentId,
        objector: Pseudonym,
        evidence: Option<Commitment>,
    ) -> DispatchResult {
        let mut consent = Self::stored(&id)?;
        let subject = consent.terms.subject;
        let speaks = Self::speaks_for(&account, &[objector], &subject, evidence);
        ensure!(speaks, Error::<T>::NotEntitledToObject);
        Self::ensure_joint_authority(&objector, &consent)?;
        let is_effective = consent.state_at(Self::now()) == ConsentState::Effective;
        ensure!(is_effective, Error::<T>::NotEffective);
        consent.objector = Some(objector);
        Self::switch(id, consent, ConsentState::Paused);
        Self::deposit_event(Event::ConsentPaused {
            consent: id,
            evidence,
        });
        Ok(())
    }

    pub(crate) fn do_resume(
        account: AccountId,
        id: ConsentId,
        evidence: Option<Commitment>,
    ) -> DispatchResult {
        let mut consent = Self::stored(&id)?;
        let is_paused = consent.state_at(Self::now()) == ConsentState::Paused;
        ensure!(is_paused, Error::<T>::NotPaused);
        let objector = consent.objector.take();
        let speaks = Self::speaks_for(
            &account,
            objector.as_slice(),
            &consent.terms.subject,
            evidence,
        );
        ensure!(speaks, Error::<T>::NotEntitledToObject);
        Self::switch(id, consent, ConsentState::Effective);
        Self::deposit_event(Event::ConsentResumed {
            consent: id,
            evidence,
        });
        Ok(())
    }

    fn switch(id: ConsentId, mut consent: Consent, state: ConsentState) {
        consent.state = state;
        let paused = state == ConsentState::Paused;
        T::Trail::append(
            &consent.terms.subject,
            TrailFact::ConsentPaused {
                consent: id,
                paused,
            },
        );
        Consents::<T>::insert(id, consent);
    }

    fn ensure_joint_authority(objector: &Pseudonym, consent: &Consent) -> Result<(), Error<T>> {
        let terms = &consent.terms;
        let held = T::Residents::guardianship(objector, &terms.subject);
        let is_joint = held.is_some_and(|held| held.authority == Authority::Joint);
        ensure!(
            is_joint && *objector != terms.guardian,
            Error::<T>::NoJointAuthority
        );
        Ok(())
    }
}
