//! Each hostile certificate is refused for its own reason.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280 as oid;
use der::flagset::FlagSet;
use musubi_consent::validator::{self, CERTIFICATE_BYTES_MAX, RootError};
use musubi_consent::{
    CertificateError, CertificateUse, Environment, Revocation, SignedCms, SignedContent,
    SignerCertificate, TrustedRoots, VerificationError,
};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::certificate::{
    TEST_AUTHENTICATION_POLICY, TEST_SIGNING_POLICY, alternative_name, extension, key_usage,
    other_name, policies,
};
use musubi_consent_card_emulator::key::RsaKey;
use musubi_consent_card_emulator::{CertificateRequest, TestAuthority, Validity};
use std::sync::LazyLock;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use crate::support::{
    AUTHORITY, Always, GENESIS, NOW, NOW_SECONDS, ROOT_VALIDITY, VALIDITY, YEAR_SECONDS, person,
    roots, sign, statement,
};

pub(crate) static KEY: LazyLock<Vec<u8>> =
    LazyLock::new(|| RsaKey::generate().unwrap().public_key_info().unwrap());

pub(crate) fn request() -> CertificateRequest {
    AUTHORITY
        .request(Credential::Signing, &person(), KEY.clone(), VALIDITY)
        .unwrap()
}

pub(crate) fn validate(der: &[u8]) -> Result<SignerCertificate, CertificateError> {
    SignerCertificate::validate(&roots(), CertificateUse::Signing, der, NOW)
}

/// A certificate of the pinned root that differs from a good one in one thing.
pub(crate) fn bent(bend: impl FnOnce(&mut CertificateRequest)) -> CertificateError {
    let mut request = request();
    bend(&mut request);
    validate(&AUTHORITY.certify(Credential::Signing, &request).unwrap()).unwrap_err()
}

pub(crate) fn replace(request: &mut CertificateRequest, with: x509_cert::ext::Extension) {
    let place = request
        .extensions
        .iter_mut()
        .find(|extension| extension.extn_id == with.extn_id)
        .unwrap();
    *place = with;
}

#[test]
fn the_unbent_certificate_is_accepted_with_its_facts() {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    let facts = validate(&der).unwrap().facts().unwrap();
    let person = person();
    assert!(!facts.name_has_substitutes() && !facts.address_has_substitutes);
    assert_eq!((facts.name, facts.address), (person.name, person.address));
    assert_eq!(
        (facts.sex.as_str(), facts.birth_date.as_str()),
        ("2", "419920401")
    );
}

#[test]
fn check_1_bytes_that_are_no_certificate_are_refused() {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    for length in 0..der.len() {
        assert!(
            matches!(
                validate(&der[..length]),
                Err(CertificateError::Malformed(_))
            ),
            "{length}"
        );
    }
    assert!(matches!(
        validate(&[&der[..], &[0]].concat()),
        Err(CertificateError::Malformed(_))
    ));
    let length = CERTIFICATE_BYTES_MAX + 1;
    assert_eq!(
        validate(&vec![0x30; length]),
        Err(CertificateError::TooLong { length })
    );
}

#[test]
fn check_1_every_altered_byte_is_noticed() {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    for position in 0..der.len() {
        let mut altered = der.clone();
        altered[position] ^= 0x04;
        assert!(validate(&altered).is_err(), "byte {position}");
    }
}

#[test]
fn check_2_a_root_that_is_not_pinned_is_unknown() {
    let other = TestAuthority::generate(ROOT_VALIDITY).unwrap();
    let request = other
        .request(Credential::Signing, &person(), KEY.clone(), VALIDITY)
        .unwrap();
    let der = other.certify(Credential::Signing, &request).unwrap();
    assert_eq!(validate(&der), Err(CertificateError::UnknownIssuer));
    // Once pinned beside the first generation, the same name leads to the right one of the two.
    let both = [
        AUTHORITY.root(Credential::Signing),
        other.root(Credential::Signing),
    ];
    let both = TrustedRoots::new(Environment::Emulated, &both).unwrap();
    assert!(SignerCertificate::validate(&both, CertificateUse::Signing, &der, NOW).is_ok());
}

#[test]
fn check_2_a_forged_chain_that_names_the_pinned_key_is_refused() {
    let forger = TestAuthority::generate(ROOT_VALIDITY).unwrap();
    let der = forger.certify(Credential::Signing, &request()).unwrap();
    assert_eq!(validate(&der), Err(CertificateError::Forged));
}

#[test]
fn check_2_another_issuer_name_is_refused() {
    let foreign = TestAuthority::generate_as("Somebody Else", ROOT_VALIDITY).unwrap();
    let der = foreign.certify(Credential::Signing, &request()).unwrap();
    assert_eq!(validate(&der), Err(CertificateError::IssuerName));
}

#[test]
fn check_2_without_an_authority_key_identifier_there_is_no_issuer() {
    let refused = bent(|request| {
        request
            .extensions
            .retain(|extension| extension.extn_id != oid::ID_CE_AUTHORITY_KEY_IDENTIFIER);
    });
    assert_eq!(
        refused,
        CertificateError::MissingExtension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER)
    );
}

#[test]
fn check_3_validity_counts_at_the_time_of_signing() {
    let der = AUTHORITY.certify(Credential::Signing, &request()).unwrap();
    let at = |seconds: u64| {
        SignerCertificate::validate(&roots(), CertificateUse::Signing, &der, seconds * 1000)
    };
    assert_eq!(
        at(VALIDITY.not_before - 1),
        Err(CertificateError::NotYetValid)
    );
    assert!(at(VALIDITY.not_before).is_ok());
    assert!(at(VALIDITY.not_after).is_ok());
    assert_eq!(at(VALIDITY.not_after + 1), Err(CertificateError::Expired));
}

#[test]
fn check_3_the_root_must_have_been_valid_too() {
    let short = Validity {
        not_before: NOW_SECONDS,
        not_after: NOW_SECONDS + YEAR_SECONDS,
    };
    let authority = TestAuthority::generate(short).unwrap();
    let roots = TrustedRoots::new(
        Environment::Emulated,
        &[authority.root(Credential::Signing)],
    )
    .unwrap();
    let request = authority
        .request(Credential::Signing, &person(), KEY.clone(), VALIDITY)
        .unwrap();
    let der = authority.certify(Credential::Signing, &request).unwrap();
    let at = |seconds: u64| {
        SignerCertificate::validate(&roots, CertificateUse::Signing, &der, seconds * 1000)
    };
    assert!(at(NOW_SECONDS).is_ok());
    assert_eq!(at(NOW_SECONDS - 1), Err(CertificateError::RootNotValid));
    assert_eq!(
        at(NOW_SECONDS + YEAR_SECONDS + 1),
        Err(CertificateError::RootNotValid)
    );
}

#[test]
fn check_4_key_usage_must_be_that_of_signing() {
    let usages: [FlagSet<KeyUsages>; 3] = [
        KeyUsages::DigitalSignature.into(),
        KeyUsages::NonRepudiation.into(),
        KeyUsages::DigitalSignature | KeyUsages::NonRepudiation | KeyUsages::KeyEncipherment,
    ];
    for usage in usages {
        assert_eq!(
            bent(|request| replace(request, key_usage(usage).unwrap())),
            CertificateError::KeyUsage
        );
    }
    let missing = bent(|request| {
        request
            .extensions
            .retain(|extension| extension.extn_id != oid::ID_CE_KEY_USAGE);
    });
    assert_eq!(
        missing,
        CertificateError::MissingExtension(oid::ID_CE_KEY_USAGE)
    );
}

#[test]
fn check_5_a_holder_that_claims_to_be_an_authority_is_refused() {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: None,
    };
    let claimed = extension(oid::ID_CE_BASIC_CONSTRAINTS, true, &constraints).unwrap();
    assert_eq!(
        bent(|request| request.extensions.push(claimed)),
        CertificateError::IsAuthority
    );
    let usage = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation | KeyUsages::KeyCertSign;
    assert_eq!(
        bent(|request| replace(request, key_usage(usage).unwrap())),
        CertificateError::IsAuthority
    );
}

#[test]
fn check_6_policies_of_other_environments_are_refused() {
    for environment in [Environment::Production, Environment::JpkiTest] {
        let policy = environment.policy(CertificateUse::Signing);
        let refused = bent(|request| replace(request, policies(policy).unwrap()));
        assert_eq!(refused, CertificateError::Policy(policy));
    }
    let missing = bent(|request| {
        request
            .extensions
            .retain(|extension| extension.extn_id != TEST_POLICIES);
    });
    assert_eq!(missing, CertificateError::MissingExtension(TEST_POLICIES));
}

#[test]
fn check_6_the_emulator_and_the_validator_name_the_same_test_policies() {
    assert_eq!(
        Environment::Emulated.policy(CertificateUse::Signing),
        TEST_SIGNING_POLICY
    );
    assert_eq!(
        Environment::Emulated.policy(CertificateUse::Authentication),
        TEST_AUTHENTICATION_POLICY
    );
}

#[test]
fn check_6_test_roots_cannot_be_pinned_in_production() {
    let emulated = TrustedRoots::new(
        Environment::Production,
        &[AUTHORITY.root(Credential::Signing)],
    );
    assert!(matches!(
        emulated,
        Err(RootError::Environment {
            expected: "JPKI",
            ..
        })
    ));
    let jpki_test = TestAuthority::generate_as("JPKI-TEST", ROOT_VALIDITY).unwrap();
    let refused = TrustedRoots::new(
        Environment::Production,
        &[jpki_test.root(Credential::Signing)],
    );
    assert!(matches!(refused, Err(RootError::Environment { .. })));
}

#[test]
fn check_6_a_root_that_only_calls_itself_jpki_cannot_be_pinned_in_production() {
    let impostor = TestAuthority::generate_as("JPKI", ROOT_VALIDITY).unwrap();
    let refused = TrustedRoots::new(
        Environment::Production,
        &[impostor.root(Credential::Signing)],
    );
    assert_eq!(refused.err(), Some(RootError::NotPublished { index: 0 }));
}

#[test]
fn check_7_unknown_critical_and_duplicate_extensions_are_refused() {
    let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.99");
    let critical = extension(unknown, true, &true).unwrap();
    assert_eq!(
        bent(|request| request.extensions.push(critical)),
        CertificateError::UnknownCriticalExtension(unknown)
    );
    let twice = bent(|request| {
        let again = request.extensions[0].clone();
        request.extensions.push(again);
    });
    assert_eq!(
        twice,
        CertificateError::DuplicateExtension(oid::ID_CE_KEY_USAGE)
    );
    let many = bent(|request| {
        for number in 0..30 {
            let identifier =
                ObjectIdentifier::new(&format!("1.3.6.1.4.1.32473.100.{number}")).unwrap();
            request
                .extensions
                .push(extension(identifier, false, &true).unwrap());
        }
    });
    assert_eq!(many, CertificateError::TooManyExtensions);
}

#[test]
fn check_8_only_rsa_with_2048_bits_and_e_65537_is_accepted() {
    let large = RsaKey::generate_sized(aws_lc_rs::rsa::KeySize::Rsa3072)
        .unwrap()
        .public_key_info()
        .unwrap();
    assert_eq!(
        bent(|request| request.public_key_info = large),
        CertificateError::KeySize { bits: 3072 }
    );
    let mut small_exponent = KEY.clone();
    let last = small_exponent.len() - 1;
    small_exponent[last] = 0x03;
    assert_eq!(
        bent(|request| request.public_key_info = small_exponent),
        CertificateError::KeyExponent
    );
    let elliptic = hex::decode(
        "3059301306072a8648ce3d020106082a8648ce3d03010703420004\
         6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
         4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    )
    .unwrap();
    assert_eq!(
        bent(|request| request.public_key_info = elliptic),
        CertificateError::KeyCurve
    );
    let edwards = [
        &hex::decode("302a300506032b6570032100").unwrap()[..],
        &[7; 32],
    ]
    .concat();
    assert!(matches!(
        bent(|request| request.public_key_info = edwards),
        CertificateError::KeyAlgorithm(_)
    ));
}

#[test]
fn check_9_only_the_exact_bytes_are_signed() {
    let statement = statement();
    let SignedCms {
        certificate,
        signature,
    } = sign(&statement);
    let signer = validate(&certificate).unwrap();
    let content = SignedContent::of(&statement, GENESIS).to_bytes();
    assert!(signer.has_signed(&content, &signature));
    for position in 0..content.len() {
        let mut altered = content.clone();
        altered[position] ^= 1;
        assert!(!signer.has_signed(&altered, &signature), "byte {position}");
    }
    assert!(!signer.has_signed(&content[1..], &signature));
    assert!(!signer.has_signed(&[&content[..], &[0]].concat(), &signature));
}

#[test]
fn check_10_what_is_not_known_is_never_good() {
    let statement = statement();
    let content = SignedContent::of(&statement, GENESIS);
    let cms = sign(&statement).to_der().unwrap();
    let verified = |found| {
        let source = Always(found);
        let signing = CertificateUse::Signing;
        validator::verify(&roots(), &source, signing, &cms, &content, NOW)
    };
    for (found, is_conclusive) in [
        (Revocation::Good, true),
        (Revocation::Revoked { since: NOW + 1 }, true),
        (Revocation::Unknown, false),
        (Revocation::NotChecked, false),
    ] {
        let verification = verified(found).unwrap();
        assert_eq!(verification.revocation, found);
        assert_eq!(verification.is_conclusive(), is_conclusive, "{found:?}");
    }
    let since = NOW;
    assert_eq!(
        verified(Revocation::Revoked { since }),
        Err(VerificationError::Revoked { since })
    );
}

#[test]
fn check_11_a_second_name_of_the_same_kind_is_refused() {
    let mut names = alternative_name(&person(), false).unwrap();
    names.push(other_name(1, "別人　太郎").unwrap());
    let alternative = extension(oid::ID_CE_SUBJECT_ALT_NAME, false, &names).unwrap();
    let refused = bent(|request| replace(request, alternative));
    assert_eq!(
        refused,
        CertificateError::DuplicateName(ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5.1"))
    );
}

#[test]
fn check_12_an_authentication_certificate_never_signs_a_consent() {
    let request = AUTHORITY
        .request(Credential::Authentication, &person(), KEY.clone(), VALIDITY)
        .unwrap();
    let der = AUTHORITY
        .certify(Credential::Authentication, &request)
        .unwrap();
    assert_eq!(
        validate(&der),
        Err(CertificateError::OtherUse {
            expected: CertificateUse::Signing
        })
    );
    assert!(
        SignerCertificate::validate(&roots(), CertificateUse::Authentication, &der, NOW).is_ok()
    );
}

#[test]
fn a_substituted_character_is_reported() {
    let mut request = request();
    let names = alternative_name(&person(), true).unwrap();
    replace(
        &mut request,
        extension(oid::ID_CE_SUBJECT_ALT_NAME, false, &names).unwrap(),
    );
    let der = AUTHORITY.certify(Credential::Signing, &request).unwrap();
    let facts = validate(&der).unwrap().facts().unwrap();
    assert!(facts.name_has_substitutes());
    assert_eq!(
        facts.name_substitutes.chars().count(),
        facts.name.chars().count()
    );
}

const TEST_POLICIES: ObjectIdentifier = const_oid::db::rfc5912::ID_CE_CERTIFICATE_POLICIES;
