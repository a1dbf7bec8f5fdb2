//! Finality: validator sets, votes and commit certificates, as every node signs them and every light client checks them.
//!
//! A block is final when validators with more than two thirds of the power have signed a precommit for its hash at one height and
//! round (Buchman, Kwon, Milosevic: "The latest gossip on BFT consensus", 2018, line 49). Signatures are Ed25519 under the
//! ZIP-215 rules, the same that the runtime uses, so that no node accepts what another refuses.

use crate::{
    commitment::hash_parts,
    domain,
    id::{BlockHash, VerifyingKey},
    member::MemberId,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most validators a set may have; certificates carry one signature each.
pub const VALIDATORS_MAX: u32 = 100;

/// The most bytes an encoded block may have, header included. Consensus reassembles no more, and its sync batches are sized by it.
pub const BLOCK_BYTES_MAX: u32 = 2 * 1024 * 1024;

/// One voting municipality.
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
    Serialize,
    Deserialize,
)]
pub struct Validator {
    /// Its Ed25519 consensus key, which is also its address.
    pub key: VerifyingKey,
    /// The member that runs it.
    pub member: MemberId,
    /// Voting power, at least 1.
    pub power: u64,
}

/// The validators of one height, ordered by key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ValidatorSet(Vec<Validator>);

/// Why a list of validators is no validator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Nobody votes.
    #[error("a validator set has at least one validator")]
    Empty,
    /// More than [`VALIDATORS_MAX`].
    #[error("a validator set has at most {VALIDATORS_MAX} validators")]
    TooMany,
    /// One key twice.
    #[error("validator key {0} appears twice")]
    DuplicateKey(VerifyingKey),
    /// A validator without power, or powers whose sum overflows.
    #[error("validator {0} has no power, or the powers overflow")]
    BadPower(VerifyingKey),
}

impl ValidatorSet {
    /// Orders and checks a list of validators.
    ///
    /// # Errors
    /// When the list is empty or too long, a key repeats, or a power is zero or overflows the sum.
    pub fn new(mut validators: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        validators.sort();
        if validators.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        if u32::try_from(validators.len()).map_or(true, |count| count > VALIDATORS_MAX) {
            return Err(ValidatorSetError::TooMany);
        }
        let mut total = 0u64;
        let mut seen = BTreeSet::new();
        for validator in &validators {
            if !seen.insert(validator.key) {
                return Err(ValidatorSetError::DuplicateKey(validator.key));
            }
            total = total
                .checked_add(validator.power)
                .ok_or(ValidatorSetError::BadPower(validator.key))?;
            if validator.power == 0 {
                return Err(ValidatorSetError::BadPower(validator.key));
            }
        }
        Ok(Self(validators))
    }

    /// The validators, ordered by key.
    pub fn validators(&self) -> &[Validator] {
        &self.0
    }

    /// The validator with this key.
    pub fn get(&self, key: &VerifyingKey) -> Option<&Validator> {
        self.0
            .binary_search_by(|validator| validator.key.cmp(key))
            .ok()
            .and_then(|at| self.0.get(at))
    }

    /// Sum of all powers.
    pub fn total_power(&self) -> u64 {
        self.0
            .iter()
            .map(|validator| validator.power)
            .fold(0, u64::saturating_add)
    }

    /// Whether `power` is more than two thirds of the total.
    pub fn is_quorum(&self, power: u64) -> bool {
        u128::from(power).saturating_mul(3) > u128::from(self.total_power()).saturating_mul(2)
    }

    /// What a header's anchor holds for this set.
    pub fn hash(&self) -> [u8; 32] {
        hash_parts(&[domain::VALIDATOR_SET, &self.encode()])
    }
}

/// The two steps of a round in which validators vote.
#[derive(
    Clone,
    Copy,
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
pub enum VoteKind {
    /// First step.
    #[codec(index = 0)]
    Prevote,
    /// Second step; enough of these decide.
    #[codec(index = 1)]
    Precommit,
}

/// A vote without its signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// Height voted on.
    pub height: u64,
    /// Round within the height, from 0.
    pub round: u32,
    /// The block, or none (a vote for "no block this round").
    pub block: Option<BlockHash>,
    /// Who votes.
    pub validator: VerifyingKey,
}

impl Vote {
    /// The bytes that the validator signs on the chain with this genesis hash.
    pub fn signing_bytes(&self, genesis: &BlockHash) -> Vec<u8> {
        [domain::VOTE, &genesis.0, &self.encode()].concat()
    }
}

/// One validator's precommit within a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct CommitSignature {
    /// Who signed.
    pub validator: VerifyingKey,
    /// Ed25519 signature over [`Vote::signing_bytes`].
    #[serde(with = "hex::serde")]
    pub signature: [u8; 64],
}

/// Proof that a block is final.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct CommitCertificate {
    /// Height decided.
    pub height: u64,
    /// Round in which it was decided.
    pub round: u32,
    /// The block decided.
    pub block: BlockHash,
    /// Precommits of more than two thirds of the power.
    pub signatures: Vec<CommitSignature>,
}

/// Why a certificate proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Signed by somebody outside the set.
    #[error("{0} is not a validator of this height")]
    UnknownValidator(VerifyingKey),
    /// One validator twice.
    #[error("validator {0} signed twice")]
    DuplicateValidator(VerifyingKey),
    /// A signature that does not verify.
    #[error("the signature of validator {0} does not verify")]
    BadSignature(VerifyingKey),
    /// Too little power.
    #[error("signed by {signed} of {total} power, more than two thirds are needed")]
    NoQuorum {
        /// Power of the signers.
        signed: u64,
        /// Power of the set.
        total: u64,
    },
}

impl CommitCertificate {
    /// Checks every signature and that the signers hold more than two thirds of the power of `validators`.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn verify(
        &self,
        genesis: &BlockHash,
        validators: &ValidatorSet,
    ) -> Result<(), CertificateError> {
        let mut seen = BTreeSet::new();
        let mut signed = 0u64;
        for entry in &self.signatures {
            let validator = validators
                .get(&entry.validator)
                .ok_or(CertificateError::UnknownValidator(entry.validator))?;
            if !seen.insert(entry.validator) {
                return Err(CertificateError::DuplicateValidator(entry.validator));
            }
            if !verify_ed25519(
                &entry.validator,
                &entry.signature,
                &self.vote_of(entry.validator).signing_bytes(genesis),
            ) {
                return Err(CertificateError::BadSignature(entry.validator));
            }
            signed = signed.saturating_add(validator.power);
        }
        if validators.is_quorum(signed) {
            Ok(())
        } else {
            Err(CertificateError::NoQuorum {
                signed,
                total: validators.total_power(),
            })
        }
    }

    fn vote_of(&self, validator: VerifyingKey) -> Vote {
        Vote {
            kind: VoteKind::Precommit,
            height: self.height,
            round: self.round,
            block: Some(self.block),
            validator,
        }
    }
}

/// Ed25519 verification under the ZIP-215 rules; false for keys that are no curve points.
pub fn verify_ed25519(key: &VerifyingKey, signature: &[u8; 64], message: &[u8]) -> bool {
    ed25519_zebra::VerificationKey::try_from(key.0).is_ok_and(|key| {
        key.verify(&ed25519_zebra::Signature::from_bytes(signature), message)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> ed25519_zebra::SigningKey {
        ed25519_zebra::SigningKey::from([seed; 32])
    }

    fn public(seed: u8) -> VerifyingKey {
        VerifyingKey(ed25519_zebra::VerificationKey::from(&key(seed)).into())
    }

    fn set(count: u8) -> ValidatorSet {
        let validators = (1..=count).map(|seed| Validator {
            key: public(seed),
            member: MemberId(u32::from(seed)),
            power: 1,
        });
        ValidatorSet::new(validators.collect()).expect("distinct keys with power")
    }

    fn certificate(signers: &[u8]) -> CommitCertificate {
        let mut certificate = CommitCertificate {
            height: 5,
            round: 0,
            block: BlockHash([9; 32]),
            signatures: vec![],
        };
        for seed in signers {
            let vote = certificate.vote_of(public(*seed));
            let signature = key(*seed)
                .sign(&vote.signing_bytes(&BlockHash([1; 32])))
                .to_bytes();
            certificate.signatures.push(CommitSignature {
                validator: public(*seed),
                signature,
            });
        }
        certificate
    }

    #[test]
    fn three_of_four_finalise_and_two_do_not() {
        assert_eq!(
            certificate(&[1, 2, 3]).verify(&BlockHash([1; 32]), &set(4)),
            Ok(())
        );
        assert_eq!(
            certificate(&[1, 2]).verify(&BlockHash([1; 32]), &set(4)),
            Err(CertificateError::NoQuorum {
                signed: 2,
                total: 4
            })
        );
    }

    #[test]
    fn one_signer_counts_once() {
        assert_eq!(
            certificate(&[1, 2, 2]).verify(&BlockHash([1; 32]), &set(4)),
            Err(CertificateError::DuplicateValidator(public(2)))
        );
    }

    #[test]
    fn another_chain_height_round_or_block_is_refused() {
        let good = certificate(&[1, 2, 3]);
        assert!(good.verify(&BlockHash([2; 32]), &set(4)).is_err());
        for bad in [
            CommitCertificate {
                height: 6,
                ..good.clone()
            },
            CommitCertificate {
                round: 1,
                ..good.clone()
            },
            CommitCertificate {
                block: BlockHash([8; 32]),
                ..good.clone()
            },
        ] {
            assert!(matches!(
                bad.verify(&BlockHash([1; 32]), &set(4)),
                Err(CertificateError::BadSignature(_))
            ));
        }
    }

    #[test]
    fn strangers_are_refused() {
        assert!(matches!(
            certificate(&[1, 2, 7]).verify(&BlockHash([1; 32]), &set(4)),
            Err(CertificateError::UnknownValidator(_))
        ));
    }

    #[test]
    fn a_set_refuses_duplicates_and_powerless() {
        let one = Validator {
            key: public(1),
            member: MemberId(1),
            power: 1,
        };
        assert_eq!(
            ValidatorSet::new(vec![one, one]),
            Err(ValidatorSetError::DuplicateKey(public(1)))
        );
        assert_eq!(
            ValidatorSet::new(vec![Validator { power: 0, ..one }]),
            Err(ValidatorSetError::BadPower(public(1)))
        );
        assert_eq!(ValidatorSet::new(vec![]), Err(ValidatorSetError::Empty));
    }
}
