//! Enrolling and retiring people, and their devices.

use crate::{
    Bindings, Config, Devices, Entries, Error, Event, Guardianships, Pallet,
    person::{Device, DeviceKeys, Entry, Person},
};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{
    AccountId, Pseudonym, resident::BindingState, seams::Trail as _, trail::TrailFact,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn add_person(
        subject: Pseudonym,
        person: Person,
        device: Option<DeviceKeys>,
    ) -> DispatchResult {
        ensure!(
            !Entries::<T>::contains_key(subject),
            Error::<T>::PseudonymTaken
        );
        let (domain, home) = (person.domain, person.home);
        Self::put(subject, person);
        T::Trail::append(&subject, TrailFact::Enrolled { home });
        Self::deposit_event(Event::Enrolled {
            subject,
            domain,
            home,
        });
        device.map_or(Ok(()), |device| Self::register_device(subject, device))
    }

    /// R3: nothing of the person is left but the fact that the pseudonym is used up.
    pub(crate) fn retire_person(subject: Pseudonym, person: &Person) -> DispatchResult {
        person
            .devices
            .iter()
            .for_each(|account| Self::retire_device(*account));
        person
            .guardians
            .iter()
            .for_each(|guardian| Guardianships::<T>::remove(subject, guardian));
        if let Some(id) = person.binding
            && let Some(binding) = Bindings::<T>::get(id)
        {
            Self::set_binding(id, binding, BindingState::Revoked);
        }
        Entries::<T>::insert(subject, Entry::Retired);
        T::Trail::append(&subject, TrailFact::Retired);
        Self::deposit_event(Event::Retired { subject });
        Ok(())
    }

    pub(crate) fn register_device(id: Pseudonym, device: DeviceKeys) -> DispatchResult {
        let DeviceKeys { account, hpke } = device;
        ensure!(
            !Devices::<T>::contains_key(account),
            Error::<T>::AccountTaken
        );
        let mut person = Self::enrolled(&id)?;
        person
            .devices
            .try_push(account)
            .map_err(|_| Error::<T>::TooManyDevices)?;
        Self::put(id, person);
        Devices::<T>::insert(account, Device::Active { person: id, hpke });
        frame_system::Pallet::<T>::inc_providers(&account.0.into());
        Self::deposit_event(Event::DeviceAdded {
            person: id,
            account,
        });
        Ok(())
    }

    pub(crate) fn forget_device(id: Pseudonym, account: AccountId) -> DispatchResult {
        let mut person = Self::enrolled(&id)?;
        person.devices.retain(|other| *other != account);
        Self::put(id, person);
        Self::retire_device(account);
        Self::deposit_event(Event::DeviceDropped {
            person: id,
            account,
        });
        Ok(())
    }

    /// R4: an account that acted once never acts again, so its nonce may go with it.
    fn retire_device(account: AccountId) {
        Devices::<T>::insert(account, Device::Retired);
        // Another pallet may still provide for the account; then it stays, without a person behind it.
        let _kept = frame_system::Pallet::<T>::dec_providers(&account.0.into());
    }
}
