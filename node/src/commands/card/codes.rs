//! Names for programs and sentences for people, for every way in which a signature does not count. No two ways share a name.

use super::words::{self, Sentence};
use musubi_consent::{CertificateError, VerificationError};

/// Name of the outcome for programs.
pub fn code(error: &VerificationError) -> &'static str {
    match error {
        VerificationError::Cms(_) => "signature-malformed",
        VerificationError::SignatureMismatch => "signature-mismatch",
        VerificationError::Revoked { .. } => "certificate-revoked",
        VerificationError::Certificate(error) => certificate_code(error),
    }
}

fn certificate_code(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::TooLong { .. } => "certificate-too-long",
        CertificateError::Malformed(_) => "certificate-malformed",
        CertificateError::NotVersion3 => "certificate-version",
        CertificateError::SignatureAlgorithm => "certificate-signature-algorithm",
        CertificateError::TooManyExtensions => "certificate-too-many-extensions",
        CertificateError::DuplicateExtension(_) => "certificate-duplicate-extension",
        CertificateError::UnknownCriticalExtension(_) => "certificate-unknown-extension",
        CertificateError::MissingExtension(_) => "certificate-missing-extension",
        CertificateError::NotCritical(_) => "certificate-uncritical-extension",
        CertificateError::PolicyCount(_) => "certificate-policy-count",
        CertificateError::Policy(_) => "certificate-other-environment",
        CertificateError::OtherUse { .. } => "certificate-wrong-use",
        CertificateError::KeyUsage => "certificate-key-usage",
        CertificateError::IsAuthority => "certificate-of-authority",
        CertificateError::KeyAlgorithm(_) => "certificate-key-algorithm",
        CertificateError::KeyCurve => "certificate-key-curve",
        CertificateError::KeySize { .. } => "certificate-key-size",
        CertificateError::KeyExponent => "certificate-key-exponent",
        CertificateError::DuplicateName(_) => "certificate-duplicate-name",
        CertificateError::UnknownIssuer => "certificate-foreign",
        CertificateError::IssuerName => "certificate-issuer-name",
        CertificateError::Forged => "certificate-forged",
        CertificateError::NotYetValid => "certificate-not-yet-valid",
        CertificateError::Expired => "certificate-expired",
        CertificateError::RootNotValid => "certificate-root-expired",
    }
}

/// What the person reads: fewer sentences than names, since a person can do only so much about it.
pub fn sentence(error: &VerificationError) -> &'static Sentence {
    match code(error) {
        "certificate-revoked" => &words::REVOKED,
        "certificate-expired" | "certificate-root-expired" => &words::EXPIRED,
        "certificate-foreign" | "certificate-issuer-name" | "certificate-other-environment" => {
            &words::FOREIGN
        }
        _ => &words::CERTIFICATE_REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_consent::{CertificateUse, CmsError, Environment, SignedCms};
    use std::collections::BTreeSet;

    /// Every refusal that there is, and its name.
    fn table() -> Vec<(VerificationError, &'static str)> {
        let oid = Environment::Production.policy(CertificateUse::Signing);
        let expected = CertificateUse::Signing;
        let Err(CmsError::Malformed(broken)) = SignedCms::parse(&[]) else {
            panic!("nothing is no CMS");
        };
        let of_certificate = [
            (
                CertificateError::TooLong { length: 4097 },
                "certificate-too-long",
            ),
            (CertificateError::Malformed(broken), "certificate-malformed"),
            (CertificateError::NotVersion3, "certificate-version"),
            (
                CertificateError::SignatureAlgorithm,
                "certificate-signature-algorithm",
            ),
            (
                CertificateError::TooManyExtensions,
                "certificate-too-many-extensions",
            ),
            (
                CertificateError::DuplicateExtension(oid),
                "certificate-duplicate-extension",
            ),
            (
                CertificateError::UnknownCriticalExtension(oid),
                "certificate-unknown-extension",
            ),
            (
                CertificateError::MissingExtension(oid),
                "certificate-missing-extension",
            ),
            (
                CertificateError::NotCritical(oid),
                "certificate-uncritical-extension",
            ),
            (CertificateError::PolicyCount(2), "certificate-policy-count"),
            (
                CertificateError::Policy(oid),
                "certificate-other-environment",
            ),
            (
                CertificateError::OtherUse { expected },
                "certificate-wrong-use",
            ),
            (CertificateError::KeyUsage, "certificate-key-usage"),
            (CertificateError::IsAuthority, "certificate-of-authority"),
            (
                CertificateError::KeyAlgorithm(oid),
                "certificate-key-algorithm",
            ),
            (CertificateError::KeyCurve, "certificate-key-curve"),
            (
                CertificateError::KeySize { bits: 1024 },
                "certificate-key-size",
            ),
            (CertificateError::KeyExponent, "certificate-key-exponent"),
            (
                CertificateError::DuplicateName(oid),
                "certificate-duplicate-name",
            ),
            (CertificateError::UnknownIssuer, "certificate-foreign"),
            (CertificateError::IssuerName, "certificate-issuer-name"),
            (CertificateError::Forged, "certificate-forged"),
            (CertificateError::NotYetValid, "certificate-not-yet-valid"),
            (CertificateError::Expired, "certificate-expired"),
            (CertificateError::RootNotValid, "certificate-root-expired"),
        ];
        let mut table = vec![
            (
                VerificationError::Cms(CmsError::NotDetached),
                "signature-malformed",
            ),
            (VerificationError::SignatureMismatch, "signature-mismatch"),
            (
                VerificationError::Revoked { since: 1 },
                "certificate-revoked",
            ),
        ];
        table.extend(of_certificate.map(|(error, code)| (error.into(), code)));
        table
    }

    #[test]
    fn every_refusal_has_its_own_name() {
        let table = table();
        for (error, expected) in &table {
            assert_eq!(code(error), *expected, "{error:?}");
        }
        let names: BTreeSet<_> = table.iter().map(|(error, _)| code(error)).collect();
        assert_eq!(names.len(), table.len());
    }

    #[test]
    fn a_person_hears_what_the_municipal_office_can_do() {
        let heard = |error: CertificateError| sentence(&error.into());
        assert_eq!(heard(CertificateError::Expired), &words::EXPIRED);
        assert_eq!(heard(CertificateError::RootNotValid), &words::EXPIRED);
        assert_eq!(heard(CertificateError::IssuerName), &words::FOREIGN);
        assert_eq!(
            heard(CertificateError::KeyUsage),
            &words::CERTIFICATE_REFUSED
        );
        let revoked = VerificationError::Revoked { since: 1 };
        assert_eq!(sentence(&revoked), &words::REVOKED);
    }
}
