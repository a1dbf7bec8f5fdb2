//! A certificate revocation list as a source of answers: checked like a certificate, and silent about what it does not cover.
//!
//! JPKI publishes one list per municipality. A list of another municipality does not name the certificate either, so
//! absence means "good" only on the list that the certificate itself points to, and only while that list is fresh.
//!
//! The signature is checked over the bytes as they came, before one entry is looked at; what is kept afterwards takes less than twice
//! the memory of the list itself.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::SHA_256_WITH_RSA_ENCRYPTION;
use der::{Any, Encode as _};
use musubi_primitives::Moment;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, IssuingDistributionPoint};
use x509_cert::time::Time;

use super::list_parts::{Entries, ListParts, Serial};
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
    /// In the order of serial numbers, and of time where one stands twice.
    revoked: Vec<Revoked>,
}

/// One entry of the list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Revoked {
    serial: Serial,
    since: Moment,
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
        let parts = ListParts::find(der).map_err(RevocationListError::Malformed)?;
        require_algorithm(&parts)?;
        let extensions = extensions(&parts)?;
        require_understood(&extensions)?;
        let issuer_key_identifier = key_identifier(&extensions)?;
        require_signed(roots, certificate_use, &issuer_key_identifier, &parts)?;
        let next_update = parts
            .next_update
            .ok_or(RevocationListError::Missing("next update"))?;
        Ok(Self {
            issuer_key_identifier,
            distribution_point: distribution_point(&extensions)?,
            this_update: moment(parts.this_update),
            next_update: moment(next_update),
            revoked: revoked(parts.entries)?,
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

    fn revoked_since(&self, serial: &[u8]) -> Option<Moment> {
        let serial = Serial::new(serial)?;
        let place = self.revoked.partition_point(|entry| entry.serial < serial);
        let found = self.revoked.get(place)?;
        (found.serial == serial).then_some(found.since)
    }
}

impl RevocationSource for RevocationList {
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation {
        let is_ours = query.issuer_key_identifier == self.issuer_key_identifier
            && query.distribution_point == Some(self.distribution_point.as_slice());
        if !is_ours {
            return Revocation::Unknown;
        }
        match self.revoked_since(query.serial) {
            Some(since) => Revocation::Revoked { since },
            None if self.covers(query) => Revocation::Good,
            None => Revocation::Unknown,
        }
    }
}

fn require_algorithm(parts: &ListParts<'_>) -> Result<(), RevocationListError> {
    let expected = AlgorithmIdentifierOwned {
        oid: SHA_256_WITH_RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    };
    let expected = expected.to_der().map_err(RevocationListError::Malformed)?;
    if parts.algorithms == [expected.as_slice(); 2] {
        Ok(())
    } else {
        Err(RevocationListError::SignatureAlgorithm)
    }
}

/// A pinned root of this use, named by key and by name, signed the bytes as they stand.
fn require_signed(
    roots: &TrustedRoots,
    certificate_use: CertificateUse,
    issuer_key_identifier: &[u8],
    parts: &ListParts<'_>,
) -> Result<(), RevocationListError> {
    let is_issuer = |root: &Root| {
        root.name.to_der().is_ok_and(|name| name == parts.issuer)
            && rsa::verify(&root.public_key, parts.signed_bytes, parts.signature)
    };
    let mut candidates = roots.candidates(certificate_use, issuer_key_identifier);
    if candidates.any(is_issuer) {
        Ok(())
    } else {
        Err(RevocationListError::Forged)
    }
}

fn extensions(parts: &ListParts<'_>) -> Result<Vec<Extension>, RevocationListError> {
    if parts.extensions.is_empty() {
        return Ok(Vec::new());
    }
    strict_der::decode(parts.extensions).map_err(RevocationListError::Malformed)
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

/// Collects the entries, once it is known how many they are: a growing list would take up to three times the memory meanwhile.
fn revoked(entries: Entries<'_>) -> Result<Vec<Revoked>, RevocationListError> {
    let mut all = Vec::with_capacity(entries.clone().count());
    for entry in entries {
        let entry = entry.map_err(RevocationListError::Malformed)?;
        if let Some(unknown) = entry.critical_extension {
            return Err(RevocationListError::UnknownCriticalExtension(unknown));
        }
        all.push(Revoked {
            serial: entry.serial,
            since: moment(entry.since),
        });
    }
    all.sort_unstable();
    Ok(all)
}

fn moment(time: Time) -> Moment {
    time.to_unix_duration().as_secs().saturating_mul(1000)
}
