//! A revocation list says "good" only where it knows, and is believed only when a pinned root signed it.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_CE_CERTIFICATE_ISSUER, ID_CE_CRL_REASONS};
use der::asn1::{BitString, OctetString};
use der::{Decode as _, Encode as _};
use musubi_consent::validator::{RevocationQuery, RevocationSource as _};
use musubi_consent::{
    CertificateUse, Revocation, RevocationList, RevocationListError, SignedCms, SignerCertificate,
};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::{RevokedCertificate, TestAuthority, Validity};

use x509_cert::crl::CertificateList;
use x509_cert::ext::Extension;

use crate::support::{AUTHORITY, NOW, NOW_SECONDS, ROOT_VALIDITY, evidence, roots, statement};

const DAY: u64 = 24 * 3600;
const FRESH: Validity = Validity {
    not_before: NOW_SECONDS - DAY,
    not_after: NOW_SECONDS + DAY,
};

fn certificate() -> SignerCertificate {
    let der = SignedCms::parse(&evidence(&statement()).cms)
        .unwrap()
        .certificate;
    SignerCertificate::validate(&roots(), CertificateUse::Signing, &der, NOW).unwrap()
}

fn parse(der: &[u8]) -> Result<RevocationList, RevocationListError> {
    RevocationList::parse(&roots(), CertificateUse::Signing, der)
}

fn list(municipality: &str, revoked: &[RevokedCertificate], validity: Validity) -> RevocationList {
    parse(
        &AUTHORITY
            .revocation_list(Credential::Signing, municipality, revoked, validity)
            .unwrap(),
    )
    .unwrap()
}

fn others(count: u8) -> Vec<RevokedCertificate> {
    (1..=count)
        .map(|number| RevokedCertificate {
            serial: vec![0x3F, number],
            since: NOW_SECONDS - DAY,
        })
        .collect()
}

#[test]
fn a_certificate_that_its_own_fresh_list_does_not_name_is_good() {
    let certificate = certificate();
    for revoked in [others(0), others(100)] {
        let list = list("01396", &revoked, FRESH);
        assert_eq!(
            list.revocation(&certificate.revocation_query(NOW)),
            Revocation::Good
        );
    }
}

#[test]
fn a_certificate_that_the_list_names_is_revoked_since_then() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let since = NOW_SECONDS - 5;
    let named = [
        others(3),
        vec![RevokedCertificate {
            serial: query.serial.to_vec(),
            since,
        }],
    ]
    .concat();
    assert_eq!(
        list("01396", &named, FRESH).revocation(&query),
        Revocation::Revoked {
            since: since * 1000
        }
    );
}

#[test]
fn the_list_of_another_municipality_knows_nothing() {
    let certificate = certificate();
    assert_eq!(
        list("01395", &[], FRESH).revocation(&certificate.revocation_query(NOW)),
        Revocation::Unknown
    );
}

#[test]
fn a_stale_list_knows_nothing_good_but_still_knows_what_is_revoked() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let stale = Validity {
        not_before: NOW_SECONDS - 2 * DAY,
        not_after: NOW_SECONDS,
    };
    assert_eq!(
        list("01396", &[], stale).revocation(&query),
        Revocation::Unknown
    );
    let named = [RevokedCertificate {
        serial: query.serial.to_vec(),
        since: NOW_SECONDS - DAY,
    }];
    assert!(matches!(
        list("01396", &named, stale).revocation(&query),
        Revocation::Revoked { .. }
    ));
}

#[test]
fn a_list_made_after_the_certificate_expired_no_longer_names_it() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let late = RevocationQuery {
        expires: NOW - 3 * DAY * 1000,
        ..query
    };
    assert_eq!(
        list("01396", &[], FRESH).revocation(&late),
        Revocation::Unknown
    );
}

#[test]
fn a_list_is_believed_only_when_a_pinned_root_of_the_right_use_signed_it() {
    let stranger = TestAuthority::generate(ROOT_VALIDITY).unwrap();
    let forged = stranger
        .revocation_list(Credential::Signing, "01396", &[], FRESH)
        .unwrap();
    assert_eq!(parse(&forged).err(), Some(RevocationListError::Forged));
    let other_use = AUTHORITY
        .revocation_list(Credential::Authentication, "01396", &[], FRESH)
        .unwrap();
    assert_eq!(parse(&other_use).err(), Some(RevocationListError::Forged));
}

#[test]
fn every_altered_byte_of_a_list_is_noticed() {
    let der = AUTHORITY
        .revocation_list(Credential::Signing, "01396", &others(2), FRESH)
        .unwrap();
    for position in 0..der.len() {
        let mut altered = der.clone();
        altered[position] ^= 0x04;
        assert!(parse(&altered).is_err(), "byte {position}");
    }
}

/// A list whose entries carry this extension, signed again.
fn with_entry_extension(identifier: ObjectIdentifier, critical: bool) -> Vec<u8> {
    let der = AUTHORITY
        .revocation_list(Credential::Signing, "01396", &others(2), FRESH)
        .unwrap();
    let mut list = CertificateList::from_der(&der).unwrap();
    for entry in list.tbs_cert_list.revoked_certificates.iter_mut().flatten() {
        entry.crl_entry_extensions = Some(vec![Extension {
            extn_id: identifier,
            critical,
            extn_value: OctetString::new([0x0A, 0x01, 0x01]).unwrap(),
        }]);
    }
    let signed_bytes = list.tbs_cert_list.to_der().unwrap();
    let key = &AUTHORITY.issuer(Credential::Signing).key;
    let signature = key.sign(&signed_bytes).unwrap();
    list.signature = BitString::from_bytes(&signature).unwrap();
    list.to_der().unwrap()
}

#[test]
fn an_entry_may_say_why_but_nothing_that_must_be_understood_and_is_not() {
    let with_reason = parse(&with_entry_extension(ID_CE_CRL_REASONS, false)).unwrap();
    let certificate = certificate();
    let query = RevocationQuery {
        serial: &[0x3F, 1],
        ..certificate.revocation_query(NOW)
    };
    assert!(matches!(
        with_reason.revocation(&query),
        Revocation::Revoked { .. }
    ));
    // Under another issuer's name the serial number means another certificate (RFC 5280, 5.3.3).
    let indirect = parse(&with_entry_extension(ID_CE_CERTIFICATE_ISSUER, true));
    assert_eq!(
        indirect.err(),
        Some(RevocationListError::UnknownCriticalExtension(
            ID_CE_CERTIFICATE_ISSUER
        ))
    );
}

#[test]
fn a_certificate_that_a_list_names_twice_is_revoked_since_the_first_time() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let named: Vec<_> = [NOW_SECONDS - 5, NOW_SECONDS - 9, NOW_SECONDS - 7]
        .map(|since| RevokedCertificate {
            serial: query.serial.to_vec(),
            since,
        })
        .to_vec();
    assert_eq!(
        list("01396", &named, FRESH).revocation(&query),
        Revocation::Revoked {
            since: (NOW_SECONDS - 9) * 1000
        }
    );
}
