//! A chain that goes on from another one's state, since more than a third of that one's validators were lost for good.

use serde::{Deserialize, Serialize};

/// Where the former chain ended, what of it is taken over, who validates from now on, and who stands for it. Hashes and keys are `0x` and hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Continuation {
    /// Hash of the former chain's first block.
    pub genesis: String,
    /// Height of the last block that is taken over.
    pub height: u64,
    /// Its hash.
    pub block: String,
    /// Name of the file with its state; it lies beside the specification.
    pub snapshot: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Who decides the first blocks.
    pub validators: Vec<Seat>,
    /// The signatures of those validators' operators.
    pub signatures: Vec<OperatorSignature>,
}

/// A member's seat among the validators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The member's number.
    pub member: u32,
    /// Its public consensus key.
    pub key: String,
}

/// A member's word that it goes on from there, with those.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSignature {
    /// The member's number.
    pub member: u32,
    /// Ed25519, by its operator's key as the former chain knows it.
    pub signature: String,
}
