//! Staff and device keys, and the keys of network nodes: each member's own affair, through its operator.

use crate::{
    Accounts, Config, Error, Event, Members, Nodes, Pallet, account_of,
    member::{Capacity, Member, STAFF_KEY_LIFE_MAX, STAFF_KEYS_MAX, StaffKey, is_role_of},
};
use frame_support::{dispatch::DispatchResult, ensure};
use musubi_primitives::{AccountId, HpkeKey, MemberId, Moment, Role, VerifyingKey};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
    /// C7: the member in good standing that this account operates.
    pub(crate) fn operated(account: &AccountId32) -> Result<MemberId, Error<T>> {
        Self::actor_of(&account_of(account))
            .filter(|actor| actor.role == Role::Operator)
            .map(|actor| actor.member)
            .ok_or(Error::NotOperator)
    }

    pub(crate) fn add_key(
        member: MemberId,
        account: AccountId,
        role: Role,
        hpke: HpkeKey,
        until: Moment,
    ) -> DispatchResult {
        Self::ensure_life(until)?;
        Self::change_member(member, |facts| {
            ensure!(is_role_of(facts.kind, role), Error::<T>::RoleNotOfKind);
            ensure!(facts.staff_keys < STAFF_KEYS_MAX, Error::<T>::TooManyKeys);
            facts.staff_keys = facts.staff_keys.saturating_add(1);
            Ok(())
        })?;
        Self::claim_account(
            account,
            Capacity::Staff(StaffKey {
                member,
                role,
                hpke,
                until,
            }),
        )?;
        Self::deposit_event(Event::KeyRegistered {
            member,
            account,
            role,
            until,
        });
        Ok(())
    }

    pub(crate) fn move_expiry(
        member: MemberId,
        account: AccountId,
        until: Moment,
    ) -> DispatchResult {
        Self::ensure_life(until)?;
        let key = Self::staff_key(member, &account)?;
        Accounts::<T>::insert(account, Capacity::Staff(StaffKey { until, ..key }));
        Self::deposit_event(Event::KeyExtended { account, until });
        Ok(())
    }

    pub(crate) fn drop_key(member: MemberId, account: AccountId) -> DispatchResult {
        Self::staff_key(member, &account)?;
        Self::retire_account(account);
        Self::change_member(member, |facts| {
            facts.staff_keys = facts.staff_keys.saturating_sub(1);
            Ok(())
        })?;
        Self::deposit_event(Event::KeyWithdrawn { member, account });
        Ok(())
    }

    pub(crate) fn add_node(member: MemberId, node: VerifyingKey) -> DispatchResult {
        ensure!(!Nodes::<T>::contains_key(node), Error::<T>::NodeTaken);
        Self::change_member(member, |facts| {
            facts
                .nodes
                .try_push(node)
                .map_err(|_| Error::<T>::TooManyNodes)
        })?;
        Nodes::<T>::insert(node, member);
        Self::deposit_event(Event::NodeRegistered { member, node });
        Ok(())
    }

    pub(crate) fn drop_node(member: MemberId, node: VerifyingKey) -> DispatchResult {
        ensure!(
            Nodes::<T>::get(node) == Some(member),
            Error::<T>::NodeUnknown
        );
        Self::change_member(member, |facts| {
            facts.nodes.retain(|other| *other != node);
            Ok(())
        })?;
        Nodes::<T>::remove(node);
        Self::deposit_event(Event::NodeWithdrawn { member, node });
        Ok(())
    }

    fn staff_key(member: MemberId, account: &AccountId) -> Result<StaffKey, Error<T>> {
        match Accounts::<T>::get(account) {
            Some(Capacity::Staff(key)) if key.member == member => Ok(key),
            Some(Capacity::Staff(_) | Capacity::Operator(_) | Capacity::Retired) | None => {
                Err(Error::KeyUnknown)
            }
        }
    }

    fn change_member(
        id: MemberId,
        change: impl FnOnce(&mut Member) -> Result<(), Error<T>>,
    ) -> Result<(), Error<T>> {
        let mut member = Members::<T>::get(id).ok_or(Error::MemberUnknown)?;
        change(&mut member)?;
        Members::<T>::insert(id, member);
        Ok(())
    }

    /// C8: in the future, and not further than two years.
    fn ensure_life(until: Moment) -> Result<(), Error<T>> {
        let now = Self::time();
        ensure!(
            now < until && until <= now.saturating_add(STAFF_KEY_LIFE_MAX),
            Error::KeyLifeOutOfBounds
        );
        Ok(())
    }
}
