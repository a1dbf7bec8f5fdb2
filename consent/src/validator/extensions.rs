//! Extensions of a certificate, looked up strictly: each at most once, and no critical one that nobody here understands.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::ID_CE_CERTIFICATE_POLICIES;
use der::DecodeOwned;
use x509_cert::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, CertificatePolicies, KeyUsage, KeyUsages};

use super::certificate::CertificateError;
use super::revocation_list::point_name;
use super::roots::{CertificateUse, Environment};
use crate::strict_der;

/// Most extensions that a certificate may have; JPKI's have nine.
const EXTENSIONS_MAX: usize = 20;

/// Critical extensions that the checks here act on.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    oid::ID_CE_BASIC_CONSTRAINTS,
    oid::ID_CE_KEY_USAGE,
    ID_CE_CERTIFICATE_POLICIES,
    oid::ID_CE_SUBJECT_ALT_NAME,
];

/// Those of an OCSP responder's certificate.
const UNDERSTOOD_OF_RESPONDER: [ObjectIdentifier; 3] = [
    oid::ID_CE_BASIC_CONSTRAINTS,
    oid::ID_CE_KEY_USAGE,
    oid::ID_CE_EXT_KEY_USAGE,
];

/// The extensions of one certificate.
pub(super) struct Extensions<'a> {
    all: &'a [Extension],
}

impl<'a> Extensions<'a> {
    /// Check 7: each identifier once, every critical one understood.
    pub(super) fn of(certificate: &'a TbsCertificate) -> Result<Self, CertificateError> {
        Self::checked(certificate, &UNDERSTOOD)
    }

    /// The same for the certificate of an OCSP responder.
    pub(super) fn of_responder(certificate: &'a TbsCertificate) -> Result<Self, CertificateError> {
        Self::checked(certificate, &UNDERSTOOD_OF_RESPONDER)
    }

    fn checked(
        certificate: &'a TbsCertificate,
        understood: &[ObjectIdentifier],
    ) -> Result<Self, CertificateError> {
        let all = certificate.extensions.as_deref().unwrap_or_default();
        if EXTENSIONS_MAX < all.len() {
            return Err(CertificateError::TooManyExtensions);
        }
        for (position, extension) in all.iter().enumerate() {
            if all
                .iter()
                .skip(position.saturating_add(1))
                .any(|other| other.extn_id == extension.extn_id)
            {
                return Err(CertificateError::DuplicateExtension(extension.extn_id));
            }
            if extension.critical && !understood.contains(&extension.extn_id) {
                return Err(CertificateError::UnknownCriticalExtension(
                    extension.extn_id,
                ));
            }
        }
        Ok(Self { all })
    }

    /// An extension that may be absent.
    pub(super) fn optional<T: DecodeOwned>(
        &self,
        identifier: ObjectIdentifier,
    ) -> Result<Option<T>, CertificateError> {
        let Some(found) = self
            .all
            .iter()
            .find(|extension| extension.extn_id == identifier)
        else {
            return Ok(None);
        };
        strict_der::decode(found.extn_value.as_bytes())
            .map(Some)
            .map_err(CertificateError::Malformed)
    }

    /// An extension that must be there.
    pub(super) fn required<T: DecodeOwned>(
        &self,
        identifier: ObjectIdentifier,
    ) -> Result<T, CertificateError> {
        self.optional(identifier)?
            .ok_or(CertificateError::MissingExtension(identifier))
    }

    /// An extension that must be there and be critical, as the profile of JPKI's certificates has it (RFC 5280, 4.2.1.3 for key usage).
    fn required_critical<T: DecodeOwned>(
        &self,
        identifier: ObjectIdentifier,
    ) -> Result<T, CertificateError> {
        let content = self.required(identifier)?;
        let is_critical =
            |extension: &Extension| extension.extn_id == identifier && extension.critical;
        if self.all.iter().any(is_critical) {
            Ok(content)
        } else {
            Err(CertificateError::NotCritical(identifier))
        }
    }

    /// Check 5, for roots: basicConstraints cA and keyCertSign.
    pub(super) fn is_authority(&self) -> Result<bool, CertificateError> {
        let constraints: Option<BasicConstraints> = self.optional(oid::ID_CE_BASIC_CONSTRAINTS)?;
        let usage: Option<KeyUsage> = self.optional(oid::ID_CE_KEY_USAGE)?;
        let may_certify = usage.is_some_and(|usage| usage.0.contains(KeyUsages::KeyCertSign));
        Ok(may_certify && constraints.is_some_and(|constraints| constraints.ca))
    }

    /// Check 5, for holders: no authority, in neither extension.
    pub(super) fn require_holder(&self) -> Result<(), CertificateError> {
        let constraints: Option<BasicConstraints> = self.optional(oid::ID_CE_BASIC_CONSTRAINTS)?;
        let usage: KeyUsage = self.required(oid::ID_CE_KEY_USAGE)?;
        let certifies =
            usage.0.contains(KeyUsages::KeyCertSign) || usage.0.contains(KeyUsages::CRLSign);
        if certifies || constraints.is_some_and(|constraints| constraints.ca) {
            return Err(CertificateError::IsAuthority);
        }
        Ok(())
    }

    /// Checks 6 and 12: exactly the policy of this environment and use, in a critical extension.
    pub(super) fn require_policy(
        &self,
        environment: Environment,
        certificate_use: CertificateUse,
    ) -> Result<(), CertificateError> {
        let policies: CertificatePolicies = self.required_critical(ID_CE_CERTIFICATE_POLICIES)?;
        let [policy] = policies.0.as_slice() else {
            return Err(CertificateError::PolicyCount(policies.0.len()));
        };
        let found = policy.policy_identifier;
        if found == environment.policy(certificate_use) {
            return Ok(());
        }
        let other_use = match certificate_use {
            CertificateUse::Signing => CertificateUse::Authentication,
            CertificateUse::Authentication => CertificateUse::Signing,
        };
        if found == environment.policy(other_use) {
            return Err(CertificateError::OtherUse {
                expected: certificate_use,
            });
        }
        Err(CertificateError::Policy(found))
    }

    /// Checks 4 and 12, in a critical extension: digitalSignature for both uses, nonRepudiation for signing and only for signing.
    pub(super) fn require_usage(
        &self,
        certificate_use: CertificateUse,
    ) -> Result<(), CertificateError> {
        let usage: KeyUsage = self.required_critical(oid::ID_CE_KEY_USAGE)?;
        let expected = match certificate_use {
            CertificateUse::Signing => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
            CertificateUse::Authentication => KeyUsages::DigitalSignature.into(),
        };
        if usage.0 == expected {
            Ok(())
        } else {
            Err(CertificateError::KeyUsage)
        }
    }

    /// DER of the name of the revocation list that the certificate points to. None where it points to none, or to several.
    pub(super) fn distribution_point(&self) -> Result<Option<Vec<u8>>, CertificateError> {
        let points: Vec<DistributionPoint> = self
            .optional(oid::ID_CE_CRL_DISTRIBUTION_POINTS)?
            .unwrap_or_default();
        Ok(<[DistributionPoint; 1]>::try_from(points)
            .ok()
            .and_then(|[point]| point_name(point.distribution_point)))
    }

    /// Check 11: the alternative name, each kind of otherName at most once.
    pub(super) fn alternative_name(&self) -> Result<Vec<GeneralName>, CertificateError> {
        let names: Vec<GeneralName> = self
            .optional(oid::ID_CE_SUBJECT_ALT_NAME)?
            .unwrap_or_default();
        let kinds = |name: &GeneralName| {
            let GeneralName::OtherName(other) = name else {
                return None;
            };
            Some(other.type_id)
        };
        let mut kinds: Vec<_> = names.iter().filter_map(kinds).collect();
        kinds.sort_unstable();
        match kinds
            .array_windows()
            .find(|[first, second]| first == second)
        {
            Some([duplicate, _]) => Err(CertificateError::DuplicateName(*duplicate)),
            None => Ok(names),
        }
    }
}
