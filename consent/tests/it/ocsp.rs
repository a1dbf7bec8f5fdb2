//! An OCSP answer is believed only about the certificate asked, now, with our nonce, from whom the root appointed.

use std::sync::LazyLock;

use const_oid::db::rfc5280 as oid;
use der::flagset::FlagSet;
use der::{Any, Decode as _, Encode as _, Header, Reader as _, SliceReader};
use musubi_consent::validator::{OCSP_AGE_MAX, OCSP_BYTES_MAX};
use musubi_consent::{
    CertificateError, CertificateUse, IssuerHash, OcspAnswer, OcspError, OcspRequest, Revocation,
    RevocationSource as _, SignerCertificate,
};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::certificate::{extension, key_usage};
use musubi_consent_card_emulator::ocsp::{OcspQuestion, OcspSigner, refusal};
use musubi_consent_card_emulator::{CertificateRequest, CertificateStanding, Validity};
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsages};
use x509_ocsp::OcspResponseStatus;

use crate::support::{AUTHORITY, NOW, NOW_SECONDS, ROOT_VALIDITY, evidence, roots, statement};

static RESPONDER: LazyLock<OcspSigner> = LazyLock::new(|| {
    AUTHORITY
        .appoint_responder(Credential::Signing, ROOT_VALIDITY)
        .unwrap()
});

/// An answer that is believed.
pub(crate) static GOOD: LazyLock<Vec<u8>> =
    LazyLock::new(|| answer(&RESPONDER, CertificateStanding::Good, FRESH));

const FRESH: Validity = Validity {
    not_before: NOW_SECONDS,
    not_after: NOW_SECONDS + 600,
};
const NONCE: [u8; 32] = [5; 32];

static CERTIFICATE: LazyLock<SignerCertificate> = LazyLock::new(|| {
    let cms = musubi_consent::SignedCms::parse(&evidence(&statement()).cms).unwrap();
    SignerCertificate::validate(&roots(), CertificateUse::Signing, &cms.certificate, NOW).unwrap()
});

fn certificate() -> SignerCertificate {
    CERTIFICATE.clone()
}

fn asked(hash: IssuerHash) -> OcspRequest {
    let certificate = certificate();
    OcspRequest::new(&roots(), &certificate.revocation_query(NOW), hash, NONCE).unwrap()
}

fn question() -> OcspQuestion {
    OcspQuestion::parse(&asked(IssuerHash::Sha1).to_der().unwrap()).unwrap()
}

fn answer(signer: &OcspSigner, standing: CertificateStanding, update: Validity) -> Vec<u8> {
    signer.answer(&question(), standing, update).unwrap()
}

fn read(der: &[u8]) -> Result<OcspAnswer, OcspError> {
    asked(IssuerHash::Sha1).read(&roots(), der, NOW)
}

/// Why an answer signed by this responder is not believed.
fn refused(signer: &OcspSigner) -> OcspError {
    read(&answer(signer, CertificateStanding::Good, FRESH)).unwrap_err()
}

fn bent(bend: impl FnOnce(&mut CertificateRequest)) -> OcspError {
    let signer = AUTHORITY
        .appoint_bent_responder(Credential::Signing, ROOT_VALIDITY, bend)
        .unwrap();
    refused(&signer)
}

#[test]
fn each_status_is_its_own_state() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let since = NOW_SECONDS - 5;
    let revoked = Revocation::Revoked {
        since: since * 1000,
    };
    for (standing, expected) in [
        (CertificateStanding::Good, Revocation::Good),
        (CertificateStanding::Unknown, Revocation::Unknown),
        (CertificateStanding::Revoked { since }, revoked),
    ] {
        for hash in IssuerHash::ALL {
            let asked = asked(hash);
            let question = OcspQuestion::parse(&asked.to_der().unwrap()).unwrap();
            let der = RESPONDER.answer(&question, standing, FRESH).unwrap();
            let answer = asked.read(&roots(), &der, NOW).unwrap();
            assert_eq!(answer.revocation(&query), expected, "{hash:?}");
        }
    }
}

#[test]
fn an_answer_speaks_for_its_certificate_and_its_time_alone() {
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let answer = read(&answer(&RESPONDER, CertificateStanding::Good, FRESH)).unwrap();
    let other = musubi_consent::validator::RevocationQuery {
        serial: &[1, 2, 3],
        ..query
    };
    assert_eq!(answer.revocation(&other), Revocation::Unknown);
    let late = musubi_consent::validator::RevocationQuery {
        at: NOW + 600_000,
        ..query
    };
    assert_eq!(answer.revocation(&late), Revocation::Unknown);
    let expired = musubi_consent::validator::RevocationQuery {
        expires: NOW - 1000,
        ..query
    };
    assert_eq!(answer.revocation(&expired), Revocation::Unknown);
}

#[test]
fn an_answer_says_good_for_an_hour_at_most() {
    let certificate = certificate();
    let generous = Validity {
        not_after: NOW_SECONDS + 365 * 24 * 3600,
        ..FRESH
    };
    let answer = read(&answer(&RESPONDER, CertificateStanding::Good, generous)).unwrap();
    let at = |at| answer.revocation(&certificate.revocation_query(at));
    assert_eq!(at(NOW + OCSP_AGE_MAX - 1), Revocation::Good);
    assert_eq!(at(NOW + OCSP_AGE_MAX), Revocation::Unknown);
}

#[test]
fn an_old_answer_and_one_from_the_future_are_not_believed() {
    for update in [
        Validity {
            not_before: NOW_SECONDS - 700,
            not_after: NOW_SECONDS,
        },
        Validity {
            not_before: NOW_SECONDS + 301,
            not_after: NOW_SECONDS + 900,
        },
    ] {
        let der = answer(&RESPONDER, CertificateStanding::Good, update);
        assert_eq!(read(&der), Err(OcspError::NotFresh));
    }
}

#[test]
fn an_answer_without_our_nonce_is_an_old_one_played_again() {
    let good = CertificateStanding::Good;
    let without = RESPONDER
        .answer(&question().without_nonce(), good, FRESH)
        .unwrap();
    assert_eq!(read(&without), Err(OcspError::Nonce));
    let certificate = certificate();
    let query = certificate.revocation_query(NOW);
    let other = OcspRequest::new(&roots(), &query, IssuerHash::Sha1, [6; 32]).unwrap();
    let der = answer(&RESPONDER, good, FRESH);
    assert_eq!(other.read(&roots(), &der, NOW), Err(OcspError::Nonce));
}

#[test]
fn an_answer_about_another_certificate_is_not_ours() {
    let about = question().about(&[0x41, 0x42]).unwrap();
    let der = RESPONDER
        .answer(&about, CertificateStanding::Good, FRESH)
        .unwrap();
    assert_eq!(read(&der), Err(OcspError::OtherCertificate));
}

#[test]
fn a_responder_answers_only_with_the_roots_appointment() {
    let other_root = AUTHORITY
        .appoint_responder(Credential::Authentication, ROOT_VALIDITY)
        .unwrap();
    assert_eq!(
        refused(&other_root),
        OcspError::Responder(CertificateError::IssuerName)
    );
    assert_eq!(
        bent(|request| request
            .extensions
            .retain(|one| one.extn_id != oid::ID_CE_EXT_KEY_USAGE)),
        OcspError::Responder(CertificateError::MissingExtension(oid::ID_CE_EXT_KEY_USAGE))
    );
    let client = ExtendedKeyUsage(vec![oid::ID_KP_CLIENT_AUTH]);
    assert_eq!(
        bent(|request| request.extensions[1] =
            extension(oid::ID_CE_EXT_KEY_USAGE, false, &client).unwrap()),
        OcspError::Responder(CertificateError::KeyUsage)
    );
    let certifying: FlagSet<KeyUsages> = KeyUsages::DigitalSignature | KeyUsages::KeyCertSign;
    assert_eq!(
        bent(|request| request.extensions[0] = key_usage(certifying).unwrap()),
        OcspError::Responder(CertificateError::IsAuthority)
    );
    let no_check = const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
    assert_eq!(
        bent(|request| request.extensions.retain(|one| one.extn_id != no_check)),
        OcspError::Responder(CertificateError::MissingExtension(no_check))
    );
    assert_eq!(
        bent(|request| request.validity.not_after = NOW_SECONDS - 1),
        OcspError::Responder(CertificateError::Expired)
    );
}

/// An explicit FALSE where DER leaves it out: whoever encodes the certificate anew loses it and checks other bytes than those that came.
#[test]
fn the_responders_certificate_is_judged_by_the_bytes_that_came() {
    let good = answer(&RESPONDER, CertificateStanding::Good, FRESH);
    let usage = oid::ID_CE_EXT_KEY_USAGE.to_der().unwrap();
    let altered = with_after(&good, &usage, &[0x01, 0x01, 0x00]);
    assert_eq!(altered.len(), good.len() + 3);
    assert!(read(&good).is_ok());
    assert_eq!(
        read(&altered),
        Err(OcspError::Responder(CertificateError::Forged))
    );
}

/// DER with `more` after the element `place`, and with the lengths of all that holds it adapted.
fn with_after(der: &[u8], place: &[u8], more: &[u8]) -> Vec<u8> {
    let mut reader = SliceReader::new(der).unwrap();
    let mut written = Vec::new();
    while !reader.is_finished() {
        let element = reader.tlv_bytes().unwrap();
        if element == place {
            written.extend([element, more].concat());
        } else if element.windows(place.len()).any(|part| part == place) {
            let mut inner = SliceReader::new(element).unwrap();
            let tag = Header::decode(&mut inner).unwrap().tag;
            let content = inner.read_slice(inner.remaining_len()).unwrap();
            let longer = Any::new(tag, with_after(content, place, more)).unwrap();
            written.extend(longer.to_der().unwrap());
        } else {
            written.extend(element);
        }
    }
    written
}

#[test]
fn refusals_garbage_and_floods_are_named() {
    let later = refusal(OcspResponseStatus::TryLater).unwrap();
    assert_eq!(
        read(&later),
        Err(OcspError::Refused(OcspResponseStatus::TryLater))
    );
    assert!(matches!(read(b"<html>"), Err(OcspError::Malformed(_))));
    let length = OCSP_BYTES_MAX + 1;
    assert_eq!(
        read(&vec![0x30; length]),
        Err(OcspError::TooLong { length })
    );
}

#[test]
fn every_altered_byte_of_an_answer_is_noticed() {
    let der = answer(&RESPONDER, CertificateStanding::Good, FRESH);
    let (asked, roots) = (asked(IssuerHash::Sha1), roots());
    let is_believed = |der: &[u8]| asked.read(&roots, der, NOW).is_ok();
    assert!(is_believed(&der));
    for position in 0..der.len() {
        let mut altered = der.clone();
        altered[position] ^= 0x04;
        assert!(!is_believed(&altered), "byte {position}");
        assert!(!is_believed(&der[..position]), "cut at {position}");
    }
}
