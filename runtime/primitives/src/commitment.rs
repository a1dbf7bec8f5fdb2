//! Salted commitments: what the chain holds in place of the thing itself.
//!
//! `SHA-256(tag ‖ salt ‖ bytes)`. The salt is 256 random bits kept off chain and destroyed on erasure, so that a commitment to a
//! low-entropy fact (a birth date, a vaccine) can neither be guessed nor, after erasure, be checked by anybody.

use crate::id::ParseIdError;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 256 random bits that hide what a commitment commits to. Never on chain.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// SHA-256 over a domain tag, a salt and the committed bytes.
#[derive(
    Clone,
    Copy,
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
#[serde(into = "String", try_from = "String")]
pub struct Commitment(pub [u8; 32]);

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}
impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}
impl FromStr for Commitment {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse::<crate::id::RecordId>().map(|id| Self(id.0))
    }
}
impl TryFrom<String> for Commitment {
    type Error = ParseIdError;
    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}
impl From<Commitment> for String {
    fn from(commitment: Commitment) -> Self {
        commitment.to_string()
    }
}

/// Commits to `bytes` under a [`crate::domain`] tag.
pub fn commit(tag: &[u8], salt: &Salt, bytes: &[u8]) -> Commitment {
    Commitment(hash_parts(&[tag, &salt.0, bytes]))
}

/// SHA-256 of the concatenation of `parts`; the caller puts the domain tag first and fixed-length parts before the last one.
pub fn hash_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain;

    #[test]
    fn commitment_depends_on_tag_salt_and_bytes() {
        let base = commit(domain::RECORD, &Salt([1; 32]), b"x");
        assert_ne!(base, commit(domain::STATEMENT, &Salt([1; 32]), b"x"));
        assert_ne!(base, commit(domain::RECORD, &Salt([2; 32]), b"x"));
        assert_ne!(base, commit(domain::RECORD, &Salt([1; 32]), b"y"));
        assert_eq!(base, commit(domain::RECORD, &Salt([1; 32]), b"x"));
    }
}
