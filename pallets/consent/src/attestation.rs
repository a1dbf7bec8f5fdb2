//! Attesting and disagreeing: the home municipality's word that the terms equal what was signed (K5 to K10, K13).

use crate::{
    Consents, Pallet,
    pallet::*,
    policy,
    standing::{Attestation, Consent, DueItem},
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, ConsentId, ConsentState, Ending, OrderedMoment, Terms,
    seams::{Residents, Trail},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_attest(account: AccountId, id: ConsentId) -> DispatchResult {
        let mut consent = Self::stored_proposal(&id)?;
        let member = Self::attesting_member(&account, &consent)?;
        let is_new = consent
            .attestations
            .iter()
            .all(|given| given.officer != account);
        ensure!(is_new, Error::<T>::AlreadyAttested);
        Self::ensure_card_bound(&consent.terms)?;
        Self::burn_nonce(id, &consent.terms)?;
        consent
            .attestations
            .try_push(Attestation {
                officer: account,
                member,
            })
            .map_err(|_| Error::<T>::AlreadyAttested)?;
        T::Trail::append(
            &consent.terms.subject,
            TrailFact::ConsentAttested {
                consent: id,
                attester: member,
            },
        );
        Self::deposit_event(Event::ConsentAttested {
            consent: id,
            attester: member,
        });
        if consent.attestations.len() < policy::attestations_needed(&consent.terms) {
            Consents::<T>::insert(id, consent);
            return Ok(());
        }
        Self::bring_into_force(id, consent)
    }

    pub(crate) fn do_disagree(account: AccountId, id: ConsentId) -> DispatchResult {
        let consent = Self::stored_proposal(&id)?;
        let attester = Self::attesting_member(&account, &consent)?;
        T::Trail::append(
            &consent.terms.subject,
            TrailFact::AttestationDisagreed {
                consent: id,
                attester,
            },
        );
        Self::deposit_event(Event::AttestationDisagreed {
            consent: id,
            attester,
        });
        Self::end(id, consent, Ending::Refused, None);
        Ok(())
    }

    fn bring_into_force(id: ConsentId, mut consent: Consent) -> DispatchResult {
        let held_until =
            Self::guardianship_until(&consent.terms).ok_or(Error::<T>::NoGuardianship)?;
        let until = consent.terms.not_after.min(held_until);
        ensure!(Self::now() < until, Error::<T>::NoGuardianship);
        Self::end_superseded(&consent);
        Self::enter_current(id, &consent.scope())?;
        Self::reschedule(id, &mut consent, until);
        consent.state = ConsentState::Effective;
        T::Trail::append(
            &consent.terms.subject,
            TrailFact::ConsentEffective { consent: id },
        );
        Consents::<T>::insert(id, consent);
        Self::deposit_event(Event::ConsentEffective { consent: id });
        Ok(())
    }

    /// K13: the older consent ends now; if it ended by itself meanwhile, nothing is left to do.
    fn end_superseded(consent: &Consent) {
        let now = Self::now();
        let older = consent
            .supersedes
            .and_then(|id| Some((id, Consents::<T>::get(id)?)));
        if let Some((id, older)) = older
            && matches!(
                older.state_at(now),
                ConsentState::Effective | ConsentState::Paused
            )
        {
            Self::end(id, older, Ending::Superseded, None);
        }
    }

    fn stored_proposal(id: &ConsentId) -> Result<Consent, sp_runtime::DispatchError> {
        let consent = Self::stored(id)?;
        let is_open = consent.state_at(Self::now()) == ConsentState::Proposed;
        ensure!(is_open, Error::<T>::NotProposed);
        Ok(consent)
    }

    fn ensure_card_bound(terms: &Terms) -> Result<(), Error<T>> {
        let is_bound =
            !policy::rests_on_card(terms) || T::Residents::has_active_binding(&terms.guardian);
        ensure!(is_bound, Error::<T>::NoActiveBinding);
        Ok(())
    }

    /// K5: a signed statement that is proposed again carries the same nonce and is refused, also after it ended.
    fn burn_nonce(id: ConsentId, terms: &Terms) -> Result<(), Error<T>> {
        match Nonces::<T>::get(terms.nonce) {
            Some(user) => ensure!(user == id, Error::<T>::NonceUsed),
            None => {
                Nonces::<T>::insert(terms.nonce, id);
                let forgotten_at = OrderedMoment::from(terms.not_after);
                Due::<T>::insert(forgotten_at, DueItem::Nonce(terms.nonce), ());
            }
        }
        Ok(())
    }
}
