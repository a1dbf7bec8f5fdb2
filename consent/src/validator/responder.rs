//! Who may answer for a root: the root itself, or a responder whose certificate the root signed for nothing else (RFC 6960, 4.2.2.2).

use const_oid::db::rfc5280::{ID_CE_EXT_KEY_USAGE, ID_KP_OCSP_SIGNING};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::{Decode as _, Header, Reader as _, SliceReader};
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::name::Name;
use x509_ocsp::{BasicOcspResponse, ResponderId};

use super::certificate::{CertificateError, Sliced, is_valid_at, rsa_2048_key};
use super::extensions::Extensions;
use super::ocsp::{IssuerHash, OcspError, moment};
use super::roots::Root;
use super::rsa;

/// Most certificates that an answer may carry.
const CERTIFICATES_MAX: usize = 4;

/// The key under which an answer must verify. `der` is what `basic` was decoded from.
pub(super) fn responder_key(
    root: &Root,
    basic: &BasicOcspResponse,
    der: &[u8],
) -> Result<Vec<u8>, OcspError> {
    let named = &basic.tbs_response_data.responder_id;
    if is_named(named, &root.name, &root.public_key) {
        return Ok(root.public_key.clone());
    }
    let slices = certificates(der).map_err(OcspError::Malformed)?;
    let mut carried = basic.certs.iter().flatten().zip(slices);
    let found = carried.find_map(|(certificate, der)| {
        let certificate = &certificate.tbs_certificate;
        let key = rsa_2048_key(&certificate.subject_public_key_info).ok()?;
        is_named(named, &certificate.subject, &key).then_some((der, key))
    });
    let (certificate, key) = found.ok_or(OcspError::UnknownResponder)?;
    require_appointed(root, certificate, basic).map_err(OcspError::Responder)?;
    Ok(key)
}

/// The first certificates that an answer carries, as they stand: in DER they follow its signed bytes, algorithm and signature.
fn certificates(der: &[u8]) -> der::Result<Vec<&[u8]>> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?;
    for _before in 0..3 {
        reader.tlv_bytes()?;
    }
    let mut found = Vec::new();
    if !reader.is_finished() {
        Header::decode(&mut reader)?;
        Header::decode(&mut reader)?;
    }
    while !reader.is_finished() && found.len() < CERTIFICATES_MAX {
        found.push(reader.tlv_bytes()?);
    }
    Ok(found)
}

fn is_named(responder: &ResponderId, name: &Name, public_key: &[u8]) -> bool {
    match responder {
        ResponderId::ByName(found) => found == name,
        ResponderId::ByKey(hash) => hash.as_bytes() == IssuerHash::Sha1.of(public_key),
    }
}

/// The root signed it, for OCSP alone, valid when the answer was made, and never to be checked for revocation itself, since nothing
/// here could.
fn require_appointed(
    root: &Root,
    der: &[u8],
    basic: &BasicOcspResponse,
) -> Result<(), CertificateError> {
    let sliced = Sliced::parse(der)?;
    let certificate = &sliced.certificate.tbs_certificate;
    if certificate.issuer != root.name {
        return Err(CertificateError::IssuerName);
    }
    if !rsa::verify(&root.public_key, sliced.signed_bytes, sliced.signature) {
        return Err(CertificateError::Forged);
    }
    let extensions = Extensions::of_responder(certificate)?;
    extensions.require_holder()?;
    let usage: ExtendedKeyUsage = extensions.required(ID_CE_EXT_KEY_USAGE)?;
    if usage.0 != [ID_KP_OCSP_SIGNING] {
        return Err(CertificateError::KeyUsage);
    }
    let _unchecked: der::asn1::Null = extensions.required(ID_PKIX_OCSP_NOCHECK)?;
    is_valid_at(
        &certificate.validity,
        moment(&basic.tbs_response_data.produced_at),
    )
}
