//! Validators as the engine wants them: addresses, checked keys and powers, in the order of the chain's own validator set.

use crate::context::MusubiContext;
use arc_malachitebft_core_types as engine;
use arc_malachitebft_signing_ed25519::PublicKey;
use codec::{Decode, Encode};
use musubi_primitives::{VerifyingKey, finality::ValidatorSet};
use std::{fmt, sync::Arc};

/// A validator's Ed25519 consensus key, which is also its address.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ConsensusKey(pub VerifyingKey);

impl fmt::Display for ConsensusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ConsensusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Address for ConsensusKey {}

/// One voting municipality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    key: ConsensusKey,
    public_key: PublicKey,
    power: u64,
}

impl engine::Validator<MusubiContext> for Validator {
    fn address(&self) -> &ConsensusKey {
        &self.key
    }

    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// A validator set that the engine cannot use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableValidators {
    /// Nobody would vote.
    #[error("the validator set is empty")]
    Empty,
    /// A key that is no point of the curve.
    #[error("validator key {0} is no Ed25519 key")]
    BadKey(VerifyingKey),
}

/// The validators of one height, never empty, ordered by key. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators(Arc<[Validator]>);

impl Validators {
    /// Checks the keys of the chain's validator set.
    ///
    /// # Errors
    /// When the set is empty or holds a key that is no Ed25519 public key.
    pub fn new(set: &ValidatorSet) -> Result<Self, UnusableValidators> {
        if set.validators().is_empty() {
            return Err(UnusableValidators::Empty);
        }
        set.validators()
            .iter()
            .map(usable)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The validators' addresses.
    pub fn keys(&self) -> impl Iterator<Item = ConsensusKey> + '_ {
        self.0.iter().map(|validator| validator.key)
    }

    /// Whether this key votes.
    pub fn contains(&self, key: &ConsensusKey) -> bool {
        self.position(key).is_some()
    }

    /// Whose turn it is: validators take turns by height and by round, whatever their power.
    pub fn proposer(&self, height: u64, round: u32) -> &Validator {
        let count = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        let turn = height
            .wrapping_add(u64::from(round))
            .checked_rem(count)
            .unwrap_or(0);
        usize::try_from(turn)
            .ok()
            .and_then(|turn| self.0.get(turn))
            .expect("a remainder of the count is an index, and the set is not empty")
    }

    fn position(&self, key: &ConsensusKey) -> Option<usize> {
        self.0
            .binary_search_by(|validator| validator.key.cmp(key))
            .ok()
    }
}

fn usable(
    validator: &musubi_primitives::finality::Validator,
) -> Result<Validator, UnusableValidators> {
    let public_key = PublicKey::from_bytes(validator.key.0)
        .map_err(|_| UnusableValidators::BadKey(validator.key))?;
    Ok(Validator {
        key: ConsensusKey(validator.key),
        public_key,
        power: validator.power,
    })
}

impl engine::ValidatorSet<MusubiContext> for Validators {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0
            .iter()
            .map(|validator| validator.power)
            .fold(0, u64::saturating_add)
    }

    fn get_by_address(&self, address: &ConsensusKey) -> Option<&Validator> {
        self.position(address).and_then(|at| self.0.get(at))
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.0.get(index)
    }
}
