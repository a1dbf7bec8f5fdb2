//! What municipalities vote on, and how votes are counted.

use crate::member::MemberKeys;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::{
    MemberId, MemberKind, Moment, VerifyingKey, finality::VALIDATORS_MAX, parameter::Parameters,
};
use scale_info::TypeInfo;

/// The most municipalities a consortium may have: each may validate, and each may vote.
pub const MUNICIPALITIES_MAX: u32 = VALIDATORS_MAX;
/// The most proposals open at once.
pub const OPEN_MAX: u32 = 64;
/// The most proposals one municipality may have open at once.
pub const OPEN_PER_MEMBER_MAX: u32 = 8;
/// How long a proposal waits for votes: seven days.
pub const PROPOSAL_LIFE: Moment = 7 * 24 * 60 * 60 * 1_000;

/// Number of a proposal, in the order of proposing; never reused.
pub type ProposalId = u32;

/// What is to be done once enough municipalities approve.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
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

/// One municipality's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Vote {
    /// Who votes.
    pub by: MemberId,
    /// Yes or no.
    pub approve: bool,
}

/// An open proposal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Proposal {
    /// What is to be done.
    pub action: Action,
    /// Who proposed it.
    pub by: MemberId,
    /// First moment at which nobody can vote on it any more.
    pub expires: Moment,
    /// The votes so far, one for each municipality.
    pub votes: BoundedVec<Vote, ConstU32<MUNICIPALITIES_MAX>>,
}

/// Where the count stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// More than two thirds approve.
    Passed,
    /// So many refuse that two thirds are out of reach.
    Rejected,
    /// Votes are missing.
    Open,
}

/// Counts votes of `voters`, the municipalities in good standing (C2, C3, C4).
pub fn tally(votes: &[Vote], voters: &[MemberId]) -> Tally {
    let count = |approve: bool| {
        votes
            .iter()
            .filter(|vote| vote.approve == approve && voters.contains(&vote.by))
            .count()
    };
    let all = voters.len();
    if is_quorum(count(true), all) {
        Tally::Passed
    } else if !is_quorum(all.saturating_sub(count(false)), all) {
        Tally::Rejected
    } else {
        Tally::Open
    }
}

/// Whether `yes` of `all` is more than two thirds.
fn is_quorum(yes: usize, all: usize) -> bool {
    yes.saturating_mul(3) > all.saturating_mul(2)
}
