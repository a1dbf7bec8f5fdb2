//! What may be pinned as a root: each bent root is refused for its own reason, and for that one alone.

use const_oid::db::rfc5280 as oid;
use musubi_consent::validator::RootError;
use musubi_consent::{CertificateError, Environment, TrustedRoots};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::certificate::{
    Issuer, extension, key_usage, root_extensions, root_name,
};
use musubi_consent_card_emulator::key::RsaKey;
use musubi_consent_card_emulator::{CertificateRequest, TEST_ORGANISATION};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use crate::certificates::replace;
use crate::support::{AUTHORITY, ROOT_VALIDITY};

const SIGNING_UNIT: &str = "JPKI for digital signature";

/// The request of a root as the test authority makes them, and who signs it: itself.
fn root_of(unit: &str) -> (Issuer, CertificateRequest) {
    let issuer = Issuer {
        name: root_name(TEST_ORGANISATION, unit).unwrap(),
        key: RsaKey::generate().unwrap(),
        serial: vec![0x41, 0x42],
    };
    let public_key_info = issuer.key.public_key_info().unwrap();
    let request = CertificateRequest {
        serial: issuer.serial.clone(),
        subject: issuer.name.clone(),
        extensions: root_extensions(&public_key_info).unwrap(),
        public_key_info,
        validity: ROOT_VALIDITY,
    };
    (issuer, request)
}

fn pin(der: &[u8]) -> Result<(), RootError> {
    TrustedRoots::new(Environment::Emulated, &[der]).map(drop)
}

/// A self-signed root that differs from a good one in one thing.
fn bent(bend: impl FnOnce(&mut CertificateRequest)) -> Result<(), RootError> {
    let (issuer, mut request) = root_of(SIGNING_UNIT);
    bend(&mut request);
    pin(&issuer.certify(&request).unwrap())
}

fn usage(usages: der::flagset::FlagSet<KeyUsages>) -> x509_cert::ext::Extension {
    key_usage(usages).unwrap()
}

#[test]
fn the_unbent_root_is_pinned() {
    assert_eq!(bent(|_| {}), Ok(()));
}

#[test]
fn check_5_a_root_that_is_no_authority_cannot_be_pinned() {
    let refused = Err(RootError::NotAuthority { index: 0 });
    let constraints = BasicConstraints {
        ca: false,
        path_len_constraint: None,
    };
    let no_authority = extension(oid::ID_CE_BASIC_CONSTRAINTS, true, &constraints).unwrap();
    assert_eq!(bent(|request| replace(request, no_authority)), refused);
    let crls_alone = usage(KeyUsages::CRLSign.into());
    assert_eq!(bent(|request| replace(request, crls_alone)), refused);
    for missing in [oid::ID_CE_BASIC_CONSTRAINTS, oid::ID_CE_KEY_USAGE] {
        let without = |request: &mut CertificateRequest| {
            let is_other = |one: &x509_cert::ext::Extension| one.extn_id != missing;
            request.extensions.retain(is_other);
        };
        assert_eq!(bent(without), refused, "{missing}");
    }
}

#[test]
fn a_root_without_a_key_identifier_could_never_be_found() {
    let refused = bent(|request| {
        let is_other =
            |one: &x509_cert::ext::Extension| one.extn_id != oid::ID_CE_SUBJECT_KEY_IDENTIFIER;
        request.extensions.retain(is_other);
    });
    let source = CertificateError::MissingExtension(oid::ID_CE_SUBJECT_KEY_IDENTIFIER);
    assert_eq!(refused, Err(RootError::Certificate { index: 0, source }));
}

#[test]
fn a_root_is_signed_by_the_key_that_it_holds_and_under_its_own_name() {
    let refused = Err(RootError::NotSelfSigned { index: 0 });
    let (issuer, mut request) = root_of(SIGNING_UNIT);
    request.public_key_info = RsaKey::generate().unwrap().public_key_info().unwrap();
    assert_eq!(pin(&issuer.certify(&request).unwrap()), refused);
    let (mut issuer, request) = root_of(SIGNING_UNIT);
    issuer.name = root_name(TEST_ORGANISATION, "JPKI for user authentication").unwrap();
    assert_eq!(pin(&issuer.certify(&request).unwrap()), refused);
}

#[test]
fn a_root_says_what_its_certificates_are_for() {
    let (issuer, request) = root_of("JPKI for something else");
    assert_eq!(
        pin(&issuer.certify(&request).unwrap()),
        Err(RootError::Use { index: 0 })
    );
}

#[test]
fn a_configuration_pins_between_one_and_sixteen_roots() {
    let root = AUTHORITY.root(Credential::Signing);
    let pinned = |count| TrustedRoots::new(Environment::Emulated, &vec![root; count]).map(drop);
    assert_eq!(pinned(0), Err(RootError::Count(0)));
    assert_eq!(pinned(16), Ok(()));
    assert_eq!(pinned(17), Err(RootError::Count(17)));
}

#[test]
fn the_place_in_the_configuration_is_named() {
    let good = AUTHORITY.root(Credential::Signing);
    let (issuer, request) = root_of("JPKI for something else");
    let bad = issuer.certify(&request).unwrap();
    let refused = TrustedRoots::new(Environment::Emulated, &[good, bad.as_slice()]);
    assert_eq!(refused.err(), Some(RootError::Use { index: 1 }));
}
