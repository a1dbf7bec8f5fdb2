//! Who may decide for whom, and until when.

use crate::{
    Config, Error, Event, Guardianships, Pallet,
    person::{GUARDIANSHIP_LIFE_MAX, Guardianship, Person},
};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{
    Moment, Pseudonym,
    resident::{Authority, is_common_date},
    seams::{Consortium as _, GuardianshipFacts, Trail as _},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn add_guardianship(
        subject: Pseudonym,
        mut person: Person,
        guardian: Pseudonym,
        authority: Authority,
        until: Moment,
    ) -> DispatchResult {
        ensure!(subject != guardian, Error::<T>::OwnGuardian);
        ensure!(
            Self::enrolled(&guardian)?.domain == person.domain,
            Error::<T>::DomainsDiffer
        );
        let now = T::Consortium::now();
        let is_near = now < until && until <= now.saturating_add(GUARDIANSHIP_LIFE_MAX);
        ensure!(
            is_near && is_common_date(until),
            Error::<T>::UntilNotCommonDate
        );
        let from = Guardianships::<T>::get(subject, guardian).map_or(now, |former| former.from);
        let attested_by = person.home;
        if !person.guardians.contains(&guardian) {
            person
                .guardians
                .try_push(guardian)
                .map_err(|_| Error::<T>::TooManyGuardians)?;
            Self::put(subject, person);
        }
        Guardianships::<T>::insert(
            subject,
            guardian,
            Guardianship {
                authority,
                from,
                until,
                attested_by,
            },
        );
        T::Trail::append(
            &subject,
            TrailFact::GuardianshipAttested { guardian, until },
        );
        Self::deposit_event(Event::GuardianshipAttested {
            subject,
            guardian,
            authority,
            until,
        });
        Ok(())
    }

    pub(crate) fn drop_guardianship(
        subject: Pseudonym,
        mut person: Person,
        guardian: Pseudonym,
    ) -> DispatchResult {
        ensure!(
            Guardianships::<T>::contains_key(subject, guardian),
            Error::<T>::GuardianshipUnknown
        );
        Guardianships::<T>::remove(subject, guardian);
        person.guardians.retain(|other| *other != guardian);
        Self::put(subject, person);
        let until = T::Consortium::now();
        T::Trail::append(
            &subject,
            TrailFact::GuardianshipAttested { guardian, until },
        );
        Self::deposit_event(Event::GuardianshipEnded { subject, guardian });
        Ok(())
    }

    /// R8: the guardianship that holds now, between two people who are both enrolled.
    pub(crate) fn holding_guardianship(
        guardian: &Pseudonym,
        subject: &Pseudonym,
    ) -> Option<GuardianshipFacts> {
        let Guardianship {
            authority, until, ..
        } = Guardianships::<T>::get(subject, guardian)?;
        let holds = T::Consortium::now() < until
            && Self::person(guardian).is_some()
            && Self::person(subject).is_some();
        holds.then_some(GuardianshipFacts { authority, until })
    }
}
