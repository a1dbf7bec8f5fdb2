//! How a proof's parts stand in JSON: bytes and SCALE values as lower-case hexadecimal text with `0x`.

use codec::{DecodeAll, Encode};
use musubi_primitives::mountain_range::LeafProof;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// Bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HexBytes(pub Vec<u8>);

impl fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HexBytes(0x{})", hex::encode(&self.0))
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{}", hex::encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text
            .strip_prefix("0x")
            .ok_or_else(|| D::Error::custom("bytes are written as 0x and hexadecimal digits"))?;
        hex::decode(digits).map(Self).map_err(D::Error::custom)
    }
}

/// A Merkle proof as its SCALE bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathProof(pub LeafProof);

impl Serialize for PathProof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        HexBytes(self.0.encode()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PathProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let HexBytes(bytes) = HexBytes::deserialize(deserializer)?;
        LeafProof::decode_all(&mut bytes.as_slice())
            .map(Self)
            .map_err(D::Error::custom)
    }
}
