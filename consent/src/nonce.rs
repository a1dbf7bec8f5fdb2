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

/// How long ago a document may have been signed when it is handed in under a nonce for a visit to the counter: the time of signing is
/// the terminal's word, and a certificate that has ended since must not be brought back by it.
pub const SIGNED_AGE_MAX: Moment = 15 * 60 * 1000;

/// How long after the end of its batch a document that was signed without a network may be handed in: the vehicle is home by then.
pub const HAND_IN_MAX: Moment = 24 * 3600 * 1000;

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
    /// Issued for something else: a check-in, say, and used for a consent.
    #[error("nonce for another use")]
    OtherUse,
    /// Signed in time and handed in too late.
    #[error("signed too long ago")]
    TooLate,
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
    /// Bytes for the wire (SCALE).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

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

/// What a nonce is for, which says how soon after signing it must be back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum NonceUse {
    /// A document that is signed and handed in at once, within [`SIGNED_AGE_MAX`].
    #[codec(index = 0)]
    Document,
    /// A check-in: handed in while the nonce holds, or never.
    #[codec(index = 1)]
    CheckIn,
    /// A document that is signed without a network, and handed in up to [`HAND_IN_MAX`] after the end of its batch.
    #[codec(index = 2)]
    Offline,
}

/// What a verifier remembers of one nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssuedNonce {
    terminal: AccountId,
    not_before: Moment,
    not_after: Moment,
    nonce_use: NonceUse,
    spent: bool,
}

impl IssuedNonce {
    /// A nonce of `batch`, not yet spent.
    #[must_use]
    pub fn of(batch: &NonceBatch, nonce_use: NonceUse) -> Self {
        Self {
            terminal: batch.terminal,
            not_before: batch.not_before,
            not_after: batch.not_after,
            nonce_use,
            spent: false,
        }
    }

    /// What it was issued for.
    #[must_use]
    pub fn nonce_use(&self) -> NonceUse {
        self.nonce_use
    }

    /// The terminal that alone may use it.
    #[must_use]
    pub fn terminal(&self) -> AccountId {
        self.terminal
    }

    /// True while an unused nonce for use without a network burdens the verifier's book for `terminal`.
    #[must_use]
    pub fn is_carried_by(&self, terminal: &AccountId, now: Moment) -> bool {
        let is_offline = self.nonce_use == NonceUse::Offline;
        is_offline && self.terminal == *terminal && !self.spent && now < self.not_after
    }

    /// Whether a document signed at `signed_at` comes back soon enough.
    ///
    /// # Errors
    ///
    /// [`NonceError::TooLate`].
    pub fn require_in_time(&self, signed_at: Moment, now: Moment) -> Result<(), NonceError> {
        let latest = match self.nonce_use {
            NonceUse::Document => signed_at.saturating_add(SIGNED_AGE_MAX),
            NonceUse::CheckIn => self.not_after.saturating_sub(1),
            NonceUse::Offline => self.not_after.saturating_add(HAND_IN_MAX),
        };
        if now <= latest {
            Ok(())
        } else {
            Err(NonceError::TooLate)
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

    /// True when the nonce may be forgotten at `moment`: nothing signed under it could be handed in any more, and it is refused as
    /// unknown from then on.
    #[must_use]
    pub fn is_over(&self, moment: Moment) -> bool {
        let latest = match self.nonce_use {
            NonceUse::Document => self.not_after.saturating_add(SIGNED_AGE_MAX),
            NonceUse::CheckIn => self.not_after,
            NonceUse::Offline => self.not_after.saturating_add(HAND_IN_MAX),
        };
        latest < moment
    }
}

/// A verifier's book of nonces in memory. The register keeps one on disk by the same rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NonceBook {
    issued: BTreeMap<[u8; 32], IssuedNonce>,
}

impl NonceBook {
    /// Enters every nonce of a batch. One that was issued before keeps its first entry.
    pub fn issue(&mut self, batch: &NonceBatch, nonce_use: NonceUse) {
        for nonce in &batch.nonces {
            let fresh = IssuedNonce::of(batch, nonce_use);
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

    /// Forgets nonces that were over before `moment`: they are refused as unknown from then on.
    pub fn forget_before(&mut self, moment: Moment) {
        self.issued.retain(|_, issued| !issued.is_over(moment));
    }
}
