//! What nodes and clients may learn of a person for one answer: keys to seal to, and the card that speaks.

use crate::{Bindings, Config, Devices, Pallet, person::Device};
use musubi_primitives::{AccountId, HpkeKey, Pseudonym, resident::BindingState, view::CardView};

impl<T: Config> Pallet<T> {
    /// Keys of the subject's own devices, then of those of the guardians whose guardianship holds now; each once.
    pub fn family_keys(subject: &Pseudonym) -> Vec<HpkeKey> {
        let Some(person) = Self::person(subject) else {
            return Vec::new();
        };
        let guardians = person
            .guardians
            .iter()
            .filter(|guardian| Self::holding_guardianship(guardian, subject).is_some())
            .filter_map(Self::person);
        let accounts = core::iter::once(person.clone())
            .chain(guardians)
            .flat_map(|person| person.devices);
        let mut keys = Vec::new();
        for key in accounts.filter_map(|account| Self::device_key(&account)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The card that speaks for a person now.
    pub fn active_card(person: &Pseudonym) -> Option<CardView> {
        let binding = Self::person(person)?.binding?;
        let bound = Bindings::<T>::get(binding)?;
        (bound.state == BindingState::Active).then_some(CardView {
            binding,
            commitment: bound.commitment,
        })
    }

    fn device_key(account: &AccountId) -> Option<HpkeKey> {
        match Devices::<T>::get(account)? {
            Device::Active { hpke, .. } => Some(hpke),
            Device::Retired => None,
        }
    }
}
