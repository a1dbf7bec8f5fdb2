//! A person within one service domain, as state keeps it: who keeps the register entry, which devices and card speak, whether records are frozen.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{BoundedVec, traits::ConstU32};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Commitment, HpkeKey, MemberId, Moment, Pseudonym,
    resident::{Authority, BindingState, ServiceDomain},
};
use scale_info::TypeInfo;

/// The most devices of one person.
pub const DEVICES_MAX: u32 = 4;
/// The most guardians of one subject at a time.
pub const GUARDIANS_MAX: u32 = 8;
/// The most cards ever bound to one pseudonym; a card lives ten years.
pub const BINDINGS_MAX: u32 = 32;
/// The longest a guardianship holds before it is attested again: the second common date ahead.
pub const GUARDIANSHIP_LIFE_MAX: Moment = 2 * 366 * 24 * 60 * 60 * 1_000;
/// The longest a municipality of stay is custodian: one year.
pub const CUSTODY_LIFE_MAX: Moment = 366 * 24 * 60 * 60 * 1_000;
/// How long an offered hand-over waits: thirty days.
pub const HAND_OVER_LIFE: Moment = 30 * 24 * 60 * 60 * 1_000;

/// A device by which a person acts and to which record keys for the person are wrapped.
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
pub struct DeviceKeys {
    /// Signs transactions.
    pub account: AccountId,
    /// Record keys are wrapped to it.
    pub hpke: HpkeKey,
}

/// What an account of a resident stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Device {
    /// It acts for a person.
    #[codec(index = 0)]
    Active {
        /// Whom.
        person: Pseudonym,
        /// Record keys are wrapped to it.
        hpke: HpkeKey,
    },
    /// Dropped; the account never comes back (R4).
    #[codec(index = 1)]
    Retired,
}

/// Who froze a subject's records.
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
pub enum Freeze {
    /// The person or a guardian; they or an officer lift it.
    #[codec(index = 0)]
    Family,
    /// An officer of the home municipality; only an officer lifts it.
    #[codec(index = 1)]
    Officer,
}

/// A municipality of stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Custody {
    /// Which.
    pub custodian: MemberId,
    /// First moment it is not custodian any more.
    pub until: Moment,
}

/// An offered hand-over that waits for the other village's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct HandOver {
    /// To whom.
    pub to: MemberId,
    /// First moment it cannot be accepted any more.
    pub expires: Moment,
}

/// A person within one service domain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Person {
    /// The domain that this pseudonym is for.
    pub domain: ServiceDomain,
    /// The municipality that keeps the register entry.
    pub home: MemberId,
    /// Whether under protection (支援措置).
    pub protected: bool,
    /// Who froze the records, if they are frozen.
    pub freeze: Option<Freeze>,
    /// The municipality of stay, if any.
    pub custody: Option<Custody>,
    /// An offered hand-over, if any.
    pub hand_over: Option<HandOver>,
    /// The person's devices.
    pub devices: BoundedVec<AccountId, ConstU32<DEVICES_MAX>>,
    /// The subject's guardians.
    pub guardians: BoundedVec<Pseudonym, ConstU32<GUARDIANS_MAX>>,
    /// The newest card binding that was not revoked or replaced.
    pub binding: Option<BindingId>,
    /// How many cards were ever bound.
    pub bindings: u32,
}

impl Person {
    /// Someone newly enrolled, without device, guardian or card.
    pub fn enrolled(domain: ServiceDomain, home: MemberId, protected: bool) -> Self {
        Self {
            domain,
            home,
            protected,
            freeze: None,
            custody: None,
            hand_over: None,
            devices: BoundedVec::new(),
            guardians: BoundedVec::new(),
            binding: None,
            bindings: 0,
        }
    }

    /// Whether a municipality of stay is custodian at this moment.
    pub fn is_entrusted_to(&self, municipality: MemberId, now: Moment) -> bool {
        self.custody
            .is_some_and(|custody| custody.custodian == municipality && now < custody.until)
    }
}

/// What a pseudonym stands for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Entry {
    /// A person.
    #[codec(index = 0)]
    Active(Person),
    /// Nobody any more; what followed it, if anything, is not on chain (R3).
    #[codec(index = 1)]
    Retired,
}

/// An attested guardianship. It began when it was attested: an exact beginning could be a birthday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Guardianship {
    /// Alone or jointly.
    pub authority: Authority,
    /// First moment it holds: the block that attested it first.
    pub from: Moment,
    /// First moment it no longer holds: a common date.
    pub until: Moment,
    /// The municipality whose officer attested it.
    pub attested_by: MemberId,
}

/// A card bound to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Binding {
    /// Whose card.
    pub person: Pseudonym,
    /// Salted commitment to what the card signed and its certificate.
    pub commitment: Commitment,
    /// How sure the attesting municipality is.
    pub assurance: AssuranceLevel,
    /// The municipality whose officer attested it.
    pub attested_by: MemberId,
    /// Where it stands.
    pub state: BindingState,
}
