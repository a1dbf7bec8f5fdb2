//! Certificates shaped exactly like JPKI's: names, critical policies, key usage, basic four in the alternative name.
//!
//! A [`CertificateRequest`] is open on purpose: tests bend it to make hostile certificates.

use std::time::Duration;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::{ID_CE_CERTIFICATE_POLICIES, SHA_256_WITH_RSA_ENCRYPTION};
use der::asn1::{BitString, GeneralizedTime, Ia5String, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode as _, Encode, Tag};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityKeyIdentifier, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use musubi_consent_card::Credential;

use crate::error::EmulatorError;
use crate::key::RsaKey;
use crate::person::PersonFacts;

/// Organisation of every certificate made here. The validator's production configuration refuses it.
pub const TEST_ORGANISATION: &str = "MUSUBI TEST JPKI - NOT FOR PRODUCTION";

/// Policy of our test signing certificates: an arc reserved for documentation (RFC 5612).
pub const TEST_SIGNING_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.4.20");
/// Policy of our test authentication certificates.
pub const TEST_AUTHENTICATION_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.4.30");

/// First part of the identifiers of the basic four in the subject's alternative name.
const BASIC_FOUR_ARC: &str = "1.2.392.200149.8.5.5";
const CPS_QUALIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const ORGANISATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

/// From when to when, in seconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// First valid second.
    pub not_before: u64,
    /// Last valid second.
    pub not_after: u64,
}

/// All that a certificate says, before it is signed.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// Serial number, big endian, positive.
    pub serial: Vec<u8>,
    /// Subject name.
    pub subject: Name,
    /// DER of the SubjectPublicKeyInfo.
    pub public_key_info: Vec<u8>,
    /// Validity.
    pub validity: Validity,
    /// Extensions in order.
    pub extensions: Vec<Extension>,
}

/// Who issues: name, key and the serial of the root certificate.
#[derive(Debug)]
pub struct Issuer {
    /// Subject of the root.
    pub name: Name,
    /// Key of the root.
    pub key: RsaKey,
    /// Serial of the root certificate.
    pub serial: Vec<u8>,
}

impl Issuer {
    /// Key identifier of the root: the first 20 bytes of the SHA-256 of its public key.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the key cannot be written.
    pub fn key_identifier(&self) -> Result<Vec<u8>, EmulatorError> {
        Ok(key_identifier(&self.key.public_key_info()?))
    }

    /// Signs a certificate and returns its DER.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded.
    pub fn certify(&self, request: &CertificateRequest) -> Result<Vec<u8>, EmulatorError> {
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&request.serial)
                .map_err(EmulatorError::der("serial"))?,
            signature: sha256_with_rsa(),
            issuer: self.name.clone(),
            validity: x509_validity(request.validity)?,
            subject: request.subject.clone(),
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(&request.public_key_info)
                .map_err(EmulatorError::der("public key"))?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(request.extensions.clone()),
        };
        let signature = self.key.sign(&encode(&tbs_certificate, "certificate")?)?;
        let certificate = Certificate {
            tbs_certificate,
            signature_algorithm: sha256_with_rsa(),
            signature: BitString::from_bytes(&signature)
                .map_err(EmulatorError::der("signature"))?,
        };
        encode(&certificate, "certificate")
    }
}

/// Extensions of a signing certificate: critical key usage and policies, and the basic four in the alternative name.
///
/// # Errors
///
/// [`EmulatorError`] when something cannot be encoded.
pub fn signing_extensions(
    issuer: &Issuer,
    public_key_info: &[u8],
    person: &PersonFacts,
    substituted: bool,
) -> Result<Vec<Extension>, EmulatorError> {
    Ok(vec![
        key_usage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation)?,
        policies(TEST_SIGNING_POLICY)?,
        extension(
            oid::ID_CE_SUBJECT_ALT_NAME,
            false,
            &alternative_name(person, substituted)?,
        )?,
        issuer_alternative_name()?,
        distribution_point(Credential::Signing, &person.municipality_code)?,
        authority_key_identifier(issuer)?,
        subject_key_identifier(public_key_info)?,
    ])
}

/// Extensions of an authentication certificate: no basic four, key usage without non-repudiation, a responder address.
///
/// # Errors
///
/// [`EmulatorError`] when something cannot be encoded.
pub fn authentication_extensions(
    issuer: &Issuer,
    public_key_info: &[u8],
    person: &PersonFacts,
) -> Result<Vec<Extension>, EmulatorError> {
    Ok(vec![
        key_usage(KeyUsages::DigitalSignature.into())?,
        extension(
            oid::ID_CE_EXT_KEY_USAGE,
            false,
            &vec![oid::ID_KP_CLIENT_AUTH],
        )?,
        policies(TEST_AUTHENTICATION_POLICY)?,
        distribution_point(Credential::Authentication, &person.municipality_code)?,
        responder_address()?,
        authority_key_identifier(issuer)?,
        subject_key_identifier(public_key_info)?,
    ])
}

/// Extensions of a root.
///
/// # Errors
///
/// [`EmulatorError`] when something cannot be encoded.
pub fn root_extensions(public_key_info: &[u8]) -> Result<Vec<Extension>, EmulatorError> {
    let constraints = x509_cert::ext::pkix::BasicConstraints {
        ca: true,
        path_len_constraint: None,
    };
    Ok(vec![
        extension(oid::ID_CE_BASIC_CONSTRAINTS, true, &constraints)?,
        key_usage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)?,
        subject_key_identifier(public_key_info)?,
    ])
}

/// Name of a root: like JPKI's, except for the organisation.
///
/// # Errors
///
/// [`EmulatorError`] when something cannot be encoded.
pub fn root_name(organisation: &str, unit: &str) -> Result<Name, EmulatorError> {
    name(&[
        (COUNTRY, Tag::PrintableString, "JP"),
        (ORGANISATION, Tag::Utf8String, organisation),
        (ORGANISATIONAL_UNIT, Tag::PrintableString, unit),
        (
            ORGANISATIONAL_UNIT,
            Tag::PrintableString,
            "Japan Agency for Local Authority Information Systems",
        ),
    ])
}

/// Subject of a signing certificate: locality and a 28-character identifier, never the person's name.
pub(crate) fn signing_subject(identifier: &str) -> Result<Name, EmulatorError> {
    name(&[
        (COUNTRY, Tag::PrintableString, "JP"),
        (LOCALITY, Tag::PrintableString, "Hokkaido"),
        (LOCALITY, Tag::PrintableString, "Mura"),
        (COMMON_NAME, Tag::PrintableString, identifier),
    ])
}

/// Subject of an authentication certificate: a 23-character identifier.
pub(crate) fn authentication_subject(identifier: &str) -> Result<Name, EmulatorError> {
    name(&[
        (COUNTRY, Tag::PrintableString, "JP"),
        (COMMON_NAME, Tag::PrintableString, identifier),
    ])
}

/// Any extension with this content.
///
/// # Errors
///
/// [`EmulatorError`] when the content cannot be encoded.
pub fn extension(
    identifier: ObjectIdentifier,
    critical: bool,
    content: &impl Encode,
) -> Result<Extension, EmulatorError> {
    let content = encode(content, "extension")?;
    let extn_value = OctetString::new(content).map_err(EmulatorError::der("extension"))?;
    Ok(Extension {
        extn_id: identifier,
        critical,
        extn_value,
    })
}

/// Critical key usage.
///
/// # Errors
///
/// [`EmulatorError`] when it cannot be encoded.
pub fn key_usage(usages: der::flagset::FlagSet<KeyUsages>) -> Result<Extension, EmulatorError> {
    extension(oid::ID_CE_KEY_USAGE, true, &KeyUsage(usages))
}

/// Critical certificate policies with a pointer to a practice statement, which `rustls-webpki` refuses and JPKI has.
///
/// # Errors
///
/// [`EmulatorError`] when they cannot be encoded.
pub fn policies(policy: ObjectIdentifier) -> Result<Extension, EmulatorError> {
    let address =
        Ia5String::new("http://test.invalid/cps.html").map_err(EmulatorError::der("policy"))?;
    let qualifier = PolicyQualifierInfo {
        policy_qualifier_id: CPS_QUALIFIER,
        qualifier: Some(Any::encode_from(&address).map_err(EmulatorError::der("policy"))?),
    };
    let information = PolicyInformation {
        policy_identifier: policy,
        policy_qualifiers: Some(vec![qualifier]),
    };
    extension(ID_CE_CERTIFICATE_POLICIES, true, &vec![information])
}

/// The basic four in the order in which cards have them: 1, 4, 3, 5, 2, 6.
///
/// # Errors
///
/// [`EmulatorError`] when a value cannot be encoded.
pub fn alternative_name(
    person: &PersonFacts,
    substituted: bool,
) -> Result<Vec<GeneralName>, EmulatorError> {
    let mut name_flags = "0".repeat(person.name.chars().count());
    if substituted {
        name_flags.replace_range(..1, "1");
    }
    let address_flags = "0".repeat(person.address.chars().count());
    let birth_date = person.birth_date_with_era();
    let values: [(u8, &str); 6] = [
        (1, &person.name),
        (4, &birth_date),
        (3, person.sex_digit()),
        (5, &person.address),
        (2, &name_flags),
        (6, &address_flags),
    ];
    values
        .into_iter()
        .map(|(number, value)| other_name(number, value))
        .collect()
}

/// One otherName of the basic four.
///
/// # Errors
///
/// [`EmulatorError`] when the value cannot be encoded.
pub fn other_name(number: u8, value: &str) -> Result<GeneralName, EmulatorError> {
    let type_id = ObjectIdentifier::new(&format!("{BASIC_FOUR_ARC}.{number}"))
        .expect("a valid identifier with one more number is valid");
    let value =
        Any::new(Tag::Utf8String, value.as_bytes()).map_err(EmulatorError::der("other name"))?;
    Ok(GeneralName::OtherName(OtherName { type_id, value }))
}

/// Organisation in the issuer's name of a certificate, empty if there is none.
pub(crate) fn issuer_organisation(certificate: &[u8]) -> Result<String, EmulatorError> {
    let certificate =
        Certificate::from_der(certificate).map_err(EmulatorError::der("certificate"))?;
    let mut organisation = certificate
        .tbs_certificate
        .issuer
        .0
        .iter()
        .flat_map(|part| part.0.iter());
    let found = organisation.rfind(|attribute| attribute.oid == ORGANISATION);
    Ok(found.map_or_else(String::new, |attribute| {
        String::from_utf8_lossy(attribute.value.value()).into_owned()
    }))
}

/// Refuses, loudly, to hold a certificate of any other authority.
///
/// # Errors
///
/// [`EmulatorError::ForeignIssuer`].
pub fn require_test_issuer(certificate: &[u8]) -> Result<(), EmulatorError> {
    let found = issuer_organisation(certificate)?;
    if found == TEST_ORGANISATION {
        return Ok(());
    }
    Err(EmulatorError::ForeignIssuer {
        found,
        expected: TEST_ORGANISATION,
    })
}

pub(crate) fn key_identifier(public_key_info: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(public_key_info)
        .iter()
        .copied()
        .take(20)
        .collect()
}

fn authority_key_identifier(issuer: &Issuer) -> Result<Extension, EmulatorError> {
    let content = AuthorityKeyIdentifier {
        key_identifier: Some(
            OctetString::new(issuer.key_identifier()?)
                .map_err(EmulatorError::der("key identifier"))?,
        ),
        authority_cert_issuer: Some(vec![GeneralName::DirectoryName(issuer.name.clone())]),
        authority_cert_serial_number: Some(
            SerialNumber::new(&issuer.serial).map_err(EmulatorError::der("serial"))?,
        ),
    };
    extension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &content)
}

fn subject_key_identifier(public_key_info: &[u8]) -> Result<Extension, EmulatorError> {
    let identifier = OctetString::new(key_identifier(public_key_info))
        .map_err(EmulatorError::der("key identifier"))?;
    extension(
        oid::ID_CE_SUBJECT_KEY_IDENTIFIER,
        false,
        &SubjectKeyIdentifier(identifier),
    )
}

fn issuer_alternative_name() -> Result<Extension, EmulatorError> {
    let directory = name(&[
        (COUNTRY, Tag::PrintableString, "JP"),
        (
            ORGANISATION,
            Tag::Utf8String,
            "公的個人認証サービス（むすび試験用）",
        ),
    ])?;
    extension(
        oid::ID_CE_ISSUER_ALT_NAME,
        false,
        &vec![GeneralName::DirectoryName(directory)],
    )
}

fn distribution_point(
    credential: Credential,
    municipality_code: &str,
) -> Result<Extension, EmulatorError> {
    let point = DistributionPoint {
        distribution_point: Some(distribution_point_name(credential, municipality_code)?),
        reasons: None,
        crl_issuer: None,
    };
    extension(oid::ID_CE_CRL_DISTRIBUTION_POINTS, false, &vec![point])
}

/// The name under which a municipality's revocation list is published.
pub(crate) fn distribution_point_name(
    credential: Credential,
    municipality_code: &str,
) -> Result<DistributionPointName, EmulatorError> {
    let municipality = format!("{municipality_code} CRLDP");
    let directory = name(&[
        (COUNTRY, Tag::PrintableString, "JP"),
        (ORGANISATION, Tag::Utf8String, TEST_ORGANISATION),
        (
            ORGANISATIONAL_UNIT,
            Tag::PrintableString,
            root_unit(credential),
        ),
        (
            ORGANISATIONAL_UNIT,
            Tag::PrintableString,
            "CRL Distribution Points",
        ),
        (ORGANISATIONAL_UNIT, Tag::PrintableString, "Hokkaido"),
        (COMMON_NAME, Tag::PrintableString, &municipality),
    ])?;
    Ok(DistributionPointName::FullName(vec![
        GeneralName::DirectoryName(directory),
    ]))
}

/// First organisational unit in the names of one credential's root.
pub(crate) const fn root_unit(credential: Credential) -> &'static str {
    match credential {
        Credential::Signing => "JPKI for digital signature",
        Credential::Authentication => "JPKI for user authentication",
    }
}

fn responder_address() -> Result<Extension, EmulatorError> {
    let address = Ia5String::new("http://ocsp.test.invalid")
        .map_err(EmulatorError::der("responder address"))?;
    let description = AccessDescription {
        access_method: oid::ID_AD_OCSP,
        access_location: GeneralName::UniformResourceIdentifier(address),
    };
    extension(oid::ID_PE_AUTHORITY_INFO_ACCESS, false, &vec![description])
}

fn name(parts: &[(ObjectIdentifier, Tag, &str)]) -> Result<Name, EmulatorError> {
    let relative = |(oid, tag, text): &(ObjectIdentifier, Tag, &str)| {
        let value = Any::new(*tag, text.as_bytes())?;
        let set = SetOfVec::try_from(vec![AttributeTypeAndValue { oid: *oid, value }])?;
        Ok(RelativeDistinguishedName(set))
    };
    let parts: Result<Vec<_>, der::Error> = parts.iter().map(relative).collect();
    Ok(RdnSequence(parts.map_err(EmulatorError::der("name"))?))
}

fn x509_validity(validity: Validity) -> Result<x509_cert::time::Validity, EmulatorError> {
    Ok(x509_cert::time::Validity {
        not_before: time(validity.not_before)?,
        not_after: time(validity.not_after)?,
    })
}

/// UTCTime until 2049 and GeneralizedTime after it (RFC 5280, 4.1.2.5).
pub(crate) fn time(seconds: u64) -> Result<Time, EmulatorError> {
    let since_1970 = Duration::from_secs(seconds);
    UtcTime::from_unix_duration(since_1970)
        .map(Time::UtcTime)
        .or_else(|_| GeneralizedTime::from_unix_duration(since_1970).map(Time::GeneralTime))
        .map_err(EmulatorError::der("time"))
}

pub(crate) fn sha256_with_rsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA_256_WITH_RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    }
}

fn encode(value: &impl Encode, what: &'static str) -> Result<Vec<u8>, EmulatorError> {
    value.to_der().map_err(EmulatorError::der(what))
}
