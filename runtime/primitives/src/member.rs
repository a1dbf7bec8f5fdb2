//! Members of the consortium and the roles of their staff and device keys.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// An organisation admitted to the consortium, numbered in the order of admission; never reused.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct MemberId(pub u32);

impl core::fmt::Display for MemberId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "member {}", self.0)
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $index:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize,
            Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* #[codec(index = $index)] $variant),+ }
        impl $name {
            /// Every code, in the order of its number on the wire.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}
pub(crate) use code;

code! {
    /// What a member is; decides which roles its keys may have and what the runtime lets it do.
    MemberKind {
        /// A village, town or city: validates, verifies card signatures, keeps the register.
        Municipality = 0,
        /// A clinic or hospital.
        Clinic = 1,
        /// A fire service: emergency look-up.
        FireService = 2,
        /// A shop that redeems points.
        Shop = 3,
        /// A bookable facility.
        Facility = 4,
        /// A company that runs a service for the villages.
        ServiceCompany = 5,
        /// A multi-task vehicle (mobile counter).
        Vehicle = 6,
        /// An appointed auditor: reads all, changes nothing.
        Auditor = 7,
    }
}

code! {
    /// What one staff or device key may do for its member.
    Role {
        /// Runs the member's node and keys.
        Operator = 0,
        /// Health officer (保健師など職員): attests, registers people and guardianships.
        Officer = 1,
        /// Community or public-health nurse: statutory reads, records checkups.
        Nurse = 2,
        /// Physician: records, overrides with a reason.
        Doctor = 3,
        /// Reception clerk: check-in, consent requests.
        Clerk = 4,
        /// Ambulance crew: break-glass.
        Crew = 5,
        /// Dispatcher of a fire service.
        Dispatcher = 6,
        /// Second person who reviews break-glass openings.
        Reviewer = 7,
        /// Reads the whole trail.
        Auditor = 8,
        /// A service gateway or off-chain worker.
        Gateway = 9,
        /// A vault: acknowledges, delivers and erases ciphertext.
        Vault = 10,
        /// A counter or vehicle terminal.
        Terminal = 11,
    }
}
