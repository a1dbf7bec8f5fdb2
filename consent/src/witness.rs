//! Consent without a card: two officers of the home municipality witness it, each with a key of their own.
//!
//! For people without a signing certificate. The level of assurance is the lowest, and the chain lets a scope refuse it (K9); what it
//! does not lower is the statement: the same canonical bytes, shown in the same words.

use std::collections::BTreeSet;

use codec::{Decode, DecodeAll as _, Encode};
use musubi_primitives::finality::verify_ed25519;
use musubi_primitives::{AccountId, AssuranceLevel, VerifyingKey, domain};

use crate::attestation::{Claim, Disagreement, check_authority, open};
use crate::evidence::EvidenceError;
use crate::signed_content::SignedContent;

/// How many officers witness.
const OFFICERS: usize = 2;

/// Longest encoded record, in bytes: two signatures and little more.
const RECORD_BYTES_MAX: usize = 256;

/// One officer's word.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WitnessSignature {
    /// Who.
    pub officer: AccountId,
    /// Ed25519 over [`WitnessRecord::signing_bytes`].
    pub signature: [u8; 64],
}

/// The officers' words, which stand in the evidence where a CMS stands otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WitnessRecord {
    /// Two of them.
    pub signatures: Vec<WitnessSignature>,
}

impl WitnessRecord {
    /// The bytes that each officer signs: that the person agreed to exactly this content before their eyes.
    #[must_use]
    pub fn signing_bytes(content: &SignedContent) -> Vec<u8> {
        [domain::WITNESS, &content.to_bytes()].concat()
    }

    /// Reads a record (SCALE).
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if RECORD_BYTES_MAX < bytes.len() {
            return Err(EvidenceError::Malformed);
        }
        Self::decode_all(&mut &bytes[..]).map_err(|_| EvidenceError::Malformed)
    }

    /// Who says that they saw it; whether they did, [`judge_witnessed`] finds.
    pub fn named(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.signatures.iter().map(|one| one.officer)
    }

    /// Officers whose signature holds, each once.
    fn holding(&self, content: &SignedContent) -> BTreeSet<AccountId> {
        let message = Self::signing_bytes(content);
        let holds = |one: &&WitnessSignature| {
            verify_ed25519(&VerifyingKey(one.officer.0), &one.signature, &message)
        };
        self.signatures
            .iter()
            .filter(holds)
            .map(|one| one.officer)
            .collect()
    }
}

/// The officers of the home municipality, as the chain knows them at the time of signing.
pub type Witnesses<'a> = &'a [AccountId];

/// Judges a witnessed consent as [`crate::attestation::judge`] judges a signed one; the officers take the place of the card.
///
/// # Errors
///
/// [`Disagreement`] naming the first thing that differs.
pub fn judge_witnessed(claim: &Claim<'_>, officers: Witnesses<'_>) -> Result<(), Disagreement> {
    let statement = open(claim)?;
    let fields = statement.fields();
    if fields.assurance != AssuranceLevel::Witnessed {
        return Err(Disagreement::Assurance(fields.assurance));
    }
    let content = SignedContent::of(&statement, claim.genesis);
    let witnesses = WitnessRecord::parse(&claim.evidence.cms)
        .map(|record| record.holding(&content))
        .unwrap_or_default();
    let ours = witnesses
        .iter()
        .filter(|officer| officers.contains(officer))
        .count();
    if ours < OFFICERS {
        return Err(Disagreement::Witnesses(ours));
    }
    check_authority(claim, fields)
}
