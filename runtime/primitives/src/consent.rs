//! The on-chain terms of a consent and the states it goes through.

use crate::{
    commitment::Commitment,
    id::{AccountId, Moment, Pseudonym},
    member::{MemberId, code},
    record::CategorySet,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

code! {
    /// Why data are asked for. A recipient that wants another purpose needs another consent.
    Purpose {
        /// Care of the child at a clinic: vaccination, treatment.
        ChildCare = 0,
        /// Infant checkups and follow-up by the municipality.
        Checkup = 1,
        /// History handed over when a family moves.
        MoveIn = 2,
        /// Sealed summary for emergencies.
        Emergency = 3,
        /// Surveys and statistics on de-identified data.
        Statistics = 4,
        /// Sharing within the family.
        FamilySharing = 5,
        /// Remote consultation.
        Consultation = 6,
    }
}

code! {
    /// How sure the attesting municipality is that the person willed this; policies may demand a minimum. Ordered, weakest first.
    AssuranceLevel {
        /// Two members of staff witnessed it; no card signature (people without a signing certificate).
        Witnessed = 0,
        /// Authentication certificate and PIN at a staffed counter.
        CardAuthenticated = 1,
        /// Signing certificate (署名用電子証明書) and password.
        CardSigned = 2,
    }
}

code! {
    /// How a consent ended. There is no way back from an ending.
    Ending {
        /// The person took it back.
        Withdrawn = 0,
        /// Its period is over.
        Expired = 1,
        /// A newer consent took its place.
        Superseded = 2,
        /// The person said no, or an attester found that it does not hold.
        Refused = 3,
    }
}

/// The state of a consent.
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
pub enum ConsentState {
    /// Waiting for the policy's attestations.
    #[codec(index = 0)]
    Proposed,
    /// In force within its period.
    #[codec(index = 1)]
    Effective,
    /// Another holder of parental authority objected; nothing is released under it.
    #[codec(index = 2)]
    Paused,
    /// Over, and why.
    #[codec(index = 3)]
    Ended(Ending),
}

/// What a consent allows: exactly these fields must equal the statement that the person signed.
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
pub struct Terms {
    /// Whose records.
    pub subject: Pseudonym,
    /// Who speaks for the subject; equals `subject` when the subject speaks.
    pub guardian: Pseudonym,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// First moment it holds.
    pub not_before: Moment,
    /// First moment it no longer holds.
    pub not_after: Moment,
    /// Salted commitment to the statement that was shown and signed.
    pub statement: Commitment,
    /// Issued by the verifier, used once.
    pub nonce: [u8; 32],
    /// What the attester must be able to vouch for.
    pub assurance: AssuranceLevel,
    /// A second village that may attest beside the home municipality, named in the statement.
    pub second_attester: Option<MemberId>,
    /// The guardian's own account, when the person has one.
    pub account: Option<AccountId>,
}
