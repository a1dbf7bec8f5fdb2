//! The seams between pallets: what one pallet may ask of another. The runtime wires them; no pallet depends on another pallet.
//!
//! All answers are as of the state and the block time at the moment of the call.

use crate::{
    access::DenialReason,
    consent::{ConsentState, Purpose},
    finality::ValidatorSet,
    id::{AccountId, ConsentId, HpkeKey, Moment, Pseudonym, RecordId, VerifyingKey},
    member::{MemberId, MemberKind, Role},
    record::{Category, CategorySet, RecordState},
    resident::Authority,
    trail::TrailFact,
};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Who stands behind an account that acts for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Actor {
    /// The member it acts for.
    pub member: MemberId,
    /// The member's kind.
    pub kind: MemberKind,
    /// The key's role.
    pub role: Role,
}

/// Keys and kind of a member in good standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MemberFacts {
    /// Its kind.
    pub kind: MemberKind,
    /// Its operator account.
    pub operator: AccountId,
    /// The key that signs its receipts and acknowledgements.
    pub verifier: VerifyingKey,
    /// The key that records and evidence for it are sealed to.
    pub hpke: HpkeKey,
}

/// `pallet-consortium` seen by the others.
pub trait Consortium {
    /// The active member and role behind an account; `None` for strangers, expired or withdrawn keys and suspended members.
    fn actor(account: &AccountId) -> Option<Actor>;
    /// The member and role behind an account on record, even if its key has expired or its member is suspended: so that a denial can
    /// name them. Never entitles to anything.
    fn actor_on_record(account: &AccountId) -> Option<Actor> {
        Self::actor(account)
    }
    /// A member in good standing.
    fn member(id: MemberId) -> Option<MemberFacts>;
    /// The key that a ticket's records are re-wrapped to: the account's own device key if it has one, else its member's.
    fn sealing_key(account: &AccountId) -> Option<HpkeKey> {
        Self::actor(account)
            .and_then(|actor| Self::member(actor.member))
            .map(|member| member.hpke)
    }
    /// The validators that decide the block after next.
    fn next_validators() -> ValidatorSet;
    /// Time of this block.
    fn now() -> Moment;
    /// How long a ticket lives, in milliseconds (at most 60,000).
    fn ticket_life() -> Moment {
        60_000
    }
    /// Whether `id` is a municipality in good standing.
    fn is_municipality(id: MemberId) -> bool {
        Self::member(id).is_some_and(|facts| facts.kind == MemberKind::Municipality)
    }
}

/// A dated, attested guardianship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GuardianshipFacts {
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it no longer holds.
    pub until: Moment,
}

/// `pallet-residents` seen by the others.
pub trait Residents {
    /// The municipality that keeps the subject's register entry; `None` if unknown or re-issued away.
    fn home(subject: &Pseudonym) -> Option<MemberId>;
    /// Whether `municipality` has the care of the subject: its home, or the municipality of its stay as temporary custodian.
    fn is_custodian(subject: &Pseudonym, municipality: MemberId) -> bool {
        Self::home(subject) == Some(municipality)
    }
    /// The person whose account in the health domain this is.
    fn person(account: &AccountId) -> Option<Pseudonym>;
    /// The guardianship of `guardian` over `subject` that holds now.
    fn guardianship(guardian: &Pseudonym, subject: &Pseudonym) -> Option<GuardianshipFacts>;
    /// Whether the subject is under protection (支援措置).
    fn is_protected(subject: &Pseudonym) -> bool;
    /// Whether the subject's records are frozen.
    fn is_frozen(subject: &Pseudonym) -> bool;
    /// Whether the person has an active card binding.
    fn has_active_binding(person: &Pseudonym) -> bool;
}

/// What the chain knows of one consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentFacts {
    /// Whose records.
    pub subject: Pseudonym,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// Its state now; a consent whose time is over reads as expired.
    pub state: ConsentState,
    /// First moment it no longer holds.
    pub until: Moment,
}

/// The most consents in force or paused between one subject and one recipient for one purpose.
pub const CANDIDATES_MAX: u32 = 8;

/// `pallet-consent` seen by the others.
pub trait Consents {
    /// The consent under which `recipient` may ask for `categories` of `subject` now, or the reason that best says why there is none.
    fn covering(
        subject: &Pseudonym,
        recipient: MemberId,
        purpose: Purpose,
        categories: CategorySet,
    ) -> Result<ConsentId, DenialReason>;
    /// How many consents [`Self::covering`] looks at, at most [`CANDIDATES_MAX`]: what a request costs depends on it.
    fn candidates(_subject: &Pseudonym, _recipient: MemberId, _purpose: Purpose) -> u32 {
        CANDIDATES_MAX
    }
    /// One consent.
    fn consent(id: &ConsentId) -> Option<ConsentFacts>;
    /// Whether a consent is in force now: effective, within its period, its guardianship still held.
    fn is_effective(consent: &ConsentId) -> bool;
}

/// What the chain knows of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// Who wrote it.
    pub author: MemberId,
    /// Where it stands.
    pub state: RecordState,
}

/// `pallet-records` seen by the others.
pub trait Records {
    /// One record.
    fn record(id: &RecordId) -> Option<RecordFacts>;
    /// Whether `member` keeps the record's ciphertext and may release it.
    fn is_holder(record: &RecordId, member: MemberId) -> bool;
}

/// `pallet-trail` seen by the others.
pub trait Trail {
    /// Appends one row to a subject's trail, at the time of this block.
    fn append(subject: &Pseudonym, fact: TrailFact);
}
