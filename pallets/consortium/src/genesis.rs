//! The founding members: checked with messages that name the entry, then admitted by the same functions as at run time.

use crate::{
    ChainParameters, Config, Deciding, GenesisConfig, Members, Pallet, Seats,
    member::{Capacity, MemberKeys, NODES_MAX, StaffKey, is_role_of},
    proposal::MUNICIPALITIES_MAX,
};
use musubi_primitives::{AccountId, HpkeKey, MemberId, MemberKind, Moment, Role, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A founding member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisMember {
    /// What it is.
    pub kind: MemberKind,
    /// Its keys.
    pub keys: MemberKeys,
    /// Its network nodes.
    pub nodes: Vec<VerifyingKey>,
}

/// A staff or device key that exists from the start. The clock has not started: `until` is not held against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisKey {
    /// The account.
    pub account: AccountId,
    /// For whom it acts.
    pub member: MemberId,
    /// What it may do.
    pub role: Role,
    /// Record keys released to it are wrapped to this.
    pub hpke: HpkeKey,
    /// First moment at which it speaks for nobody.
    pub until: Moment,
}

/// A seat among the first validators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisSeat {
    /// Which municipality.
    pub member: MemberId,
    /// Its consensus key.
    pub key: VerifyingKey,
}

impl<T: Config> GenesisConfig<T> {
    /// Whether this can be the beginning of a consortium.
    ///
    /// # Errors
    /// Names the first entry that cannot be, and what was expected of it.
    pub fn check(&self) -> Result<(), String> {
        self.check_members()?;
        self.check_keys()?;
        self.check_validators()?;
        self.parameters
            .check()
            .map_err(|error| format!("consortium.parameters: {error}"))
    }

    fn check_members(&self) -> Result<(), String> {
        let mut nodes = BTreeSet::new();
        for (at, member) in self.members.iter().enumerate() {
            if member.nodes.len() > usize::try_from(NODES_MAX).unwrap_or(usize::MAX) {
                return Err(format!(
                    "consortium.members[{at}].nodes: at most {NODES_MAX} (C15)"
                ));
            }
            for node in &member.nodes {
                if !nodes.insert(node) {
                    return Err(format!(
                        "consortium.members[{at}].nodes: {node} belongs to another node (C15)"
                    ));
                }
            }
        }
        let municipalities = self
            .members
            .iter()
            .filter(|member| member.kind == MemberKind::Municipality)
            .count();
        if municipalities > usize::try_from(MUNICIPALITIES_MAX).unwrap_or(usize::MAX) {
            return Err(format!(
                "consortium.members: at most {MUNICIPALITIES_MAX} municipalities (C10)"
            ));
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), String> {
        let mut accounts = BTreeSet::new();
        for (at, member) in self.members.iter().enumerate() {
            if !accounts.insert(member.keys.operator) {
                return Err(format!(
                    "consortium.members[{at}].keys.operator: another member has this account (C6)"
                ));
            }
        }
        for (at, key) in self.keys.iter().enumerate() {
            let kind = self
                .kind_of(key.member)
                .ok_or(format!("consortium.keys[{at}]: there is no {}", key.member))?;
            if !is_role_of(kind, key.role) {
                return Err(format!(
                    "consortium.keys[{at}]: {:?} is no role of {kind:?} (C7)",
                    key.role
                ));
            }
            if !accounts.insert(key.account) {
                return Err(format!(
                    "consortium.keys[{at}].account: it stands for somebody already (C6)"
                ));
            }
        }
        Ok(())
    }

    fn check_validators(&self) -> Result<(), String> {
        if self.validators.is_empty() {
            return Err("consortium.validators: at least one (C10)".to_owned());
        }
        let (mut members, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for (at, seat) in self.validators.iter().enumerate() {
            if self.kind_of(seat.member) != Some(MemberKind::Municipality) {
                return Err(format!(
                    "consortium.validators[{at}]: {} is no municipality (C10)",
                    seat.member
                ));
            }
            if !members.insert(seat.member) || !keys.insert(seat.key) {
                return Err(format!(
                    "consortium.validators[{at}]: one seat for each municipality, with a key of its own (C10)"
                ));
            }
        }
        Ok(())
    }

    fn kind_of(&self, id: MemberId) -> Option<MemberKind> {
        self.members
            .get(usize::try_from(id.0).ok()?)
            .map(|member| member.kind)
    }
}

/// Builds the first state; an empty configuration, which FRAME builds in tests of other pallets, leaves a consortium without members.
pub(crate) fn build<T: Config>(config: &GenesisConfig<T>) {
    for member in &config.members {
        let id = Pallet::<T>::admit(member.kind, member.keys)
            .expect("checked: operators are distinct, at most 100 are municipalities");
        for node in &member.nodes {
            Pallet::<T>::add_node(id, *node)
                .expect("checked: nodes are distinct, at most four for each member");
        }
    }
    for key in &config.keys {
        install_key::<T>(key);
    }
    for GenesisSeat { member, key } in &config.validators {
        Pallet::<T>::seat(*member, *key)
            .expect("checked: validators are municipalities with distinct keys");
    }
    ChainParameters::<T>::put(config.parameters);
    Deciding::<T>::put(Seats::<T>::get());
    Pallet::<T>::install_spec(1);
}

fn install_key<T: Config>(key: &GenesisKey) {
    let GenesisKey {
        account,
        member,
        role,
        hpke,
        until,
    } = *key;
    Pallet::<T>::claim_account(
        account,
        Capacity::Staff(StaffKey {
            member,
            role,
            hpke,
            until,
        }),
    )
    .expect("checked: accounts are distinct");
    Members::<T>::mutate(member, |facts| {
        if let Some(facts) = facts {
            facts.staff_keys = facts.staff_keys.saturating_add(1);
        }
    });
}
