//! What a passed proposal does. Each function checks its rules itself, since the state may have changed since the proposal was made.

use crate::{
    Accounts, ChainParameters, Config, Error, Event, Members, Municipalities, NextMember, NextSpec,
    Nodes, Pallet, Seats,
    member::{Capacity, Member, MemberKeys, Standing},
    proposal::Action,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use musubi_primitives::{
    AccountId, MemberId, MemberKind, VerifyingKey,
    finality::Validator,
    parameter::{Parameters, ScheduledSpec},
};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
    pub(crate) fn enact(action: Action) -> DispatchResult {
        match action {
            Action::Admit { kind, keys } => Self::admit(kind, keys).map(|_| ()),
            Action::Suspend(member) => Self::suspend(member),
            Action::Reinstate(member) => Self::reinstate(member),
            Action::Remove(member) => Self::remove(member),
            Action::RotateKeys { member, keys } => Self::rotate(member, keys),
            Action::ChangeParameters(parameters) => Self::change_parameters(parameters),
            Action::AddValidator { member, key } => Self::seat(member, key),
            Action::DropValidator(member) => Self::unseat(member),
            Action::ScheduleSpec { spec, height } => Self::schedule_spec(spec, height),
            Action::CancelSpec => Self::cancel_spec(),
        }
    }

    pub(crate) fn admit(
        kind: MemberKind,
        keys: MemberKeys,
    ) -> Result<MemberId, sp_runtime::DispatchError> {
        let id = NextMember::<T>::get();
        NextMember::<T>::put(MemberId(
            id.0.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?,
        ));
        Self::claim_account(keys.operator, Capacity::Operator(id))?;
        Members::<T>::insert(id, Member::admitted(kind, keys));
        if kind == MemberKind::Municipality {
            Self::enfranchise(id)?;
        }
        Self::deposit_event(Event::MemberAdmitted { member: id, kind });
        Ok(id)
    }

    fn suspend(id: MemberId) -> DispatchResult {
        Self::change_standing(id, Standing::Suspended, |now| now == Standing::Active)?;
        Self::disenfranchise(id)
    }

    fn reinstate(id: MemberId) -> DispatchResult {
        let member = Self::change_standing(id, Standing::Active, |now| now == Standing::Suspended)?;
        if member.kind == MemberKind::Municipality {
            Self::enfranchise(id)?;
        }
        Ok(())
    }

    fn remove(id: MemberId) -> DispatchResult {
        let member = Self::change_standing(id, Standing::Removed, |now| now != Standing::Removed)?;
        Self::retire_account(member.keys.operator);
        member.nodes.iter().for_each(Nodes::<T>::remove);
        Self::disenfranchise(id)
    }

    fn change_standing(
        id: MemberId,
        to: Standing,
        allowed_from: impl Fn(Standing) -> bool,
    ) -> Result<Member, Error<T>> {
        let mut member = Members::<T>::get(id).ok_or(Error::MemberUnknown)?;
        ensure!(allowed_from(member.standing), Error::StandingNotFit);
        member.standing = to;
        Members::<T>::insert(id, &member);
        Self::deposit_event(Event::StandingChanged {
            member: id,
            standing: to,
        });
        Ok(member)
    }

    fn rotate(id: MemberId, keys: MemberKeys) -> DispatchResult {
        let mut member = Members::<T>::get(id).ok_or(Error::<T>::MemberUnknown)?;
        ensure!(
            member.standing != Standing::Removed,
            Error::<T>::StandingNotFit
        );
        if member.keys.operator != keys.operator {
            Self::retire_account(member.keys.operator);
            Self::claim_account(keys.operator, Capacity::Operator(id))?;
        }
        member.keys = keys;
        Members::<T>::insert(id, member);
        Self::deposit_event(Event::KeysRotated { member: id });
        Ok(())
    }

    fn change_parameters(parameters: Parameters) -> DispatchResult {
        parameters
            .check()
            .map_err(|_| Error::<T>::ParameterOutOfBounds)?;
        ChainParameters::<T>::put(parameters);
        Self::deposit_event(Event::ParametersChanged { parameters });
        Ok(())
    }

    fn schedule_spec(spec: u32, height: u32) -> DispatchResult {
        ensure!(
            NextSpec::<T>::get().is_none(),
            Error::<T>::SpecScheduleNotFit
        );
        ensure!(spec > Self::spec_status().active, Error::<T>::SpecNotNewer);
        let now = frame_system::Pallet::<T>::block_number().saturated_into::<u32>();
        ensure!(
            height >= now.saturating_add(T::SpecNotice::get()),
            Error::<T>::SpecTooSoon
        );
        NextSpec::<T>::put(ScheduledSpec { spec, height });
        Self::deposit_event(Event::SpecScheduled { spec, height });
        Ok(())
    }

    fn cancel_spec() -> DispatchResult {
        let ScheduledSpec { spec, .. } =
            NextSpec::<T>::take().ok_or(Error::<T>::SpecScheduleNotFit)?;
        Self::deposit_event(Event::SpecCancelled { spec });
        Ok(())
    }

    /// C10: gives a municipality its seat, or its seat another key.
    pub(crate) fn seat(id: MemberId, key: VerifyingKey) -> DispatchResult {
        let member = Self::active_member(id).ok_or(Error::<T>::MemberUnknown)?;
        ensure!(
            member.kind == MemberKind::Municipality,
            Error::<T>::NotMunicipality
        );
        let mut seats = Seats::<T>::get();
        ensure!(
            seats.iter().all(|seat| seat.key != key),
            Error::<T>::ValidatorKeyTaken
        );
        seats.retain(|seat| seat.member != id);
        seats
            .try_push(Validator {
                key,
                member: id,
                power: 1,
            })
            .map_err(|_| Error::<T>::TooManyMunicipalities)?;
        seats.sort();
        Self::deposit_event(Event::ValidatorsChanged {
            validators: seats.len().saturated_into(),
        });
        Seats::<T>::put(seats);
        Ok(())
    }

    fn unseat(id: MemberId) -> DispatchResult {
        let mut seats = Seats::<T>::get();
        ensure!(
            seats.iter().any(|seat| seat.member == id),
            Error::<T>::NoSeat
        );
        seats.retain(|seat| seat.member != id);
        ensure!(!seats.is_empty(), Error::<T>::LastValidator);
        Self::deposit_event(Event::ValidatorsChanged {
            validators: seats.len().saturated_into(),
        });
        Seats::<T>::put(seats);
        Ok(())
    }

    fn enfranchise(id: MemberId) -> DispatchResult {
        Municipalities::<T>::try_append(id).map_err(|()| Error::<T>::TooManyMunicipalities.into())
    }

    /// Takes vote and seat from a member that lost its good standing.
    fn disenfranchise(id: MemberId) -> DispatchResult {
        Municipalities::<T>::mutate(|voters| voters.retain(|voter| *voter != id));
        match Self::unseat(id) {
            Err(error) if error == Error::<T>::NoSeat.into() => Ok(()),
            outcome => outcome,
        }
    }

    /// C6: gives a fresh account its one capacity, and the right to send transactions.
    pub(crate) fn claim_account(account: AccountId, capacity: Capacity) -> DispatchResult {
        ensure!(
            !Accounts::<T>::contains_key(account),
            Error::<T>::AccountTaken
        );
        Accounts::<T>::insert(account, capacity);
        frame_system::Pallet::<T>::inc_providers(&account.0.into());
        Ok(())
    }

    /// C6: an account that acted once never acts again. Its nonce may go with it: nothing it signed can ever be replayed.
    pub(crate) fn retire_account(account: AccountId) {
        Accounts::<T>::insert(account, Capacity::Retired);
        // A consumer reference would keep the account alive; it then lingers without a capacity, which is harmless.
        let _kept = frame_system::Pallet::<T>::dec_providers(&account.0.into());
    }
}
