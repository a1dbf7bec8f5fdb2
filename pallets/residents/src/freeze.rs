//! The freeze switch: while it is on, nothing is released on the ground of a consent.

use crate::{Config, Error, Event, Pallet, account_of, person::Freeze};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{Pseudonym, seams::Trail as _, trail::TrailFact};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
    pub(crate) fn switch_on(by: &AccountId32, subject: Pseudonym) -> DispatchResult {
        let who = Self::entitled(by, &subject)?;
        let mut person = Self::enrolled(&subject)?;
        // An officer may take over what the family froze, never the other way round.
        ensure!(
            person
                .freeze
                .is_none_or(|now| now == Freeze::Family && who == Freeze::Officer),
            Error::<T>::FreezeNotFit
        );
        person.freeze = Some(who);
        Self::put(subject, person);
        Self::note(subject, true);
        Ok(())
    }

    pub(crate) fn switch_off(by: &AccountId32, subject: Pseudonym) -> DispatchResult {
        let who = Self::entitled(by, &subject)?;
        let mut person = Self::enrolled(&subject)?;
        let freeze = person.freeze.take().ok_or(Error::<T>::FreezeNotFit)?;
        ensure!(
            freeze == Freeze::Family || who == Freeze::Officer,
            Error::<T>::FrozenByOfficer
        );
        Self::put(subject, person);
        Self::note(subject, false);
        Ok(())
    }

    /// R11: as whom this account may turn the subject's switch.
    fn entitled(by: &AccountId32, subject: &Pseudonym) -> Result<Freeze, Error<T>> {
        if Self::person_of_officer(by, subject).is_ok() {
            return Ok(Freeze::Officer);
        }
        let person = Self::person_behind(&account_of(by)).ok_or(Error::NotEntitledToFreeze)?;
        let is_family =
            person == *subject || Self::holding_guardianship(&person, subject).is_some();
        if is_family {
            Ok(Freeze::Family)
        } else {
            Err(Error::NotEntitledToFreeze)
        }
    }

    fn note(subject: Pseudonym, frozen: bool) {
        T::Trail::append(&subject, TrailFact::FreezeSwitched { frozen });
        Self::deposit_event(Event::FreezeSwitched { subject, frozen });
    }
}
