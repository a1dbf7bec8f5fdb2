//! The second look: whether an old consent was rightly attested, judged again as of the time of signing from what the vault kept.
//!
//! The municipality runs it; the auditor sees the verdict. Whether and when a certificate was revoked may not leave the verifier that
//! asked (JPKI act, art. 52), so a revoked certificate and a wrong signature are one and the same ground.

use serde::{Deserialize, Serialize};

use crate::attestation::{Claim, Disagreement, Verdict, judge};
use crate::validator::{Revocation, RevocationQuery, RevocationSource, TrustedRoots};
use crate::witness::{Witnesses, judge_witnessed};

/// What an auditor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditVerdict {
    /// The chain says what the person signed, and the signature counted.
    Upheld,
    /// The same, except that the check of the certificate was never finished.
    Open,
    /// It should not have been attested.
    Refuted(Ground),
}

/// Why a consent should not have been attested. No more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The evidence does not open the commitment, or is no statement.
    Statement,
    /// The chain says something else than the statement.
    Terms,
    /// The attester was not the statement's.
    Attester,
    /// The signature or its certificate did not count.
    Signature,
    /// The card was not the one bound to the person.
    Card,
    /// The signer had no such authority.
    Authority,
}

/// What was found out when the evidence was first judged, as a source of answers.
struct Found(Revocation);

impl RevocationSource for Found {
    fn revocation(&self, _: &RevocationQuery<'_>) -> Revocation {
        self.0
    }
}

/// Judges a claim again. `found` is what the vault keeps of the first judgement; binding and guardian in the claim are those of the
/// time of signing.
#[must_use]
pub fn audit(claim: &Claim<'_>, roots: &TrustedRoots, found: Revocation) -> AuditVerdict {
    match judge(claim, roots, &Found(found)) {
        Verdict::Attest(verification) if verification.is_conclusive() => AuditVerdict::Upheld,
        Verdict::Attest(_) => AuditVerdict::Open,
        Verdict::Disagree(disagreement) => AuditVerdict::Refuted(ground(&disagreement)),
    }
}

/// Judges a witnessed claim again. `officers` are those of the home municipality at the time of signing.
#[must_use]
pub fn audit_witnessed(claim: &Claim<'_>, officers: Witnesses<'_>) -> AuditVerdict {
    match judge_witnessed(claim, officers) {
        Ok(()) => AuditVerdict::Upheld,
        Err(disagreement) => AuditVerdict::Refuted(ground(&disagreement)),
    }
}

fn ground(disagreement: &Disagreement) -> Ground {
    match disagreement {
        Disagreement::Commitment | Disagreement::Statement(_) => Ground::Statement,
        Disagreement::Terms(_) => Ground::Terms,
        Disagreement::Attester | Disagreement::SecondOfProtected | Disagreement::Witnesses(_) => {
            Ground::Attester
        }
        Disagreement::Assurance(_) | Disagreement::Signature(_) => Ground::Signature,
        Disagreement::NoBinding | Disagreement::OtherCard => Ground::Card,
        Disagreement::NoAuthority
        | Disagreement::AuthorityOver
        | Disagreement::AuthorityDiffers
        | Disagreement::OutlivesAuthority => Ground::Authority,
    }
}
