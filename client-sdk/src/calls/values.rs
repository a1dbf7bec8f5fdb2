//! What some calls carry and no other layer shares: encoded as the pallets do, which `tests/vectors` checks.

use codec::Encode;
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, VerifyingKey, parameter::Parameters,
};

/// A device by which a person acts and to which record keys for the person are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub struct DeviceKeys {
    /// Signs transactions.
    pub account: AccountId,
    /// Record keys are wrapped to it.
    pub hpke: HpkeKey,
}

/// A member's own keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub struct MemberKeys {
    /// Votes, and registers staff keys and nodes.
    pub operator: AccountId,
    /// Signs receipts and acknowledgements.
    pub verifier: VerifyingKey,
    /// Records and evidence for the member are sealed to it.
    pub hpke: HpkeKey,
}

/// What municipalities propose and vote on.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum Action {
    /// Admit an organisation.
    #[codec(index = 0)]
    Admit {
        /// What it is.
        kind: MemberKind,
        /// Its keys.
        keys: MemberKeys,
    },
    /// Silence a member until it is reinstated.
    #[codec(index = 1)]
    Suspend(MemberId),
    /// Let a suspended member speak again.
    #[codec(index = 2)]
    Reinstate(MemberId),
    /// Remove a member for ever.
    #[codec(index = 3)]
    Remove(MemberId),
    /// Replace a member's keys.
    #[codec(index = 4)]
    RotateKeys {
        /// Whose.
        member: MemberId,
        /// The new ones.
        keys: MemberKeys,
    },
    /// Change the pace of the chain or the life of tickets.
    #[codec(index = 5)]
    ChangeParameters(Parameters),
    /// Give a municipality a seat among the validators, or a new consensus key.
    #[codec(index = 6)]
    AddValidator {
        /// Which municipality.
        member: MemberId,
        /// Its consensus key.
        key: VerifyingKey,
    },
    /// Take a municipality's seat away.
    #[codec(index = 7)]
    DropValidator(MemberId),
    /// Switch to another specification of the runtime.
    #[codec(index = 8)]
    ScheduleSpec {
        /// Which.
        spec: u32,
        /// The first height that executes under it.
        height: u32,
    },
    /// Call the scheduled switch off.
    #[codec(index = 9)]
    CancelSpec,
}
