//! What a light client begins from and keeps.

use crate::error::MusubiError;
use musubi_client_sdk::proofs;
use musubi_primitives::{
    BlockHash, MemberId, VerifyingKey,
    finality::{Validator, ValidatorSet},
};

/// One voting municipality.
#[uniffi::remote(Record)]
pub struct Validator {
    /// Its Ed25519 consensus key.
    pub key: VerifyingKey,
    /// The member that runs it.
    pub member: MemberId,
    /// Voting power, at least 1.
    pub power: u64,
}

/// A block that is trusted, and the validators that decided it. Whoever can change it decides what the app believes: keep it where
/// other apps cannot write.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Checkpoint {
    /// Hash of block 0, which names the chain.
    pub genesis: BlockHash,
    /// Height of the trusted block; 0 for genesis.
    pub height: u64,
    /// Its hash.
    pub block: BlockHash,
    /// The validators trusted: 1 to 100, each key once.
    pub validators: Vec<Validator>,
}

/// Reads a checkpoint from the JSON that [`export_checkpoint`] writes, or that a chain's operators publish for genesis.
///
/// # Errors
/// [`MusubiError::Input`] when it is no checkpoint.
#[uniffi::export]
pub fn import_checkpoint(text: String) -> Result<Checkpoint, MusubiError> {
    serde_json::from_str::<proofs::Checkpoint>(&text)
        .map(Checkpoint::from)
        .map_err(|error| MusubiError::input("checkpoint", error))
}

/// A checkpoint as JSON, for the app's own storage: begin from it next time.
///
/// # Errors
/// [`MusubiError::Input`] when its validators are no validator set.
#[uniffi::export]
pub fn export_checkpoint(checkpoint: Checkpoint) -> Result<String, MusubiError> {
    let checkpoint = proofs::Checkpoint::try_from(checkpoint)?;
    serde_json::to_string(&checkpoint).map_err(|error| MusubiError::input("checkpoint", error))
}

impl From<proofs::Checkpoint> for Checkpoint {
    fn from(checkpoint: proofs::Checkpoint) -> Self {
        Self {
            genesis: checkpoint.genesis,
            height: checkpoint.height,
            block: checkpoint.block,
            validators: checkpoint.validators.validators().to_vec(),
        }
    }
}

impl TryFrom<Checkpoint> for proofs::Checkpoint {
    type Error = MusubiError;

    fn try_from(checkpoint: Checkpoint) -> Result<Self, MusubiError> {
        let validators = ValidatorSet::new(checkpoint.validators)
            .map_err(|error| MusubiError::input("checkpoint.validators", error))?;
        Ok(Self {
            genesis: checkpoint.genesis,
            height: checkpoint.height,
            block: checkpoint.block,
            validators,
        })
    }
}
