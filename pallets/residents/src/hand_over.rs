//! Moving house: a new home municipality for good, or a municipality of stay for a while.

use crate::{
    Config, Error, Event, Pallet,
    person::{CUSTODY_LIFE_MAX, Custody, HAND_OVER_LIFE, HandOver, Person},
};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{
    MemberId, Pseudonym,
    seams::{Consortium as _, Trail as _},
    trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn offer(subject: Pseudonym, mut person: Person, to: MemberId) -> DispatchResult {
        ensure!(!person.protected, Error::<T>::ProtectedStays);
        Self::ensure_other(&person, to)?;
        let expires = T::Consortium::now().saturating_add(HAND_OVER_LIFE);
        let from = person.home;
        person.hand_over = Some(HandOver { to, expires });
        Self::put(subject, person);
        Self::deposit_event(Event::HandOverOffered { subject, from, to });
        Ok(())
    }

    pub(crate) fn accept(subject: Pseudonym, by: MemberId) -> DispatchResult {
        let mut person = Self::enrolled_for(&subject, by)?;
        let offer = person
            .hand_over
            .take()
            .ok_or(Error::<T>::HandOverNotOffered)?;
        ensure!(
            offer.to == by && T::Consortium::now() < offer.expires,
            Error::<T>::HandOverNotOffered
        );
        let from = core::mem::replace(&mut person.home, by);
        person.custody = None;
        Self::put(subject, person);
        T::Trail::append(&subject, TrailFact::HandedOver { from, to: by });
        Self::deposit_event(Event::HandedOver {
            subject,
            from,
            to: by,
        });
        Ok(())
    }

    pub(crate) fn decline(subject: Pseudonym, by: MemberId) -> DispatchResult {
        let mut person = Self::enrolled_for(&subject, by)?;
        let offer = person
            .hand_over
            .take()
            .ok_or(Error::<T>::HandOverNotOffered)?;
        ensure!(
            by == person.home || by == offer.to,
            Error::<T>::HandOverNotOffered
        );
        Self::put(subject, person);
        Self::deposit_event(Event::HandOverDeclined { subject });
        Ok(())
    }

    pub(crate) fn begin_custody(
        subject: Pseudonym,
        mut person: Person,
        custody: Custody,
    ) -> DispatchResult {
        Self::ensure_other(&person, custody.custodian)?;
        let now = T::Consortium::now();
        let is_near = now < custody.until && custody.until <= now.saturating_add(CUSTODY_LIFE_MAX);
        ensure!(is_near, Error::<T>::CustodyOutOfBounds);
        person.custody = Some(custody);
        Self::put(subject, person);
        Self::note_custody(subject, custody);
        Ok(())
    }

    pub(crate) fn finish_custody(subject: Pseudonym, by: MemberId) -> DispatchResult {
        let mut person = Self::enrolled_for(&subject, by)?;
        let custody = person.custody.take().ok_or(Error::<T>::CustodyUnknown)?;
        ensure!(
            by == person.home || by == custody.custodian,
            Error::<T>::CustodyUnknown
        );
        Self::put(subject, person);
        Self::note_custody(
            subject,
            Custody {
                until: T::Consortium::now(),
                ..custody
            },
        );
        Ok(())
    }

    fn note_custody(subject: Pseudonym, Custody { custodian, until }: Custody) {
        T::Trail::append(&subject, TrailFact::CustodyEntrusted { custodian, until });
        Self::deposit_event(Event::CustodyEntrusted {
            subject,
            custodian,
            until,
        });
    }

    fn ensure_other(person: &Person, other: MemberId) -> Result<(), Error<T>> {
        ensure!(
            person.home != other && T::Consortium::is_municipality(other),
            Error::NotOtherMunicipality
        );
        Ok(())
    }
}
