//! Nonces: issued by a verifier, bound to one terminal and an expiry, spent once.
//!
//! A terminal without a network carries a [`NonceBatch`] that its municipality signed beforehand; what it collects is
//! checked against the [`NonceBook`] when it is back. A nonce that was spent before a crash must stay spent, so the book that counts is
//! the one on disk: `node/register` keeps it, by the rules of [`IssuedNonce`].

use std::collections::BTreeMap;

use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::finality::verify_ed25519;
use musubi_primitives::{AccountId, BlockHash, MemberId, Moment, VerifyingKey, domain};

/// Most nonces in one batch: a day of a vehicle's families.
pub const BATCH_NONCES_MAX: usize = 256;

/// Longest life of a batch: three days.
pub const BATCH_PERIOD_MAX: Moment = 3 * 24 * 3600 * 1000;

/// Longest encoded batch: its nonces and less than 256 bytes around them.
const BATCH_BYTES_MAX: usize = BATCH_NONCES_MAX * 32 + 256;

/// Why a batch or a nonce is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NonceError {
    /// Not a batch, or larger than one may be.
    #[error("read the nonce batch")]
    Malformed,
    /// The batch belongs to another chain.
    #[error("nonce batch of another chain")]
    OtherChain,
    /// The batch or nonce was issued to another terminal.
    #[error("nonce of another terminal")]
    OtherTerminal,
    /// Not yet, or no longer, usable.
    #[error("nonce outside its period")]
    OutsidePeriod,
    /// The verifier did not sign this batch.
    #[error("signature of the nonce batch")]
    Forged,
    /// Never issued by this verifier.
    #[error("nonce never issued")]
    Unknown,
    /// Used before.
    #[error("nonce already spent")]
    Spent,
}

/// Nonces for one terminal, to be used without a network.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NonceBatch {
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// The member whose verifier issues.
    pub verifier: MemberId,
    /// The terminal that may use them.
    pub terminal: AccountId,
    /// First moment at which they may be used.
    pub not_before: Moment,
    /// First moment at which they may no longer be used.
    pub not_after: Moment,
    /// Random, each used once.
    pub nonces: Vec<[u8; 32]>,
}

/// A batch with its verifier's Ed25519 signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedNonceBatch {
    /// The batch.
    pub batch: NonceBatch,
    /// Over [`NonceBatch::signing_bytes`].
    pub signature: [u8; 64],
}

impl NonceBatch {
    /// The bytes that the verifier signs.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        [domain::NONCE_BATCH, &self.encode()].concat()
    }

    fn is_within_bounds(&self) -> bool {
        let period = self.not_after.checked_sub(self.not_before);
        let has_period = period.is_some_and(|period| 0 < period && period <= BATCH_PERIOD_MAX);
        has_period && !self.nonces.is_empty() && self.nonces.len() <= BATCH_NONCES_MAX
    }
}

impl SignedNonceBatch {
    /// Reads a batch (SCALE).
    ///
    /// # Errors
    ///
    /// [`NonceError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NonceError> {
        if BATCH_BYTES_MAX < bytes.len() {
            return Err(NonceError::Malformed);
        }
        Self::decode_all(&mut &bytes[..]).map_err(|_| NonceError::Malformed)
    }

    /// What a terminal checks before it shows a statement under one of these nonces.
    ///
    /// # Errors
    ///
    /// [`NonceError`] naming what is wrong.
    pub fn check(
        &self,
        genesis: &BlockHash,
        verifier: &VerifyingKey,
        terminal: &AccountId,
        now: Moment,
    ) -> Result<(), NonceError> {
        let batch = &self.batch;
        if !batch.is_within_bounds() {
            return Err(NonceError::Malformed);
        }
        if batch.genesis != *genesis {
            return Err(NonceError::OtherChain);
        }
        if batch.terminal != *terminal {
            return Err(NonceError::OtherTerminal);
        }
        if now < batch.not_before || batch.not_after <= now {
            return Err(NonceError::OutsidePeriod);
        }
        let is_signed = verify_ed25519(verifier, &self.signature, &batch.signing_bytes());
        if is_signed {
            Ok(())
        } else {
            Err(NonceError::Forged)
        }
    }
}

/// What a verifier remembers of one nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssuedNonce {
    terminal: AccountId,
    not_before: Moment,
    not_after: Moment,
    spent: bool,
}

impl IssuedNonce {
    /// A nonce of `batch`, not yet spent.
    #[must_use]
    pub fn of(batch: &NonceBatch) -> Self {
        Self {
            terminal: batch.terminal,
            not_before: batch.not_before,
            not_after: batch.not_after,
            spent: false,
        }
    }

    /// The nonce after `terminal` used it at `signed_at`.
    ///
    /// # Errors
    ///
    /// [`NonceError`] naming why it does not count.
    pub fn spend(self, terminal: &AccountId, signed_at: Moment) -> Result<Self, NonceError> {
        if self.terminal != *terminal {
            return Err(NonceError::OtherTerminal);
        }
        if signed_at < self.not_before || self.not_after <= signed_at {
            return Err(NonceError::OutsidePeriod);
        }
        if self.spent {
            return Err(NonceError::Spent);
        }
        Ok(Self {
            spent: true,
            ..self
        })
    }

    /// True when the nonce may be forgotten at `moment`: it could not be spent any more and is refused as unknown from then on.
    #[must_use]
    pub fn is_over(&self, moment: Moment) -> bool {
        self.not_after < moment
    }
}

/// A verifier's book of nonces in memory. The register keeps one on disk by the same rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NonceBook {
    issued: BTreeMap<[u8; 32], IssuedNonce>,
}

impl NonceBook {
    /// Enters every nonce of a batch. One that was issued before keeps its first entry.
    pub fn issue(&mut self, batch: &NonceBatch) {
        for nonce in &batch.nonces {
            let fresh = IssuedNonce::of(batch);
            self.issued.entry(*nonce).or_insert(fresh);
        }
    }

    /// Spends a nonce that `terminal` used at `signed_at`.
    ///
    /// # Errors
    ///
    /// [`NonceError`] naming why it does not count; the book is then unchanged.
    pub fn spend(
        &mut self,
        nonce: &[u8; 32],
        terminal: &AccountId,
        signed_at: Moment,
    ) -> Result<(), NonceError> {
        let issued = self.issued.get_mut(nonce).ok_or(NonceError::Unknown)?;
        *issued = issued.spend(terminal, signed_at)?;
        Ok(())
    }

    /// Forgets nonces that ended before `moment`: they are refused as unknown from then on.
    pub fn forget_before(&mut self, moment: Moment) {
        self.issued.retain(|_, issued| !issued.is_over(moment));
    }
}
