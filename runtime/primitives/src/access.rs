//! Access decisions: on what basis a custodian may release, or why not. A denial is a fact like a permit.

use crate::{
    consent::Purpose,
    id::{AccountId, ConsentId, HpkeKey, Moment, Pseudonym, RequestId},
    member::{MemberId, code},
    record::CategorySet,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

code! {
    /// The article that lets a municipality read without consent.
    StatuteArticle {
        /// 母子保健法19条の2: information handed over between municipalities for maternal and child health.
        MaternalChildHealth19_2 = 0,
        /// 児童虐待防止法13条の4: material on a child at risk.
        ChildAbusePrevention13_4 = 1,
        /// 予防接種法: the home municipality's own immunisation records.
        ImmunizationAct = 2,
    }
}

code! {
    /// Why a break-glass access was opened. Free text stays off chain.
    BreakGlassReason {
        /// Life at risk and the person cannot consent.
        LifeAtRisk = 0,
        /// The person agreed by word of mouth.
        VerbalConsent = 1,
        /// Disaster: shelter or triage.
        Disaster = 2,
    }
}

/// What a requester says its request rests on; the runtime decides whether it does.
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
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The person's consent; the runtime finds the one that covers.
    #[codec(index = 0)]
    Consent,
    /// A statutory duty under this article.
    #[codec(index = 1)]
    Statute(StatuteArticle),
    /// The requester's own open break-glass.
    #[codec(index = 2)]
    BreakGlass(RequestId),
}

/// What a permit rests on.
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
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The person's consent.
    #[codec(index = 0)]
    Consent(ConsentId),
    /// A statutory duty of the requester's municipality.
    #[codec(index = 1)]
    Statute(StatuteArticle),
    /// An emergency opening that a second person reviews.
    #[codec(index = 2)]
    BreakGlass(RequestId),
}

code! {
    /// Why an access was denied. The wording never tells whether a protected person exists.
    DenialReason {
        /// No consent names this recipient, purpose and category.
        NoConsent = 0,
        /// The consent has been withdrawn.
        Withdrawn = 1,
        /// The consent's period is over or has not begun.
        OutsidePeriod = 2,
        /// An objection pauses the consent.
        Paused = 3,
        /// The key's role may not ask this.
        RoleNotAllowed = 4,
        /// The member is suspended or has left.
        MemberNotActive = 5,
        /// The subject is not known here, or is protected: the same words for both.
        NotAvailable = 6,
        /// The statute does not apply to this requester.
        StatuteNotApplicable = 7,
        /// The break-glass opening is closed, expired or not this requester's.
        BreakGlassNotOpen = 8,
        /// The record is erased.
        Erased = 9,
        /// No open session for this visit.
        NoSession = 10,
        /// The subject's records are frozen.
        Frozen = 11,
        /// The consent was superseded or refused.
        ConsentEnded = 12,
    }
}

/// What the runtime decided.
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
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// A single-use ticket with this basis, dead after `expires`.
    #[codec(index = 0)]
    Permit {
        /// What it rests on.
        basis: Basis,
        /// First moment at which the ticket no longer opens anything.
        expires: Moment,
    },
    /// No, and why.
    #[codec(index = 1)]
    Deny(DenialReason),
}

/// A permit that still opens something: everything a custodian must know to release against it.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub struct Ticket {
    /// The request that was permitted.
    pub request: RequestId,
    /// Whose records.
    pub subject: Pseudonym,
    /// The account that asked and alone may redeem.
    pub requester: AccountId,
    /// The member it acts for.
    pub member: MemberId,
    /// The key that data keys are re-wrapped to.
    pub hpke: HpkeKey,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// What the permit rests on.
    pub basis: Basis,
    /// First moment at which it no longer opens anything.
    pub expires: Moment,
}
