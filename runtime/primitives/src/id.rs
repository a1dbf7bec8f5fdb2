//! Identifiers: 32 opaque bytes each, one type per thing named, so that a consent can never be passed where a record is meant.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, as the block says.
pub type Moment = u64;

/// A [`Moment`] whose encoding sorts by time (big-endian), for queues that are swept oldest first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct OrderedMoment([u8; 8]);

impl OrderedMoment {
    /// The moment itself.
    pub const fn moment(self) -> Moment {
        Moment::from_be_bytes(self.0)
    }
}
impl From<Moment> for OrderedMoment {
    fn from(moment: Moment) -> Self {
        Self(moment.to_be_bytes())
    }
}

/// Text that is not 64 hexadecimal digits, with or without a leading `0x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 bytes as 64 hexadecimal digits, with or without 0x")]
pub struct ParseIdError;

fn parse_hex32(text: &str) -> Result<[u8; 32], ParseIdError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseIdError)?;
    Ok(bytes)
}

macro_rules! identifier {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
            Serialize, Deserialize,
        )]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The bytes themselves.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_hex32(text).map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }
    )+};
}

identifier! {
    /// An Ed25519 account: the public key itself, as Substrate's `AccountId32`.
    AccountId,
    /// A card binding: one card bound to one person.
    BindingId,
    /// BLAKE2-256 of the SCALE-encoded block header.
    BlockHash,
    /// SHA-256 of a sealed record's ciphertext; its address in the vaults.
    CiphertextHash,
    /// A consent, chosen at random by whoever proposes it.
    ConsentId,
    /// An X25519 public key for HPKE (RFC 9180).
    HpkeKey,
    /// A person within one service domain: random, and never derived from anything about the person.
    Pseudonym,
    /// A record, chosen at random by its author.
    RecordId,
    /// One access request, break-glass opening or statutory read, chosen at random by the requester.
    RequestId,
    /// One visit of a subject at a member, opened by a card touch.
    SessionId,
    /// An Ed25519 public key that is not an account (consensus, vault and verifier signatures).
    VerifyingKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_reads_back() {
        let id = RecordId([7; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().trim_start_matches("0x").parse(), Ok(id));
    }

    #[test]
    fn ordered_moments_sort_by_time() {
        let (early, late) = (OrderedMoment::from(255), OrderedMoment::from(256));
        assert!(early.encode() < late.encode());
        assert_eq!(late.moment(), 256);
    }

    #[test]
    fn wrong_length_is_refused() {
        assert_eq!("0x00".parse::<RecordId>(), Err(ParseIdError));
        assert_eq!("zz".repeat(32).parse::<RecordId>(), Err(ParseIdError));
    }
}
