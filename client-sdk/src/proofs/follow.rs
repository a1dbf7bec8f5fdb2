//! Following the validators: from a trusted checkpoint to any later final header, however far, in one step.
//!
//! A header `h` names, in its anchor, the hash of the set that decides `h + 2`. So the set that decides a new header `H` is read from
//! header `H - 2`, which `H`'s own history proves. That set's certificate makes `H` final, provided that `H` is a header of this
//! chain at all; and that is so if signers of the certificate hold more than a third of the power of the set that the client trusts
//! already, for then at least one honest validator has checked it (Braithwaite et al., "Tendermint blockchain synchronization:
//! formal specification and model checking", 2020: skipping verification, trust level 1/3).
//! Heights 1 and 2 are decided by the genesis set itself.

use super::{
    header::{Header, HeaderError},
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{
    BlockHash,
    finality::{CertificateError, CommitCertificate, ValidatorSet},
    mountain_range::leaf_hash,
};
use serde::{Deserialize, Serialize};

/// How many blocks pass between the header that names a set and the first that this set decides.
const SET_DELAY: u64 = 2;

/// What a client trusts: a final block, and the validators that decided it (for genesis: that decide the first two heights).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Checkpoint {
    /// Hash of block 0, which names the chain.
    pub genesis: BlockHash,
    /// Height of the trusted block.
    pub height: u64,
    /// Its hash.
    pub block: BlockHash,
    /// The validators trusted.
    pub validators: ValidatorSet,
}

/// An older header and its place in a newer header's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ancestor {
    /// SCALE-encoded header.
    pub header: HexBytes,
    /// Its leaf in the newer header's history.
    pub proof: PathProof,
}

/// One step forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Step {
    /// SCALE-encoded header of the newer block.
    pub header: HexBytes,
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// Who decided it.
    pub validators: ValidatorSet,
    /// The header two below that names these validators; none for heights 1 and 2.
    pub named_by: Option<Ancestor>,
}

/// Why a step leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// A header does not decode.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Not newer than what is trusted already.
    #[error("height {height} is not above the trusted height {trusted}")]
    NotNewer {
        /// The step's.
        height: u64,
        /// The checkpoint's.
        trusted: u64,
    },
    /// The certificate is for another block or height.
    #[error("the certificate is not for the block at height {height}")]
    CertificateOfAnotherBlock {
        /// The header's height.
        height: u64,
    },
    /// The certificate does not hold.
    #[error("the certificate of height {height} does not hold: {source}")]
    Certificate {
        /// The header's height.
        height: u64,
        /// Why.
        source: CertificateError,
    },
    /// The validators given are not those of that height.
    #[error("the validators given for height {height} are not those that the chain names")]
    Validators {
        /// The header's height.
        height: u64,
    },
    /// An older header is not in the newer one's history at its height.
    #[error("header {ancestor} is not proved to be in the history of header {height}")]
    History {
        /// The newer height.
        height: u64,
        /// The older height.
        ancestor: u64,
    },
    /// The signers share too little power with the trusted set.
    #[error(
        "signers of height {height} hold {signed} of {total} trusted power, more than a third is needed"
    )]
    TooFewTrusted {
        /// The header's height.
        height: u64,
        /// Trusted power that signed.
        signed: u64,
        /// All trusted power.
        total: u64,
    },
}

impl Checkpoint {
    /// Trust in a genesis block and its validators, as a chain specification gives them.
    pub fn at_genesis(genesis: BlockHash, validators: ValidatorSet) -> Self {
        Self {
            genesis,
            height: 0,
            block: genesis,
            validators,
        }
    }

    /// Goes one step forward: checks the newer header and returns it with the checkpoint to trust from now on.
    ///
    /// # Errors
    /// See [`FollowError`].
    pub fn follow(&self, step: &Step) -> Result<(Self, Header), FollowError> {
        let header = Header::decode(&step.header.0)?;
        let height = header.height;
        if height <= self.height {
            return Err(FollowError::NotNewer {
                height,
                trusted: self.height,
            });
        }
        self.check_validators(step, &header)?;
        if (step.certificate.height, step.certificate.block) != (height, header.hash) {
            return Err(FollowError::CertificateOfAnotherBlock { height });
        }
        step.certificate
            .verify(&self.genesis, &step.validators)
            .map_err(|source| FollowError::Certificate { height, source })?;
        self.check_overlap(&step.certificate)?;
        Ok((
            Self {
                genesis: self.genesis,
                height,
                block: header.hash,
                validators: step.validators.clone(),
            },
            header,
        ))
    }

    /// The validators given are those that the chain names for this height.
    fn check_validators(&self, step: &Step, header: &Header) -> Result<(), FollowError> {
        let height = header.height;
        let named = match (&step.named_by, height.checked_sub(SET_DELAY)) {
            (None, None | Some(0)) => self.validators.hash(),
            (Some(ancestor), Some(named_at)) if named_at > 0 => {
                let ancestor = ancestor.check(header)?;
                if ancestor.height != named_at {
                    return Err(FollowError::Validators { height });
                }
                ancestor.anchor.next_validators
            }
            (None | Some(_), None | Some(_)) => return Err(FollowError::Validators { height }),
        };
        if step.validators.hash() == named {
            Ok(())
        } else {
            Err(FollowError::Validators { height })
        }
    }

    /// At least one honest trusted validator has signed.
    fn check_overlap(&self, certificate: &CommitCertificate) -> Result<(), FollowError> {
        let signed = certificate
            .signatures
            .iter()
            .filter_map(|entry| self.validators.get(&entry.validator))
            .fold(0u64, |sum, validator| sum.saturating_add(validator.power));
        let total = self.validators.total_power();
        if u128::from(signed) * 3 > u128::from(total) {
            Ok(())
        } else {
            Err(FollowError::TooFewTrusted {
                height: certificate.height,
                signed,
                total,
            })
        }
    }
}

impl Ancestor {
    /// Reads the older header, proved to stand at its height in the history of `descendant`.
    ///
    /// # Errors
    /// [`FollowError::Header`] and [`FollowError::History`].
    pub fn check(&self, descendant: &Header) -> Result<Header, FollowError> {
        let header = Header::decode(&self.header.0)?;
        let proof = &self.proof.0;
        let leaf = leaf_hash(&header.hash.0);
        let in_place = (proof.leaves, proof.index) == (descendant.height, header.height);
        if in_place && proof.verifies(&descendant.anchor.history_root, &leaf) {
            Ok(header)
        } else {
            Err(FollowError::History {
                height: descendant.height,
                ancestor: header.height,
            })
        }
    }
}
