//! The trail: one row for every fact about a subject, each bound to the row before it.
//!
//! State keeps per subject only a [`TrailHead`] (count and last hash). The rows themselves are events of their block, and the block's
//! anchor commits to them. So a client that holds rows `0 .. count` recomputes the head and knows that none is missing, and a single
//! old row is proved by the anchor of its block, even after the block's state was pruned.

use crate::{
    access::{Basis, BreakGlassReason, DenialReason},
    commitment::{Commitment, hash_parts},
    consent::{Ending, Purpose},
    domain,
    id::{BindingId, ConsentId, Moment, Pseudonym, RecordId, RequestId, SessionId},
    member::{MemberId, Role},
    mountain_range::{NodeHash, leaf_hash},
    record::{Category, CategorySet, OverrideReason, VerdictCode},
    resident::BindingState,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Whose trail keeps the denials of requests for people that nobody here knows: one bounded head, whatever is asked for.
pub const NOBODY: Pseudonym = Pseudonym([0; 32]);

/// What happened. Variants are facts in the past tense; numbers are part of the wire format and never reused.
#[derive(
    Clone,
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
#[serde(rename_all = "kebab-case")]
pub enum TrailFact {
    /// The subject was enrolled by its home municipality.
    #[codec(index = 0)]
    Enrolled {
        /// Home municipality.
        home: MemberId,
    },
    /// A guardianship was attested, changed or ended.
    #[codec(index = 1)]
    GuardianshipAttested {
        /// The guardian.
        guardian: Pseudonym,
        /// First moment it no longer holds.
        until: Moment,
    },
    /// A card was bound, replaced, suspended or revoked.
    #[codec(index = 2)]
    CardBindingChanged {
        /// Which binding.
        binding: BindingId,
        /// Its new state.
        state: BindingState,
    },
    /// The subject's records were frozen or unfrozen.
    #[codec(index = 3)]
    FreezeSwitched {
        /// Whether frozen now.
        frozen: bool,
    },
    /// The subject moved: a new home municipality has the care.
    #[codec(index = 4)]
    HandedOver {
        /// From.
        from: MemberId,
        /// To.
        to: MemberId,
    },
    /// A consent was asked for.
    #[codec(index = 5)]
    ConsentProposed {
        /// Which.
        consent: ConsentId,
        /// For whom.
        recipient: MemberId,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
    },
    /// An attester vouched for a consent's signature.
    #[codec(index = 6)]
    ConsentAttested {
        /// Which.
        consent: ConsentId,
        /// Who vouched.
        attester: MemberId,
    },
    /// A consent came into force.
    #[codec(index = 7)]
    ConsentEffective {
        /// Which.
        consent: ConsentId,
    },
    /// A consent was paused by an objection, or resumed.
    #[codec(index = 8)]
    ConsentPaused {
        /// Which.
        consent: ConsentId,
        /// Whether paused now.
        paused: bool,
    },
    /// A consent ended.
    #[codec(index = 9)]
    ConsentEnded {
        /// Which.
        consent: ConsentId,
        /// How.
        ending: Ending,
    },
    /// A card touch opened a visit.
    #[codec(index = 10)]
    SessionOpened {
        /// Which.
        session: SessionId,
        /// Where: the member, never a place.
        member: MemberId,
        /// Under which consent.
        consent: ConsentId,
    },
    /// A record was committed.
    #[codec(index = 11)]
    RecordCommitted {
        /// Which.
        record: RecordId,
        /// Its class.
        category: Category,
        /// Who wrote it.
        author: MemberId,
    },
    /// Two holders have the record.
    #[codec(index = 12)]
    RecordStored {
        /// Which.
        record: RecordId,
    },
    /// A record replaced an older one.
    #[codec(index = 13)]
    RecordSuperseded {
        /// The older one.
        record: RecordId,
        /// The newer one.
        by: RecordId,
    },
    /// A record was entered in error.
    #[codec(index = 14)]
    RecordEnteredInError {
        /// Which.
        record: RecordId,
    },
    /// A holder destroyed its copy of the keys and ciphertext.
    #[codec(index = 15)]
    RecordErased {
        /// Which.
        record: RecordId,
        /// By whom.
        holder: MemberId,
    },
    /// An access was permitted.
    #[codec(index = 16)]
    AccessPermitted {
        /// Which request.
        request: RequestId,
        /// Which member asked.
        member: MemberId,
        /// In which role.
        role: Role,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
        /// On what basis.
        basis: Basis,
    },
    /// An access was denied.
    #[codec(index = 17)]
    AccessDenied {
        /// Which request.
        request: RequestId,
        /// Which member asked.
        member: MemberId,
        /// In which role.
        role: Role,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
        /// Why not.
        reason: DenialReason,
    },
    /// A custodian released against a ticket.
    #[codec(index = 18)]
    Delivered {
        /// The ticket's request.
        request: RequestId,
        /// Which record.
        record: RecordId,
        /// Who released it.
        custodian: MemberId,
    },
    /// Break-glass was opened.
    #[codec(index = 19)]
    BreakGlassOpened {
        /// Which.
        request: RequestId,
        /// By whom.
        member: MemberId,
        /// Why.
        reason: BreakGlassReason,
    },
    /// Break-glass was closed, by hand or by time.
    #[codec(index = 20)]
    BreakGlassClosed {
        /// Which.
        request: RequestId,
    },
    /// A second person reviewed it.
    #[codec(index = 21)]
    BreakGlassReviewed {
        /// Which.
        request: RequestId,
        /// Whether it was found justified.
        justified: bool,
    },
    /// Nobody reviewed it in time.
    #[codec(index = 22)]
    BreakGlassReviewOverdue {
        /// Which.
        request: RequestId,
    },
    /// An attester found that a consent does not equal what was signed.
    #[codec(index = 23)]
    AttestationDisagreed {
        /// Which.
        consent: ConsentId,
        /// Who disagreed.
        attester: MemberId,
    },
    /// The schedule engine was asked before a dose.
    #[codec(index = 24)]
    ScheduleChecked {
        /// Salted commitment to what went in.
        inputs: Commitment,
        /// Version of the rules.
        rule_set: u32,
        /// What it found.
        verdict: VerdictCode,
        /// Why a physician went on nevertheless.
        override_reason: Option<OverrideReason>,
    },
    /// The pseudonym went out of use; whatever follows it is not named.
    #[codec(index = 25)]
    Retired,
    /// A municipality of stay became, or ceased to be, temporary custodian.
    #[codec(index = 26)]
    CustodyEntrusted {
        /// The municipality of stay.
        custodian: MemberId,
        /// First moment it is not custodian any more.
        until: Moment,
    },
}

/// One row of a subject's trail.
#[derive(
    Clone,
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
pub struct TrailRow {
    /// Whose trail.
    pub subject: Pseudonym,
    /// Number of the row within it, from 0.
    pub index: u64,
    /// Time of the block.
    pub at: Moment,
    /// What happened.
    pub fact: TrailFact,
}

/// Count and last hash of a subject's trail.
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
pub struct TrailHead {
    /// Number of rows.
    pub count: u64,
    /// Hash that binds all of them in order.
    pub hash: NodeHash,
}

impl TrailHead {
    /// The head of a trail without rows.
    pub fn start(subject: &Pseudonym) -> Self {
        Self {
            count: 0,
            hash: hash_parts(&[domain::TRAIL_START, &subject.0]),
        }
    }

    /// The head after `row`; `None` unless the row carries the next number.
    #[must_use]
    pub fn after(&self, row: &TrailRow) -> Option<Self> {
        let count = self.count.checked_add(1)?;
        (row.index == self.count).then(|| Self {
            count,
            hash: hash_parts(&[domain::TRAIL_ROW, &self.hash, &row.encode()]),
        })
    }
}

impl TrailRow {
    /// The leaf that stands for this row in its block's trail root.
    pub fn leaf(&self) -> NodeHash {
        leaf_hash(&self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(index: u64) -> TrailRow {
        TrailRow {
            subject: Pseudonym([1; 32]),
            index,
            at: 5,
            fact: TrailFact::FreezeSwitched {
                frozen: index.is_multiple_of(2),
            },
        }
    }

    #[test]
    fn a_missing_or_swapped_row_changes_the_head() {
        let start = TrailHead::start(&Pseudonym([1; 32]));
        let full = start.after(&row(0)).and_then(|head| head.after(&row(1)));
        assert!(full.is_some());
        assert_eq!(start.after(&row(1)), None);
        let forged = start
            .after(&TrailRow { at: 6, ..row(0) })
            .and_then(|head| head.after(&row(1)));
        assert_ne!(full, forged);
    }
}
