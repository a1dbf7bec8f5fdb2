//! Members, their keys, and which roles a kind of member may give to its staff and devices.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, Moment, Role, VerifyingKey, seams::MemberFacts,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The most network nodes one member may run.
pub const NODES_MAX: u32 = 4;
/// The most staff and device keys one member may have.
pub const STAFF_KEYS_MAX: u32 = 1_000;
/// The longest a staff or device key lives before somebody looks at it again: two years.
pub const STAFF_KEY_LIFE_MAX: Moment = 2 * 366 * 24 * 60 * 60 * 1_000;

/// The keys by which a member is known.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct MemberKeys {
    /// The account that acts for the member itself: votes, registers staff keys and nodes.
    pub operator: AccountId,
    /// Signs receipts and acknowledgements.
    pub verifier: VerifyingKey,
    /// Records and evidence for the member are sealed to it.
    pub hpke: HpkeKey,
}

/// Where a member stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Standing {
    /// In good standing.
    #[codec(index = 0)]
    Active,
    /// Its keys speak for nobody until it is reinstated.
    #[codec(index = 1)]
    Suspended,
    /// Has left, for ever.
    #[codec(index = 2)]
    Removed,
}

/// An admitted organisation. Names and addresses are kept off chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Member {
    /// What it is.
    pub kind: MemberKind,
    /// Where it stands.
    pub standing: Standing,
    /// Its keys.
    pub keys: MemberKeys,
    /// Ed25519 keys of its nodes in the network.
    pub nodes: BoundedVec<VerifyingKey, ConstU32<NODES_MAX>>,
    /// How many staff and device keys it has.
    pub staff_keys: u32,
}

impl Member {
    /// A newly admitted member.
    pub fn admitted(kind: MemberKind, keys: MemberKeys) -> Self {
        Self {
            kind,
            standing: Standing::Active,
            keys,
            nodes: BoundedVec::new(),
            staff_keys: 0,
        }
    }

    /// Whether it is in good standing.
    pub fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }

    /// What other pallets may know of it.
    pub fn facts(&self) -> MemberFacts {
        let MemberKeys {
            operator,
            verifier,
            hpke,
        } = self.keys;
        MemberFacts {
            kind: self.kind,
            operator,
            verifier,
            hpke,
        }
    }
}

/// A key of a member of staff or of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct StaffKey {
    /// For whom it acts.
    pub member: MemberId,
    /// What it may do.
    pub role: Role,
    /// Record keys released to it are wrapped to this.
    pub hpke: HpkeKey,
    /// First moment at which it speaks for nobody.
    pub until: Moment,
}

/// What an account stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Capacity {
    /// A member's operator account.
    #[codec(index = 0)]
    Operator(MemberId),
    /// A staff or device key.
    #[codec(index = 1)]
    Staff(StaffKey),
    /// Withdrawn or rotated away; the account never comes back (C6).
    #[codec(index = 2)]
    Retired,
}

/// Whether a member of this kind may give this role to a staff or device key (C7).
pub fn is_role_of(kind: MemberKind, role: Role) -> bool {
    roles_of(kind).contains(&role)
}

fn roles_of(kind: MemberKind) -> &'static [Role] {
    use Role::{
        Auditor, Clerk, Crew, Dispatcher, Doctor, Gateway, Nurse, Officer, Reviewer, Terminal,
        Vault,
    };
    match kind {
        MemberKind::Municipality => &[
            Officer, Nurse, Doctor, Clerk, Reviewer, Auditor, Gateway, Vault, Terminal,
        ],
        MemberKind::Clinic => &[Doctor, Nurse, Clerk, Reviewer, Gateway, Vault, Terminal],
        MemberKind::FireService => &[Crew, Dispatcher, Reviewer, Gateway, Vault, Terminal],
        MemberKind::Shop | MemberKind::Facility => &[Clerk, Gateway, Terminal],
        MemberKind::ServiceCompany => &[Clerk, Gateway, Vault, Terminal],
        MemberKind::Vehicle => &[Doctor, Nurse, Clerk, Crew, Gateway, Vault, Terminal],
        MemberKind::Auditor => &[Auditor, Reviewer, Gateway, Vault],
    }
}
