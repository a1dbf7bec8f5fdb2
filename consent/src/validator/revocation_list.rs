//! A certificate revocation list as a source of answers: checked like a certificate, and silent about what it does not cover.
//!
//! JPKI publishes one list per municipality. A list of another municipality does not name the certificate either, so
//! absence means "good" only on the list that the certificate itself points to, and only while that list is fresh.

use std::collections::BTreeMap;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::SHA_256_WITH_RSA_ENCRYPTION;
use der::{Any, Encode as _};
use musubi_primitives::Moment;
use spki::AlgorithmIdentifierOwned;
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, IssuingDistributionPoint};
use x509_cert::time::Time;

use super::certificate::slice;
use super::revocation::{Revocation, RevocationQuery, RevocationSource};
use super::roots::{CertificateUse, Root, TrustedRoots};
use super::rsa;
use crate::strict_der;

/// Longest list that is read, in bytes: some hundred thousand revoked certificates.
pub const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Critical list extensions that are understood here.
const UNDERSTOOD: [ObjectIdentifier; 2] = [
    oid::ID_CE_ISSUING_DISTRIBUTION_POINT,
    oid::ID_CE_AUTHORITY_KEY_IDENTIFIER,
];

/// Why a list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationListError {
    /// Longer than [`LIST_BYTES_MAX`].
    #[error("list of {length} bytes, at most {LIST_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not DER, or not this structure.
    #[error("list structure: {0}")]
    Malformed(der::Error),
    /// Anything but sha256WithRSAEncryption.
    #[error("signature algorithm of the list")]
    SignatureAlgorithm,
    /// A critical extension that is not understood: a delta or an indirect list, for example.
    #[error("unknown critical extension {0}")]
    UnknownCriticalExtension(ObjectIdentifier),
    /// A part that must be there is not: key identifier, next update, distribution point.
    #[error("the list lacks its {0}")]
    Missing(&'static str),
    /// Not signed by a pinned root of this use.
    #[error("signature of the list")]
    Forged,
}

/// One list, checked.
pub struct RevocationList {
    issuer_key_identifier: Vec<u8>,
    distribution_point: Vec<u8>,
    this_update: Moment,
    next_update: Moment,
    revoked: BTreeMap<Vec<u8>, Moment>,
}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Serial numbers are never printed, nor how many there are of one municipality.
        formatter
            .debug_struct("RevocationList")
            .field("this_update", &self.this_update)
            .finish_non_exhaustive()
    }
}

impl RevocationList {
    /// Reads and checks a DER list of the roots of one use.
    ///
    /// # Errors
    ///
    /// [`RevocationListError`] saying why it is not believed.
    pub fn parse(
        roots: &TrustedRoots,
        certificate_use: CertificateUse,
        der: &[u8],
    ) -> Result<Self, RevocationListError> {
        if LIST_BYTES_MAX < der.len() {
            return Err(RevocationListError::TooLong { length: der.len() });
        }
        let (signed_bytes, signature) = slice(der).map_err(RevocationListError::Malformed)?;
        let list: CertificateList =
            strict_der::decode(der).map_err(RevocationListError::Malformed)?;
        require_algorithm(&list)?;
        let extensions = list
            .tbs_cert_list
            .crl_extensions
            .as_deref()
            .unwrap_or_default();
        require_understood(extensions)?;
        let issuer_key_identifier = key_identifier(extensions)?;
        let is_issuer = |root: &Root| {
            root.name == list.tbs_cert_list.issuer
                && rsa::verify(&root.public_key, signed_bytes, signature)
        };
        if !roots
            .candidates(certificate_use, &issuer_key_identifier)
            .any(is_issuer)
        {
            return Err(RevocationListError::Forged);
        }
        let next_update = list
            .tbs_cert_list
            .next_update
            .ok_or(RevocationListError::Missing("next update"))?;
        Ok(Self {
            issuer_key_identifier,
            distribution_point: distribution_point(extensions)?,
            this_update: moment(list.tbs_cert_list.this_update),
            next_update: moment(next_update),
            revoked: revoked(list.tbs_cert_list),
        })
    }

    /// Key identifier of the issuing root, and the name of the distribution point that the list is for.
    #[must_use]
    pub fn point(&self) -> (&[u8], &[u8]) {
        (&self.issuer_key_identifier, &self.distribution_point)
    }

    /// When the authority knew this.
    #[must_use]
    pub fn this_update(&self) -> Moment {
        self.this_update
    }

    /// True when the list can say "good": fresh for the time asked, and issued while the certificate could still be on it.
    #[must_use]
    pub fn covers(&self, query: &RevocationQuery<'_>) -> bool {
        query.at < self.next_update && self.this_update <= query.expires
    }
}

impl RevocationSource for RevocationList {
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation {
        let is_ours = query.issuer_key_identifier == self.issuer_key_identifier
            && query.distribution_point == Some(self.distribution_point.as_slice());
        if !is_ours {
            return Revocation::Unknown;
        }
        match self.revoked.get(query.serial) {
            Some(since) => Revocation::Revoked { since: *since },
            None if self.covers(query) => Revocation::Good,
            None => Revocation::Unknown,
        }
    }
}

fn require_algorithm(list: &CertificateList) -> Result<(), RevocationListError> {
    let expected = AlgorithmIdentifierOwned {
        oid: SHA_256_WITH_RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    };
    let agrees = list.signature_algorithm == expected && list.tbs_cert_list.signature == expected;
    if agrees {
        Ok(())
    } else {
        Err(RevocationListError::SignatureAlgorithm)
    }
}

fn require_understood(extensions: &[Extension]) -> Result<(), RevocationListError> {
    let is_unknown =
        |extension: &&Extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id);
    match extensions.iter().find(is_unknown) {
        Some(unknown) => Err(RevocationListError::UnknownCriticalExtension(
            unknown.extn_id,
        )),
        None => Ok(()),
    }
}

fn key_identifier(extensions: &[Extension]) -> Result<Vec<u8>, RevocationListError> {
    const MISSING: RevocationListError = RevocationListError::Missing("key identifier");
    let content = content_of(extensions, oid::ID_CE_AUTHORITY_KEY_IDENTIFIER).ok_or(MISSING)?;
    let identifier: AuthorityKeyIdentifier =
        strict_der::decode(content).map_err(RevocationListError::Malformed)?;
    Ok(identifier.key_identifier.ok_or(MISSING)?.into_bytes())
}

/// DER of the name that this list covers.
fn distribution_point(extensions: &[Extension]) -> Result<Vec<u8>, RevocationListError> {
    const MISSING: RevocationListError = RevocationListError::Missing("distribution point");
    let content = content_of(extensions, oid::ID_CE_ISSUING_DISTRIBUTION_POINT).ok_or(MISSING)?;
    let point: IssuingDistributionPoint =
        strict_der::decode(content).map_err(RevocationListError::Malformed)?;
    point_name(point.distribution_point).ok_or(MISSING)
}

/// The bytes by which a certificate and its list name the same distribution point.
pub(super) fn point_name(point: Option<DistributionPointName>) -> Option<Vec<u8>> {
    match point? {
        DistributionPointName::FullName(names) => names.to_der().ok(),
        DistributionPointName::NameRelativeToCRLIssuer(_) => None,
    }
}

/// The name of a distribution point in the form of RFC 4514, for configuration. None when it is no single directory name.
#[must_use]
pub fn point_text(point: &[u8]) -> Option<String> {
    let names = strict_der::decode::<Vec<GeneralName>>(point).ok()?;
    match names.as_slice() {
        [GeneralName::DirectoryName(name)] => Some(name.to_string()),
        _ => None,
    }
}

fn content_of(extensions: &[Extension], identifier: ObjectIdentifier) -> Option<&[u8]> {
    let found = extensions
        .iter()
        .find(|extension| extension.extn_id == identifier)?;
    Some(found.extn_value.as_bytes())
}

fn revoked(list: TbsCertList) -> BTreeMap<Vec<u8>, Moment> {
    let entries = list.revoked_certificates.unwrap_or_default().into_iter();
    entries
        .map(|entry| {
            (
                entry.serial_number.as_bytes().to_vec(),
                moment(entry.revocation_date),
            )
        })
        .collect()
}

fn moment(time: Time) -> Moment {
    time.to_unix_duration().as_secs().saturating_mul(1000)
}
