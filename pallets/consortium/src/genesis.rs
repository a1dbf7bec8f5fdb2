//! The founding members. The same functions as at run time admit them, so genesis can break no rule.

use crate::{
    ChainParameters, Config, Deciding, GenesisConfig, Pallet, Seats,
    member::{Capacity, MemberKeys, StaffKey, is_role_of},
};
use musubi_primitives::{AccountId, HpkeKey, MemberId, MemberKind, Moment, Role, VerifyingKey};
use serde::{Deserialize, Serialize};

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

/// Builds the first state. A genesis that breaks a rule stops the node before it has a chain: it panics with what is wrong.
pub(crate) fn build<T: Config>(config: &GenesisConfig<T>) {
    for member in &config.members {
        let id = Pallet::<T>::admit(member.kind, member.keys)
            .expect("genesis members have distinct operators, at most 100 are municipalities");
        for node in &member.nodes {
            Pallet::<T>::add_node(id, *node)
                .expect("genesis members have at most four nodes each, all distinct");
        }
    }
    for key in &config.keys {
        install_key::<T>(key);
    }
    for GenesisSeat { member, key } in &config.validators {
        Pallet::<T>::seat(*member, *key)
            .expect("genesis validators are municipalities with distinct keys");
    }
    config
        .parameters
        .check()
        .expect("genesis parameters are within their bounds");
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
    let kind = Pallet::<T>::active_member(member)
        .expect("genesis keys act for genesis members")
        .kind;
    assert!(
        is_role_of(kind, role),
        "genesis key {account}: {role:?} is no role of {kind:?} (C7)"
    );
    Pallet::<T>::claim_account(
        account,
        Capacity::Staff(StaffKey {
            member,
            role,
            hpke,
            until,
        }),
    )
    .expect("genesis accounts are distinct");
    crate::Members::<T>::mutate(member, |facts| {
        if let Some(facts) = facts {
            facts.staff_keys = facts.staff_keys.saturating_add(1);
        }
    });
}
