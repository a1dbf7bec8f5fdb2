//! Whose signature is this? Twelve checks from bytes to a verdict, each with its own refusal.
//!
//! 1. the original signed bytes are sliced, never re-encoded;
//! 2. the root is found by authority key identifier and decided by signature, among pinned roots only;
//! 3. validity holds at the time of signing;
//! 4. key usage is that of the certificate's use;
//! 5. the root is an authority and the certificate is not;
//! 6. the policy is that of this environment;
//! 7. unknown critical extensions are refused;
//! 8. the key is RSA with exactly 2048 bits and e = 65537, or of another algorithm that the environment lists;
//! 9. the signature is over our exact domain-separated bytes;
//! 10. revocation is one of four states, and "not known" never becomes "good";
//! 11. duplicate names in the alternative name are refused;
//! 12. an authentication certificate never signs a consent.
//!
//! The list answers two advisories of the field: a chain check that looked only at the RSA signature, and a document
//! check that covered only part of the document.

mod certificate;
mod extensions;
mod holder_key;
mod list_parts;
mod ocsp;
mod p384;
mod responder;
mod revocation;
mod revocation_list;
mod roots;
mod rsa;

pub use certificate::{
    CERTIFICATE_BYTES_MAX, CertificateError, CertificateFacts, SignerCertificate,
};
pub use holder_key::CardAlgorithm;
pub use ocsp::{IssuerHash, OCSP_AGE_MAX, OCSP_BYTES_MAX, OcspAnswer, OcspError, OcspRequest};
pub use revocation::{NoRevocationSource, Revocation, RevocationQuery, RevocationSource};
pub use revocation_list::{LIST_BYTES_MAX, RevocationList, RevocationListError, point_text};
pub use roots::{CertificateUse, Environment, RootError, TrustedRoots};

use musubi_primitives::Moment;

use self::certificate::Sliced;
use self::holder_key::HolderKey;
use crate::cms::{CmsError, SignedCms};
use crate::signed_content::SignedContent;

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerificationError {
    /// The CMS is not of our form.
    #[error("read the signature")]
    Cms(#[from] CmsError),
    /// The certificate is refused.
    #[error("accept the certificate")]
    Certificate(#[from] CertificateError),
    /// The signature is over other bytes, or by another key.
    #[error("match the signature to the signed content")]
    SignatureMismatch,
    /// The certificate was already revoked when it signed.
    #[error("the certificate was revoked before it signed")]
    Revoked {
        /// Since when.
        since: Moment,
    },
}

/// A signature that counts, and how sure we are that its certificate was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whose.
    pub certificate: SignerCertificate,
    /// What is known about revocation: good, unknown, not checked, or revoked only after it signed.
    pub revocation: Revocation,
}

/// How long an attester waits for the revocation answer to a signature made without a network, in milliseconds: seven days after
/// signing, as long as a withdrawal may travel. Then the signature no longer counts.
pub const REVOCATION_PENDING_MAX: Moment = 7 * 24 * 3600 * 1000;

/// Where a valid signature stands while its revocation answer may still be out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is left to find out.
    Conclusive,
    /// Signature valid, revocation pending.
    Pending {
        /// First moment at which the answer comes too late.
        until: Moment,
    },
    /// The answer did not come in time: the person is asked again.
    Overdue,
}

impl Verification {
    /// Where the signature stands at `now`.
    #[must_use]
    pub fn standing(&self, signed_at: Moment, now: Moment) -> Standing {
        let until = signed_at.saturating_add(REVOCATION_PENDING_MAX);
        if self.is_conclusive() {
            Standing::Conclusive
        } else if now < until {
            Standing::Pending { until }
        } else {
            Standing::Overdue
        }
    }

    /// True when nothing is left to find out. False while the revocation answer is pending: "signature valid, revocation pending".
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        match self.revocation {
            Revocation::Good | Revocation::Revoked { .. } => true,
            Revocation::Unknown | Revocation::NotChecked => false,
        }
    }
}

/// Checks 1, 8 and 9 alone: the key in the CMS' own certificate signed exactly `content`. Who issued the certificate, whether it was valid
/// or revoked, and what it may be used for stays open: enough to notice a card that signs nonsense, never enough to believe anybody.
///
/// # Errors
///
/// [`VerificationError`] saying which of them failed.
pub fn verify_own_signature(cms: &[u8], content: &SignedContent) -> Result<(), VerificationError> {
    let cms = SignedCms::parse(cms)?;
    let sliced = Sliced::parse(&cms.certificate)?;
    let info = &sliced.certificate.tbs_certificate.subject_public_key_info;
    let key = HolderKey::of(info, &CardAlgorithm::ALL)?;
    if key.has_signed(&content.to_bytes(), &cms.signature) {
        Ok(())
    } else {
        Err(VerificationError::SignatureMismatch)
    }
}

/// Checks a CMS over `content`, made at `signed_at` with a certificate for `certificate_use`.
///
/// # Errors
///
/// [`VerificationError`] saying which of the twelve checks failed.
pub fn verify(
    roots: &TrustedRoots,
    revocations: &dyn RevocationSource,
    certificate_use: CertificateUse,
    cms: &[u8],
    content: &SignedContent,
    signed_at: Moment,
) -> Result<Verification, VerificationError> {
    let cms = SignedCms::parse(cms)?;
    let certificate =
        SignerCertificate::validate(roots, certificate_use, &cms.certificate, signed_at)?;
    if !certificate.has_signed(&content.to_bytes(), &cms.signature) {
        return Err(VerificationError::SignatureMismatch);
    }
    let revocation = revocations.revocation(&certificate.revocation_query(signed_at));
    match revocation {
        Revocation::Revoked { since } if since <= signed_at => {
            Err(VerificationError::Revoked { since })
        }
        Revocation::Revoked { .. }
        | Revocation::Good
        | Revocation::Unknown
        | Revocation::NotChecked => Ok(Verification {
            certificate,
            revocation,
        }),
    }
}
