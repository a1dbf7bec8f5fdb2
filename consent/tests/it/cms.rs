//! A CMS is read in exactly the form in which we write it; whatever another tool could add or leave out is refused by name.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{CertificateSet, SignedData, SignerIdentifier, SignerInfo, SignerInfos};
use const_oid::db::rfc5911::{ID_DATA, ID_DIGESTED_DATA, ID_SIGNED_DATA};
use const_oid::db::rfc5912::{ID_SHA_256, ID_SHA_384};
use der::asn1::{Null, OctetString, SetOfVec};
use der::{Any, Decode as _, Encode as _};
use musubi_consent::validator::{NoRevocationSource, verify, verify_own_signature};
use musubi_consent::{
    CertificateUse, CmsError, SignedCms, SignedContent, VerificationError, cms::CMS_BYTES_MAX,
};
use musubi_consent_card::Credential;
use spki::AlgorithmIdentifierOwned;
use std::sync::LazyLock;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::serial_number::SerialNumber;

use crate::certificates::request;
use crate::support::{AUTHORITY, GENESIS, NOW, roots, sign, statement};

/// What the guardian's card signed, as it travels.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| sign(&statement()).to_der().unwrap());

fn signed_data() -> SignedData {
    let info = ContentInfo::from_der(&GOOD).unwrap();
    info.content.decode_as().unwrap()
}

fn encode(signed_data: &SignedData) -> Vec<u8> {
    let info = ContentInfo {
        content_type: ID_SIGNED_DATA,
        content: Any::encode_from(signed_data).unwrap(),
    };
    info.to_der().unwrap()
}

/// How a CMS is refused that differs from a good one in one thing.
fn bent(bend: impl FnOnce(&mut SignedData)) -> CmsError {
    let mut signed_data = signed_data();
    bend(&mut signed_data);
    SignedCms::parse(&encode(&signed_data)).unwrap_err()
}

/// The same with its only signer bent.
fn bent_signer(bend: impl FnOnce(&mut SignerInfo)) -> CmsError {
    bent(|signed_data| {
        let mut signer = only_signer(signed_data);
        bend(&mut signer);
        signed_data.signer_infos = signers(vec![signer]);
    })
}

fn only_signer(signed_data: &SignedData) -> SignerInfo {
    signed_data.signer_infos.0.get(0).unwrap().clone()
}

fn signers(all: Vec<SignerInfo>) -> SignerInfos {
    SignerInfos(SetOfVec::try_from(all).unwrap())
}

fn certificates(all: Vec<CertificateChoices>) -> Option<CertificateSet> {
    Some(CertificateSet(SetOfVec::try_from(all).unwrap()))
}

fn only_certificate(signed_data: &SignedData) -> CertificateChoices {
    let all = signed_data.certificates.as_ref().unwrap();
    all.0.get(0).unwrap().clone()
}

/// Somebody else's certificate of the same root.
fn other_certificate() -> Certificate {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    Certificate::from_der(&der).unwrap()
}

fn algorithm(oid: const_oid::ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid,
        parameters: None,
    }
}

#[test]
fn the_unbent_form_is_read() {
    assert_eq!(encode(&signed_data()), *GOOD);
    assert_eq!(SignedCms::parse(&GOOD).unwrap().to_der().unwrap(), *GOOD);
}

#[test]
fn eight_kibibytes_are_looked_at_and_one_byte_more_is_not() {
    assert!(matches!(
        SignedCms::parse(&vec![0x30; CMS_BYTES_MAX]),
        Err(CmsError::Malformed(_))
    ));
    let length = CMS_BYTES_MAX + 1;
    assert_eq!(
        SignedCms::parse(&vec![0x30; length]),
        Err(CmsError::TooLong { length })
    );
}

#[test]
fn cut_or_lengthened_bytes_are_malformed() {
    let cut = &GOOD[..GOOD.len() - 1];
    let longer = [&GOOD[..], &[0]].concat();
    for bytes in [cut, &longer, &[]] {
        let refused = SignedCms::parse(bytes);
        assert!(
            matches!(refused, Err(CmsError::Malformed(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn only_signed_data_over_plain_data_is_read() {
    let mut info = ContentInfo::from_der(&GOOD).unwrap();
    info.content_type = ID_DIGESTED_DATA;
    assert_eq!(
        SignedCms::parse(&info.to_der().unwrap()),
        Err(CmsError::ContentType(ID_DIGESTED_DATA))
    );
    let inside = bent(|signed_data| signed_data.encap_content_info.econtent_type = ID_SIGNED_DATA);
    assert_eq!(inside, CmsError::ContentType(ID_SIGNED_DATA));
    let plain = signed_data().encap_content_info.econtent_type;
    assert_eq!(plain, ID_DATA);
}

#[test]
fn a_content_inside_is_refused() {
    let content = OctetString::new(*b"what the card did not sign").unwrap();
    let inside = Any::encode_from(&content).unwrap();
    assert_eq!(
        bent(|signed_data| signed_data.encap_content_info.econtent = Some(inside)),
        CmsError::NotDetached
    );
}

#[test]
fn there_is_exactly_one_certificate() {
    assert_eq!(
        bent(|signed_data| signed_data.certificates = None),
        CmsError::Certificates(0)
    );
    let two = bent(|signed_data| {
        let other = CertificateChoices::Certificate(other_certificate());
        signed_data.certificates = certificates(vec![only_certificate(signed_data), other]);
    });
    assert_eq!(two, CmsError::Certificates(2));
}

#[test]
fn there_is_exactly_one_signer() {
    assert_eq!(
        bent(|signed_data| signed_data.signer_infos = signers(vec![])),
        CmsError::Signers(0)
    );
    let two = bent(|signed_data| {
        let (first, mut second) = (only_signer(signed_data), only_signer(signed_data));
        second.signature = OctetString::new([7; 256]).unwrap();
        signed_data.signer_infos = signers(vec![first, second]);
    });
    assert_eq!(two, CmsError::Signers(2));
}

/// With signed attributes the signature is over them and no longer over what the person saw.
#[test]
fn attributes_are_refused_signed_and_unsigned() {
    let attributes = || {
        let attribute = Attribute {
            oid: ID_DATA,
            values: SetOfVec::try_from(vec![Any::encode_from(&Null).unwrap()]).unwrap(),
        };
        Some(SetOfVec::try_from(vec![attribute]).unwrap())
    };
    assert_eq!(
        bent_signer(|signer| signer.signed_attrs = attributes()),
        CmsError::Attributes
    );
    assert_eq!(
        bent_signer(|signer| signer.unsigned_attrs = attributes()),
        CmsError::Attributes
    );
}

#[test]
fn the_algorithms_are_those_of_the_certificates_key() {
    assert_eq!(
        bent_signer(|signer| signer.digest_alg = algorithm(ID_SHA_384)),
        CmsError::Algorithm
    );
    assert_eq!(
        bent_signer(|signer| signer.signature_algorithm = algorithm(ID_SHA_256)),
        CmsError::Algorithm
    );
}

#[test]
fn a_key_of_an_algorithm_that_no_card_has_is_refused() {
    let mut request = request();
    let edwards = hex::decode("302a300506032b6570032100").unwrap();
    request.public_key_info = [&edwards[..], &[7; 32]].concat();
    let der = AUTHORITY.certify(Credential::Signing, &request).unwrap();
    let edwards = CertificateChoices::Certificate(Certificate::from_der(&der).unwrap());
    let refused = bent(|signed_data| signed_data.certificates = certificates(vec![edwards]));
    assert_eq!(refused, CmsError::Algorithm);
    let cms = SignedCms {
        certificate: der,
        signature: vec![7; 64],
    };
    assert_eq!(cms.to_der(), Err(CmsError::Algorithm), "nor is one written");
}

#[test]
fn the_signer_is_the_owner_of_the_certificate() {
    let other_serial = bent_signer(|signer| {
        let SignerIdentifier::IssuerAndSerialNumber(mut identifier) = signer.sid.clone() else {
            panic!("written by issuer and serial number");
        };
        identifier.serial_number = SerialNumber::new(&[0x11]).unwrap();
        signer.sid = SignerIdentifier::IssuerAndSerialNumber(identifier);
    });
    assert_eq!(other_serial, CmsError::SignerMismatch);
    let of_somebody_else = bent_signer(|signer| {
        let other = other_certificate().tbs_certificate;
        signer.sid = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: other.subject,
            serial_number: other.serial_number,
        });
    });
    assert_eq!(of_somebody_else, CmsError::SignerMismatch);
}

/// What nobody reads must not vary either: two CMS with one meaning would be two records of one consent.
#[test]
fn the_same_content_in_other_bytes_is_refused() {
    let version = |signed_data: &mut SignedData| signed_data.version = CmsVersion::V3;
    assert_eq!(bent(version), CmsError::NotCanonical);
    let digests = |signed_data: &mut SignedData| {
        let both = vec![algorithm(ID_SHA_256), algorithm(ID_SHA_384)];
        signed_data.digest_algorithms = SetOfVec::try_from(both).unwrap();
    };
    assert_eq!(bent(digests), CmsError::NotCanonical);
    let version = |signer: &mut SignerInfo| signer.version = CmsVersion::V3;
    assert_eq!(bent_signer(version), CmsError::NotCanonical);
    let parameters = |signer: &mut SignerInfo| signer.digest_alg.parameters = Some(Any::null());
    assert_eq!(bent_signer(parameters), CmsError::NotCanonical);
}

#[test]
fn the_verdict_names_the_form_before_it_looks_at_any_certificate() {
    let mut signed_data = signed_data();
    signed_data.certificates = None;
    let content = SignedContent::of(&statement(), GENESIS);
    let verdict = verify(
        &roots(),
        &NoRevocationSource,
        CertificateUse::Signing,
        &encode(&signed_data),
        &content,
        NOW,
    );
    let refused = VerificationError::Cms(CmsError::Certificates(0));
    assert_eq!(verdict.err(), Some(refused));
}

/// Without any root there is one thing to find out: whether the card signed what it was asked to.
#[test]
fn the_signature_alone_is_held_against_its_own_certificate() {
    let content = SignedContent::of(&statement(), GENESIS);
    assert_eq!(verify_own_signature(&GOOD, &content), Ok(()));
    let mismatch = Err(VerificationError::SignatureMismatch);
    let other = SignedContent::of(&statement(), musubi_primitives::BlockHash([0xC2; 32]));
    assert_eq!(verify_own_signature(&GOOD, &other), mismatch);
    let mut cms = SignedCms::parse(&GOOD).unwrap();
    cms.signature[255] ^= 1;
    let altered = cms.to_der().unwrap();
    assert_eq!(verify_own_signature(&altered, &content), mismatch);
}
