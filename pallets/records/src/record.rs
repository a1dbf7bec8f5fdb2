//! What is stored of a record, of a rule set and of a verdict.

use crate::HOLDERS_MAX;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::{
    AccountId, Category, CiphertextHash, Commitment, MemberId, Moment, OverrideReason, Pseudonym,
    RecordId, RecordState, VerdictCode,
};
use scale_info::TypeInfo;

/// A record as the chain knows it.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Record {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// The member that wrote it.
    pub author: MemberId,
    /// The account that wrote it.
    pub writer: AccountId,
    /// The home municipality when it was written; its data key is wrapped to it.
    pub home: MemberId,
    /// Salted commitment to its canonical bytes.
    pub commitment: Commitment,
    /// Hash of its ciphertext.
    pub ciphertext: CiphertextHash,
    /// Time of the block that committed it.
    pub committed_at: Moment,
    /// Where it stands.
    pub state: RecordState,
    /// Who keeps it, in the order of acknowledgement.
    pub holders: BoundedVec<Holder, ConstU32<HOLDERS_MAX>>,
    /// The newer record in its place.
    pub superseded_by: Option<RecordId>,
    /// Whether it should not have been written.
    pub in_error: bool,
}

/// A member that keeps a record.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Holder {
    /// Which member.
    pub member: MemberId,
    /// Commitment to its erasure receipt, once it has destroyed keys and ciphertext.
    pub erased: Option<Commitment>,
}

impl Record {
    pub(crate) fn is_held_by(&self, member: MemberId) -> bool {
        self.holders.iter().any(|holder| holder.member == member)
    }

    /// D4: the author and the home municipality hold by right; others only stand in.
    pub(crate) fn holds_by_right(&self, member: MemberId) -> bool {
        member == self.author || member == self.home
    }

    /// D4: two members, one of them by right.
    pub(crate) fn is_held_twice(&self) -> bool {
        1 < self.holders.len()
            && self
                .holders
                .iter()
                .any(|holder| self.holds_by_right(holder.member))
    }
}

/// Rules of the schedule check, by hash.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RuleSet {
    /// SHA-256 of the canonical bytes.
    pub hash: [u8; 32],
    /// The municipality that published it.
    pub publisher: MemberId,
    /// From when the rules apply.
    pub effective_from: Moment,
}

/// What the schedule check found.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Verdict {
    /// About whom.
    pub subject: Pseudonym,
    /// By which rules.
    pub rule_set: u32,
    /// What.
    pub verdict: VerdictCode,
    /// Why a doctor went on nevertheless.
    pub override_reason: Option<OverrideReason>,
    /// The member that asked.
    pub member: MemberId,
    /// The account that asked.
    pub judge: AccountId,
    /// Time of the block.
    pub at: Moment,
}
