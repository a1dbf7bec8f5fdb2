//! Which consent covers a request, or the reason that best says why none does (K15).

use crate::{
    Consents, Pallet, Standings,
    pallet::*,
    standing::{Consent, Scope},
};
use musubi_primitives::{
    CategorySet, ConsentId, ConsentState, DenialReason, Ending, MemberId, Moment, Pseudonym,
    Purpose, seams, view::ConsentView,
};

impl<T: Config> Pallet<T> {
    /// Whether the consent speaks at `now`, or why not.
    fn voice(consent: &Consent, now: Moment) -> Result<(), DenialReason> {
        match consent.state_at(now) {
            ConsentState::Effective if now < consent.terms.not_before => {
                Err(DenialReason::OutsidePeriod)
            }
            // K6: a guardianship that was taken away silences what the guardian had consented to.
            ConsentState::Effective if Self::guardianship_until(&consent.terms).is_none() => {
                Err(DenialReason::ConsentEnded)
            }
            ConsentState::Effective => Ok(()),
            ConsentState::Paused => Err(DenialReason::Paused),
            ConsentState::Proposed => Err(DenialReason::NoConsent),
            ConsentState::Ended(ending) => Err(reason_of(ending)),
        }
    }
}

impl<T: Config> Pallet<T> {
    /// A consent as it reads now.
    pub fn view(id: &ConsentId) -> Option<ConsentView> {
        let consent = Consents::<T>::get(id)?;
        Some(ConsentView {
            state: consent.state_at(Self::now()),
            until: consent.until,
            terms: consent.terms,
        })
    }
}

impl<T: Config> seams::Consents for Pallet<T> {
    /// The oldest consent that covers wins. Among those that name the categories but do not speak, the oldest gives the reason; if
    /// none names them, the last one that ended and did.
    fn covering(
        subject: &Pseudonym,
        recipient: MemberId,
        purpose: Purpose,
        categories: CategorySet,
    ) -> Result<ConsentId, DenialReason> {
        let standing = Standings::<T>::get(Scope {
            subject: *subject,
            recipient,
            purpose,
        });
        let now = Self::now();
        let named = standing
            .current
            .iter()
            .filter_map(|id| Some((*id, Consents::<T>::get(id)?)))
            .filter(|(_, consent)| consent.terms.categories.contains_all(categories));
        let mut first_reason = None;
        for (id, consent) in named {
            match Self::voice(&consent, now) {
                Ok(()) => return Ok(id),
                Err(reason) => first_reason = first_reason.or(Some(reason)),
            }
        }
        let last_reason = standing
            .last_ended
            .filter(|(_, named)| named.contains_all(categories))
            .map(|(ending, _)| reason_of(ending));
        Err(first_reason
            .or(last_reason)
            .unwrap_or(DenialReason::NoConsent))
    }

    fn candidates(subject: &Pseudonym, recipient: MemberId, purpose: Purpose) -> u32 {
        let standing = Standings::<T>::get(Scope {
            subject: *subject,
            recipient,
            purpose,
        });
        u32::try_from(standing.current.len()).unwrap_or(u32::MAX)
    }

    fn consent(id: &ConsentId) -> Option<seams::ConsentFacts> {
        let consent = Consents::<T>::get(id)?;
        Some(seams::ConsentFacts {
            subject: consent.terms.subject,
            recipient: consent.terms.recipient,
            purpose: consent.terms.purpose,
            categories: consent.terms.categories,
            state: consent.state_at(Self::now()),
            until: consent.until,
        })
    }

    fn is_effective(id: &ConsentId) -> bool {
        Consents::<T>::get(id).is_some_and(|consent| Self::voice(&consent, Self::now()).is_ok())
    }
}

fn reason_of(ending: Ending) -> DenialReason {
    match ending {
        Ending::Withdrawn => DenialReason::Withdrawn,
        Ending::Expired => DenialReason::OutsidePeriod,
        Ending::Superseded | Ending::Refused => DenialReason::ConsentEnded,
    }
}
