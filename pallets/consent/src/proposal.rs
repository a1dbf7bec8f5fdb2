//! Proposing a consent: who may ask, and for what (K1 to K6, K13, K16, K17).

use crate::{
    Consents, PROPOSAL_LIFE, Pallet, Standings, officer_of,
    pallet::*,
    policy,
    standing::{Consent, DueItem},
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, ConsentId, ConsentState, MemberId, Moment, OrderedMoment, Role, Terms,
    seams::{Consortium, Residents, Trail},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_propose(
        account: AccountId,
        id: ConsentId,
        terms: Terms,
        supersedes: Option<ConsentId>,
    ) -> DispatchResult {
        ensure!(!Consents::<T>::contains_key(id), Error::<T>::ConsentIdUsed);
        Self::ensure_entitled_to_propose(&account, &terms)?;
        let now = Self::now();
        Self::ensure_terms_allowed(&terms, now)?;
        let held_until = Self::guardianship_until(&terms).ok_or(Error::<T>::NoGuardianship)?;
        ensure!(now < held_until, Error::<T>::NoGuardianship);
        // Only now: that the subject is protected is told to nobody who may not decide for it.
        let is_hidden =
            terms.second_attester.is_some() && T::Residents::is_protected(&terms.subject);
        ensure!(!is_hidden, Error::<T>::SecondAttesterNotAllowed);
        let until = terms
            .not_after
            .min(held_until)
            .min(now.saturating_add(PROPOSAL_LIFE));
        let consent = Consent {
            terms,
            state: ConsentState::Proposed,
            until,
            attestations: Default::default(),
            objector: None,
            supersedes,
        };
        Self::ensure_supersedable(&consent, now)?;
        Self::open(id, consent)
    }

    fn open(id: ConsentId, consent: Consent) -> DispatchResult {
        let scope = consent.scope();
        Self::settle_expired(&scope);
        Standings::<T>::try_mutate(scope, |standing| standing.open.try_push(id))
            .map_err(|_| Error::<T>::TooManyOpen)?;
        Due::<T>::insert(OrderedMoment::from(consent.until), DueItem::Consent(id), ());
        let (recipient, purpose, categories) =
            (scope.recipient, scope.purpose, consent.terms.categories);
        Consents::<T>::insert(id, consent);
        T::Trail::append(
            &scope.subject,
            TrailFact::ConsentProposed {
                consent: id,
                recipient,
                purpose,
                categories,
            },
        );
        Self::deposit_event(Event::ConsentProposed {
            consent: id,
            recipient,
        });
        Ok(())
    }

    /// K1 and K2, in this order of standing: the guardian, the home municipality, the recipient.
    fn ensure_entitled_to_propose(account: &AccountId, terms: &Terms) -> Result<(), Error<T>> {
        if T::Residents::person(account) == Some(terms.guardian) {
            return Ok(());
        }
        let actor = T::Consortium::actor(account).ok_or(Error::<T>::NotEntitledToPropose)?;
        if Self::is_home_counter(account, &terms.subject) {
            return Ok(());
        }
        ensure!(
            actor.member == terms.recipient && may_ask_for_consent(actor.role),
            Error::<T>::NotEntitledToPropose
        );
        let is_home = T::Residents::home(&terms.subject) == Some(actor.member);
        let is_visible = is_home
            || T::Residents::home(&terms.subject).is_some()
                && !T::Residents::is_protected(&terms.subject);
        ensure!(is_visible, Error::<T>::SubjectNotAvailable);
        Ok(())
    }

    fn ensure_terms_allowed(terms: &Terms, now: Moment) -> Result<(), Error<T>> {
        ensure!(
            policy::is_period_allowed(terms, now),
            Error::<T>::PeriodNotAllowed
        );
        ensure!(
            policy::are_categories_allowed(terms.categories),
            Error::<T>::CategoriesNotAllowed
        );
        ensure!(
            policy::assurance_min(terms) <= terms.assurance,
            Error::<T>::AssuranceTooLow
        );
        ensure!(
            !Nonces::<T>::contains_key(terms.nonce),
            Error::<T>::NonceUsed
        );
        let is_active = T::Consortium::member(terms.recipient).is_some();
        ensure!(is_active, Error::<T>::RecipientNotActive);
        let is_own = |account: &AccountId| T::Residents::person(account) == Some(terms.guardian);
        ensure!(
            terms.account.as_ref().is_none_or(is_own),
            Error::<T>::AccountNotTheGuardians
        );
        Ok(())
    }

    /// K6: how long the guardian may speak; a subject that speaks for itself may always.
    pub(crate) fn guardianship_until(terms: &Terms) -> Option<Moment> {
        if terms.guardian == terms.subject {
            return T::Residents::home(&terms.subject).map(|_| Moment::MAX);
        }
        T::Residents::guardianship(&terms.guardian, &terms.subject).map(|held| held.until)
    }

    /// K13: only a consent of the same people and scope can be superseded.
    fn ensure_supersedable(consent: &Consent, now: Moment) -> Result<(), Error<T>> {
        let Some(older_id) = consent.supersedes else {
            return Ok(());
        };
        let older = Consents::<T>::get(older_id).ok_or(Error::<T>::NotSupersedable)?;
        let is_same =
            older.scope() == consent.scope() && older.terms.guardian == consent.terms.guardian;
        let stands = matches!(
            older.state_at(now),
            ConsentState::Effective | ConsentState::Paused
        );
        ensure!(is_same && stands, Error::<T>::NotSupersedable);
        Ok(())
    }

    /// K7, K8: the municipality for which this officer may vouch for these terms.
    pub(crate) fn attesting_member(
        account: &AccountId,
        consent: &Consent,
    ) -> Result<MemberId, Error<T>> {
        let member = officer_of::<T>(account)?;
        let terms = &consent.terms;
        let home = T::Residents::home(&terms.subject).ok_or(Error::<T>::SubjectNotAvailable)?;
        if member == home {
            return Ok(member);
        }
        let is_second = policy::attestations_needed(terms) == 2
            && consent
                .attestations
                .iter()
                .all(|given| given.member == home);
        let is_named = terms.second_attester == Some(member);
        let is_allowed = is_second && is_named && !T::Residents::is_protected(&terms.subject);
        ensure!(is_allowed, Error::<T>::AttesterNotAllowed);
        Ok(member)
    }
}

fn may_ask_for_consent(role: Role) -> bool {
    matches!(
        role,
        Role::Officer
            | Role::Nurse
            | Role::Doctor
            | Role::Clerk
            | Role::Dispatcher
            | Role::Gateway
            | Role::Terminal
    )
}
