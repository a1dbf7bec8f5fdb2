//! Cards bound to people: which one speaks, and what becomes of the others.

use crate::{
    Bindings, Config, Error, Event, Pallet,
    person::{BINDINGS_MAX, Binding, Person},
};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{BindingId, resident::BindingState, seams::Trail as _, trail::TrailFact};

impl<T: Config> Pallet<T> {
    pub(crate) fn binding(id: &BindingId) -> Result<Binding, Error<T>> {
        Bindings::<T>::get(id).ok_or(Error::BindingUnknown)
    }

    pub(crate) fn add_binding(
        mut holder: Person,
        id: BindingId,
        binding: Binding,
    ) -> DispatchResult {
        ensure!(!Bindings::<T>::contains_key(id), Error::<T>::BindingTaken);
        ensure!(holder.bindings < BINDINGS_MAX, Error::<T>::TooManyBindings);
        if let Some(former) = holder.binding.replace(id) {
            Self::replace(former)?;
        }
        holder.bindings = holder.bindings.saturating_add(1);
        Self::put(binding.person, holder);
        Self::set_binding(id, binding, BindingState::Active);
        Ok(())
    }

    pub(crate) fn change_binding(
        id: BindingId,
        binding: Binding,
        to: BindingState,
    ) -> DispatchResult {
        ensure!(
            may_become(binding.state, to),
            Error::<T>::BindingStateNotFit
        );
        Self::set_binding(id, binding, to);
        Ok(())
    }

    fn replace(id: BindingId) -> DispatchResult {
        let former = Self::binding(&id)?;
        if may_become(former.state, BindingState::Replaced) {
            Self::set_binding(id, former, BindingState::Replaced);
        }
        Ok(())
    }

    pub(crate) fn set_binding(id: BindingId, binding: Binding, state: BindingState) {
        let person = binding.person;
        Bindings::<T>::insert(id, Binding { state, ..binding });
        T::Trail::append(
            &person,
            TrailFact::CardBindingChanged { binding: id, state },
        );
        Self::deposit_event(Event::CardBindingChanged {
            person,
            binding: id,
            state,
        });
    }
}

/// R10: the only ways a binding changes.
fn may_become(from: BindingState, to: BindingState) -> bool {
    use BindingState::{Active, Replaced, Revoked, Suspended};
    match (from, to) {
        (Active, Suspended | Replaced | Revoked) | (Suspended, Active | Replaced | Revoked) => true,
        (Active, Active)
        | (Suspended, Suspended)
        | (Replaced | Revoked, Active | Suspended | Replaced | Revoked) => false,
    }
}
