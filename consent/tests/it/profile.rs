//! Certificates that differ from JPKI's profile in one thing each, down to fields that a request cannot bend.

use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::{ID_CE_CERTIFICATE_POLICIES, SHA_384_WITH_RSA_ENCRYPTION};
use der::asn1::BitString;
use der::{Any, Decode as _, Encode as _};
use musubi_consent::{CertificateError, CertificateUse, Environment, SignerCertificate};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::certificate::{extension, key_usage, policies};
use spki::AlgorithmIdentifierOwned;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CertificatePolicies, KeyUsages};
use x509_cert::serial_number::SerialNumber;
use x509_cert::{Certificate, ext::Extension};

use crate::certificates::{KEY, bent, replace, request, validate};
use crate::support::{AUTHORITY, NOW, VALIDITY, person, roots};

/// A certificate that the pinned root really signed after `bend`, in any of its fields.
fn signed_again(
    bend: impl FnOnce(&mut Certificate),
) -> Result<SignerCertificate, CertificateError> {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    let mut certificate = Certificate::from_der(&der).unwrap();
    bend(&mut certificate);
    let signed_bytes = certificate.tbs_certificate.to_der().unwrap();
    let key = &AUTHORITY.issuer(Credential::Signing).key;
    certificate.signature = BitString::from_bytes(&key.sign(&signed_bytes).unwrap()).unwrap();
    validate(&certificate.to_der().unwrap())
}

#[test]
fn what_the_root_signs_again_unbent_is_accepted() {
    assert!(signed_again(|_| {}).is_ok());
}

#[test]
fn check_1_only_version_3_is_read() {
    for version in [Version::V1, Version::V2] {
        let refused = signed_again(|certificate| certificate.tbs_certificate.version = version);
        assert_eq!(refused, Err(CertificateError::NotVersion3), "{version:?}");
    }
}

#[test]
fn check_1_both_statements_of_the_signature_algorithm_must_be_the_known_one() {
    let other = || AlgorithmIdentifierOwned {
        oid: SHA_384_WITH_RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    };
    let inside = signed_again(|certificate| certificate.tbs_certificate.signature = other());
    let outside = signed_again(|certificate| certificate.signature_algorithm = other());
    let without_parameters =
        signed_again(|certificate| certificate.signature_algorithm.parameters = None);
    for refused in [inside, outside, without_parameters] {
        assert_eq!(refused, Err(CertificateError::SignatureAlgorithm));
    }
}

#[test]
fn check_2_the_roots_serial_that_a_certificate_names_must_be_the_roots() {
    let place = request().extensions;
    let is_key = |extension: &&Extension| extension.extn_id == oid::ID_CE_AUTHORITY_KEY_IDENTIFIER;
    let good = place.iter().find(is_key).unwrap().extn_value.as_bytes();
    let mut identifier = AuthorityKeyIdentifier::from_der(good).unwrap();
    identifier.authority_cert_serial_number = Some(SerialNumber::new(&[0x11, 0x22]).unwrap());
    let other = extension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &identifier).unwrap();
    assert_eq!(
        bent(|request| replace(request, other)),
        CertificateError::IssuerName
    );
}

#[test]
fn check_4_non_repudiation_does_not_belong_into_an_authentication_certificate() {
    let validated = |usage: der::flagset::FlagSet<KeyUsages>| {
        let mut request = AUTHORITY
            .request(Credential::Authentication, &person(), KEY.clone(), VALIDITY)
            .unwrap();
        replace(&mut request, key_usage(usage).unwrap());
        let der = AUTHORITY
            .certify(Credential::Authentication, &request)
            .unwrap();
        SignerCertificate::validate(&roots(), CertificateUse::Authentication, &der, NOW).map(drop)
    };
    assert_eq!(validated(KeyUsages::DigitalSignature.into()), Ok(()));
    assert_eq!(
        validated(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation),
        Err(CertificateError::KeyUsage)
    );
}

#[test]
fn check_6_there_is_exactly_one_policy() {
    let policy = Environment::Emulated.policy(CertificateUse::Signing);
    let single = policies(policy).unwrap();
    let single = CertificatePolicies::from_der(single.extn_value.as_bytes()).unwrap();
    for count in [0, 2] {
        let many = CertificatePolicies(vec![single.0[0].clone(); count]);
        let many = extension(ID_CE_CERTIFICATE_POLICIES, true, &many).unwrap();
        assert_eq!(
            bent(|request| replace(request, many)),
            CertificateError::PolicyCount(count)
        );
    }
}

/// Whoever does not know a non-critical extension may act against it, so the profile makes these two critical.
#[test]
fn checks_4_and_6_key_usage_and_policies_must_be_critical() {
    for identifier in [oid::ID_CE_KEY_USAGE, ID_CE_CERTIFICATE_POLICIES] {
        let refused = bent(|request| {
            let mut all = request.extensions.iter_mut();
            let found = all.find(|extension| extension.extn_id == identifier);
            found.unwrap().critical = false;
        });
        assert_eq!(refused, CertificateError::NotCritical(identifier));
    }
}

/// No library makes such a short key any more, so its public half is written down.
#[test]
fn check_8_a_key_of_1024_bits_is_refused() {
    let head = "30819f300d06092a864886f70d010101050003818d0030818902818100";
    let modulus = "c3".repeat(128);
    let short = hex::decode(format!("{head}{modulus}0203010001")).unwrap();
    assert_eq!(
        bent(|request| request.public_key_info = short),
        CertificateError::KeySize { bits: 1024 }
    );
}
