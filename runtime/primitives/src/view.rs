//! Views: what the runtime tells nodes and clients about one thing, gathered from state for one answer.

use crate::{
    access::Decision,
    commitment::Commitment,
    consent::{ConsentState, Terms},
    id::{AccountId, BindingId, CiphertextHash, HpkeKey, Moment, Pseudonym, RecordId},
    member::MemberId,
    record::{Category, OverrideReason, RecordState, VerdictCode},
};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::Serialize;

/// A record, as a holder or a reader needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordView {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// The member that wrote it.
    pub author: MemberId,
    /// The home municipality when it was written.
    pub home: MemberId,
    /// Salted commitment to its canonical bytes.
    pub commitment: Commitment,
    /// Address of its ciphertext.
    pub ciphertext: CiphertextHash,
    /// Where it stands.
    pub state: RecordState,
    /// Who keeps it, in the order of acknowledgement.
    pub holders: Vec<MemberId>,
    /// The newer record in its place.
    pub superseded_by: Option<RecordId>,
    /// Whether it should not have been written.
    pub in_error: bool,
}

impl RecordView {
    /// Whether it counts no longer: another stands in its place, or it should not have been written. Its bytes may be there all the same.
    pub fn is_void(&self) -> bool {
        self.in_error || self.superseded_by.is_some()
    }

    /// Whether it still says something: neither void nor erased.
    pub fn stands(&self) -> bool {
        self.state != RecordState::Erased && !self.is_void()
    }
}

/// Rules of the schedule check that apply now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleSetView {
    /// Their version on the chain.
    pub version: u32,
    /// SHA-256 of their text.
    pub hash: [u8; 32],
}

/// What the schedule check found, as the chain has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerdictView {
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
}

/// A consent as it reads now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentView {
    /// What it allows.
    pub terms: Terms,
    /// Its state; one whose time is over reads as expired.
    pub state: ConsentState,
    /// First moment it no longer holds.
    pub until: Moment,
}

/// Whom a decided request concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct RequestView {
    /// About whom it asked.
    pub subject: Pseudonym,
    /// The member that asked.
    pub member: MemberId,
    /// What was decided.
    pub decision: Decision,
}

/// A visit that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SessionView {
    /// Whose visit.
    pub subject: Pseudonym,
    /// Where.
    pub member: MemberId,
    /// Commitment to the check-in that opened it.
    pub evidence: Commitment,
    /// First moment it is over.
    pub until: Moment,
}

/// The keys that a new record about somebody is sealed to, beside its author's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SealingKeys {
    /// The home municipality.
    pub home: MemberId,
    /// Its key.
    pub home_key: HpkeKey,
    /// The keys of the person's own devices and of those of the guardians who may decide now.
    pub family: Vec<HpkeKey>,
}

/// The card that speaks for a person now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardView {
    /// Which binding.
    pub binding: BindingId,
    /// Salted commitment to person and certificate.
    pub commitment: Commitment,
}
