//! The evidence vault: what was signed, and what this municipality found when it judged it.
//!
//! It lies in the register because it is the same kind of thing under the same key: personal, this municipality's alone, backed up and
//! restored together. Evidence and finding are written with the nonce they rest on in one batch, so that no crash leaves a
//! nonce spent for nothing or evidence that could be used again. What is pending is found here again after a start: the vault is the
//! queue of signatures whose revocation answer is still out.
//!
//! Erasing rewrites the files that held it and leaves a signed [`ErasedEvidence`]. A backup older than the erasure still has it:
//! backups are kept no longer than the law gives for erasing.

use codec::{Decode, DecodeAll as _, Encode};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_consent::validator::Revocation;
use musubi_consent::{Evidence, NonceError};
use musubi_primitives::finality::verify_ed25519;
use musubi_primitives::{
    AccountId, BlockHash, Commitment, MemberId, Moment, Salt, VerifyingKey, domain,
};

use crate::store::{EVIDENCE, FINDINGS, Register, RegisterError};
use rocksdb::WriteBatch;
use zeroize::Zeroizing;

/// What a piece of evidence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum EvidenceKind {
    /// A consent, by its identifier.
    #[codec(index = 0)]
    Consent([u8; 32]),
    /// A card binding, by its identifier.
    #[codec(index = 1)]
    Binding([u8; 32]),
    /// A withdrawal, by the consent that it ends.
    #[codec(index = 2)]
    Withdrawal([u8; 32]),
    /// A check-in, by its session.
    #[codec(index = 3)]
    CheckIn([u8; 32]),
    /// The card that a person checks in with, by the binding under which it was shown.
    #[codec(index = 5)]
    CheckInCard([u8; 32]),
    /// A consent that two officers witnessed, by its identifier: no certificate, so nothing to ask about one.
    #[codec(index = 6)]
    Witnessed([u8; 32]),
    /// A paper that the counter took in (委任状, 申立書), by the pseudonym or consent that it is about.
    #[codec(index = 7)]
    Paper([u8; 32]),
}

impl EvidenceKind {
    /// Whether it rests on a certificate that may have been revoked.
    fn rests_on_certificate(self) -> bool {
        match self {
            Self::Consent(_)
            | Self::Binding(_)
            | Self::Withdrawal(_)
            | Self::CheckIn(_)
            | Self::CheckInCard(_) => true,
            Self::Witnessed(_) | Self::Paper(_) => false,
        }
    }
}

/// What this municipality found. Never leaves it: an auditor gets [`musubi_consent::audit`]'s verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Finding {
    /// What about.
    pub kind: EvidenceKind,
    /// When it was judged last.
    pub judged_at: Moment,
    /// What was known of the certificate then.
    pub revocation: Revocation,
    /// Set where the signature does not count after all.
    pub rejected: Option<Rejection>,
}

/// Why a signature that was taken in as valid and pending does not count after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Rejection {
    /// Judged again when the answer was in, it did not agree: revoked before it signed, or what it rests on had changed.
    #[codec(index = 0)]
    Disagreed,
    /// No answer came in time.
    #[codec(index = 1)]
    Overdue,
}

impl Finding {
    /// True while the revocation answer is still out and somebody waits for it.
    pub fn is_pending(&self) -> bool {
        if self.rejected.is_some() || !self.kind.rests_on_certificate() {
            return false;
        }
        match self.revocation {
            Revocation::Good | Revocation::Revoked { .. } => false,
            Revocation::Unknown | Revocation::NotChecked => true,
        }
    }
}

/// Which nonce evidence uses up, and at which terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The nonce.
    pub nonce: [u8; 32],
    /// The terminal.
    pub terminal: AccountId,
}

/// Why evidence was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Its nonce does not count.
    #[error("spend the nonce")]
    Nonce(#[from] NonceError),
    /// A fault of this machine.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// A municipality's word that it has destroyed evidence.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ErasedEvidence {
    /// Who destroyed.
    pub holder: MemberId,
    /// Commitment to the document, as it stands on chain.
    pub commitment: Commitment,
    /// When, by the holder's clock.
    pub at: Moment,
    /// Ed25519 signature of the holder's verifier key.
    pub signature: [u8; 64],
}

/// Who signs for an erasure.
#[derive(Clone, Copy)]
pub struct Eraser<'a> {
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// The municipality.
    pub member: MemberId,
    /// Its verifier key.
    pub key: &'a SigningKey,
}

impl std::fmt::Debug for Eraser<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Eraser({}, key hidden)", self.member)
    }
}

impl ErasedEvidence {
    /// Signs one.
    fn sign(eraser: &Eraser<'_>, commitment: Commitment, at: Moment) -> Self {
        let mut receipt = Self {
            holder: eraser.member,
            commitment,
            at,
            signature: [0; 64],
        };
        let message = receipt.signing_bytes(&eraser.genesis);
        receipt.signature = eraser.key.sign(&message).to_bytes();
        receipt
    }

    /// Whether the holder's key signed it on this chain.
    pub fn verifies(&self, genesis: &BlockHash, key: &VerifyingKey) -> bool {
        verify_ed25519(key, &self.signature, &self.signing_bytes(genesis))
    }

    fn signing_bytes(&self, genesis: &BlockHash) -> Vec<u8> {
        let content = (genesis, self.holder, self.commitment, self.at);
        [domain::EVIDENCE_ERASURE, &content.encode()].concat()
    }
}

impl Register {
    /// Takes evidence in with what was found, and spends its nonce, at once or not at all.
    ///
    /// # Errors
    /// [`IntakeError::Nonce`] when the nonce does not count; nothing is written then.
    pub fn take_in(
        &self,
        spending: &Spending,
        evidence: &Evidence,
        finding: &Finding,
    ) -> Result<(), IntakeError> {
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        self.spend_into(&mut batch, spending, evidence.signed_at)?;
        let commitment = evidence.commitment();
        let plain = Zeroizing::new(evidence.encode());
        self.put_sealed(&mut batch, EVIDENCE, &commitment.0, &plain)?;
        self.put_sealed(&mut batch, FINDINGS, &commitment.0, &finding.encode())?;
        Ok(self.write(batch, "take evidence in")?)
    }

    /// Takes in a paper about a person or a consent; what the chain may be told of it. The municipality alone can open it.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn keep_paper(
        &self,
        about: [u8; 32],
        paper: &[u8],
        at: Moment,
    ) -> Result<Commitment, RegisterError> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(RegisterError::Randomness)?;
        let evidence = Evidence {
            document: paper.to_vec(),
            salt: Salt(salt),
            cms: Vec::new(),
            signed_at: at,
        };
        let finding = Finding {
            kind: EvidenceKind::Paper(about),
            judged_at: at,
            revocation: Revocation::NotChecked,
            rejected: None,
        };
        let _writer = self.known_for_writing()?;
        let mut batch = WriteBatch::default();
        let commitment = evidence.commitment();
        let plain = Zeroizing::new(evidence.encode());
        self.put_sealed(&mut batch, EVIDENCE, &commitment.0, &plain)?;
        self.put_sealed(&mut batch, FINDINGS, &commitment.0, &finding.encode())?;
        self.write(batch, "take a paper in")?;
        Ok(commitment)
    }

    /// Evidence with what was found, by the commitment to its document.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn judged(
        &self,
        commitment: &Commitment,
    ) -> Result<Option<(Evidence, Finding)>, RegisterError> {
        let Some(finding) = self.finding(commitment)? else {
            return Ok(None);
        };
        let evidence = self
            .evidence(&commitment.0)?
            .ok_or(RegisterError::Damaged)?;
        let evidence =
            Evidence::decode_all(&mut evidence.as_slice()).map_err(|_| RegisterError::Damaged)?;
        Ok(Some((evidence, finding)))
    }

    /// Replaces what was found, when the revocation answer came in. False where there is no such evidence (any more).
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn judge_again(
        &self,
        commitment: &Commitment,
        finding: &Finding,
    ) -> Result<bool, RegisterError> {
        let _writer = self.known_for_writing()?;
        if self.finding(commitment)?.is_none() {
            return Ok(false);
        }
        let mut batch = WriteBatch::default();
        self.put_sealed(&mut batch, FINDINGS, &commitment.0, &finding.encode())?;
        self.write(batch, "note a finding")?;
        Ok(true)
    }

    /// Everything whose revocation answer is still out.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn pending(&self) -> Result<Vec<(Commitment, Finding)>, RegisterError> {
        self.findings(Finding::is_pending)
    }

    /// Everything that was found and is wanted, in the order of commitments.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn findings(
        &self,
        is_wanted: impl Fn(&Finding) -> bool,
    ) -> Result<Vec<(Commitment, Finding)>, RegisterError> {
        let mut wanted = Vec::new();
        for (key, value) in self.all(FINDINGS)? {
            let commitment = <[u8; 32]>::try_from(key).map_err(|_| RegisterError::Damaged)?;
            let finding =
                Finding::decode_all(&mut value.as_slice()).map_err(|_| RegisterError::Damaged)?;
            if is_wanted(&finding) {
                wanted.push((Commitment(commitment), finding));
            }
        }
        Ok(wanted)
    }

    /// Destroys evidence and finding and signs for it. Asked again, it signs again.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn erase(
        &self,
        commitment: &Commitment,
        eraser: &Eraser<'_>,
        at: Moment,
    ) -> Result<ErasedEvidence, RegisterError> {
        self.erase_evidence(&commitment.0)?;
        Ok(ErasedEvidence::sign(eraser, *commitment, at))
    }

    fn finding(&self, commitment: &Commitment) -> Result<Option<Finding>, RegisterError> {
        let found = self.get(FINDINGS, &commitment.0)?;
        found
            .map(|bytes| {
                Finding::decode_all(&mut bytes.as_slice()).map_err(|_| RegisterError::Damaged)
            })
            .transpose()
    }
}
