//! OCSP (RFC 6960): the question about one certificate, and the answer that a pinned root stands behind.
//!
//! Pure: a worker carries the bytes. An answer is believed when it speaks of exactly the certificate asked about, echoes the
//! nonce, is fresh, and is signed by the root that issued the certificate or by a responder that this root appointed
//! ([`super::responder`]). Kept bytes are read again with [`OcspAnswer::parse`], so a cache is never trusted, only believed again.

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256, SHA_256_WITH_RSA_ENCRYPTION};
use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use der::asn1::OctetString;
use der::{Any, Encode as _};
use musubi_primitives::Moment;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::{Extension, Extensions};
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus,
    Request, SingleResponse, TbsRequest, Version,
};

use super::certificate::{CertificateError, slice};
use super::responder::responder_key;
use super::revocation::{Revocation, RevocationQuery, RevocationSource};
use super::roots::{Root, TrustedRoots};
use super::rsa;
use crate::strict_der;

/// Longest answer that is read, in bytes: one certificate of a responder and little more.
pub const OCSP_BYTES_MAX: usize = 16 * 1024;

/// How long an answer says "good" at most, in milliseconds, however late its next update is: one hour.
pub const OCSP_AGE_MAX: Moment = 3600 * 1000;

/// How far the responder's clock may be ahead of ours, in milliseconds: five minutes.
const CLOCK_SKEW: Moment = 5 * 60 * 1000;

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcspError {
    /// No pinned root issued the certificate that is asked about.
    #[error("no pinned root issued this certificate")]
    UnknownIssuer,
    /// Longer than [`OCSP_BYTES_MAX`].
    #[error("OCSP answer of {length} bytes, at most {OCSP_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not DER, or not this structure.
    #[error("OCSP structure: {0}")]
    Malformed(der::Error),
    /// The responder answered with an error of its own.
    #[error("the responder answered {0:?}")]
    Refused(OcspResponseStatus),
    /// Successful, and yet no basic answer inside.
    #[error("no basic OCSP answer inside")]
    NotBasic,
    /// None or several certificates answered for.
    #[error("an answer about {0} certificates, exactly one is expected")]
    AnswerCount(usize),
    /// Anything but sha256WithRSAEncryption.
    #[error("signature algorithm of the OCSP answer")]
    SignatureAlgorithm,
    /// A critical extension that is not understood here.
    #[error("unknown critical extension {0}")]
    UnknownCriticalExtension(ObjectIdentifier),
    /// Neither the root nor a responder that it appointed.
    #[error("the root did not appoint this responder")]
    UnknownResponder,
    /// The certificate of the responder is refused.
    #[error("accept the responder's certificate")]
    Responder(#[source] CertificateError),
    /// The signature is not the responder's.
    #[error("signature of the OCSP answer")]
    Forged,
    /// About another certificate.
    #[error("an answer about another certificate")]
    OtherCertificate,
    /// Without our nonce: an old answer played again.
    #[error("the answer does not echo the nonce")]
    Nonce,
    /// From the future, or over.
    #[error("the answer is not of now")]
    NotFresh,
}

/// The hash by which a question names the issuer. It protects nothing: responders of the older profile know SHA-1 alone (RFC 5019, 2.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuerHash {
    /// What every responder knows.
    #[default]
    Sha1,
    /// For responders that know it.
    Sha256,
}

impl IssuerHash {
    /// Every hash.
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    const fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => ID_SHA_1,
            Self::Sha256 => ID_SHA_256,
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// A question about one certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct OcspRequest {
    issuer_key_identifier: Vec<u8>,
    serial: Vec<u8>,
    id: CertId,
    nonce: [u8; 32],
}

impl std::fmt::Debug for OcspRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OcspRequest(redacted)")
    }
}

impl OcspRequest {
    /// Asks about the certificate of `query` under 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`OcspError::UnknownIssuer`] when no pinned root issued it.
    pub fn new(
        roots: &TrustedRoots,
        query: &RevocationQuery<'_>,
        hash: IssuerHash,
        nonce: [u8; 32],
    ) -> Result<Self, OcspError> {
        let root = roots
            .with_key(query.issuer_key_identifier)
            .ok_or(OcspError::UnknownIssuer)?;
        Ok(Self {
            issuer_key_identifier: root.key_identifier.clone(),
            serial: query.serial.to_vec(),
            id: certificate_id(root, hash, query.serial)?,
            nonce,
        })
    }

    /// DER for the wire.
    ///
    /// # Errors
    ///
    /// [`OcspError::Malformed`], which a question made by [`OcspRequest::new`] never reaches.
    pub fn to_der(&self) -> Result<Vec<u8>, OcspError> {
        let request = Request {
            req_cert: self.id.clone(),
            single_request_extensions: None,
        };
        let tbs_request = TbsRequest {
            version: Version::V1,
            requestor_name: None,
            request_list: vec![request],
            request_extensions: Some(vec![nonce_extension(&self.nonce)?]),
        };
        let request = x509_ocsp::OcspRequest {
            tbs_request,
            optional_signature: None,
        };
        request.to_der().map_err(OcspError::Malformed)
    }

    /// Reads the answer to this very question, received at `now`.
    ///
    /// # Errors
    ///
    /// [`OcspError`] saying why it is not believed.
    pub fn read(
        &self,
        roots: &TrustedRoots,
        der: &[u8],
        now: Moment,
    ) -> Result<OcspAnswer, OcspError> {
        let answer = OcspAnswer::parse(roots, der)?;
        if !answer.is_about(&self.issuer_key_identifier, &self.serial) {
            return Err(OcspError::OtherCertificate);
        }
        if answer.nonce.as_deref() != Some(self.nonce.as_slice()) {
            return Err(OcspError::Nonce);
        }
        let is_fresh =
            answer.this_update <= now.saturating_add(CLOCK_SKEW) && now < answer.believed_until;
        if is_fresh {
            Ok(answer)
        } else {
            Err(OcspError::NotFresh)
        }
    }
}

/// What a responder said about one certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct OcspAnswer {
    issuer_key_identifier: Vec<u8>,
    serial: Vec<u8>,
    status: Revocation,
    this_update: Moment,
    believed_until: Moment,
    nonce: Option<Vec<u8>>,
}

impl std::fmt::Debug for OcspAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OcspAnswer(redacted)")
    }
}

impl OcspAnswer {
    /// Reads and checks an answer, whenever it was given: signature and form, not freshness.
    ///
    /// # Errors
    ///
    /// [`OcspError`] saying why it is not believed.
    pub fn parse(roots: &TrustedRoots, der: &[u8]) -> Result<Self, OcspError> {
        if OCSP_BYTES_MAX < der.len() {
            return Err(OcspError::TooLong { length: der.len() });
        }
        let basic_der = basic_answer(der)?;
        let basic: BasicOcspResponse =
            strict_der::decode(&basic_der).map_err(OcspError::Malformed)?;
        let single = only_answer(&basic)?;
        let root = issuer(roots, &single.cert_id)?;
        require_signed(root, &basic, &basic_der)?;
        require_understood(&basic.tbs_response_data.response_extensions)?;
        require_understood(&single.single_extensions)?;
        let this_update = moment(&single.this_update);
        let age_ends = this_update.saturating_add(OCSP_AGE_MAX);
        Ok(Self {
            issuer_key_identifier: root.key_identifier.clone(),
            serial: single.cert_id.serial_number.as_bytes().to_vec(),
            status: status(&single.cert_status),
            this_update,
            believed_until: single
                .next_update
                .as_ref()
                .map_or(age_ends, |next| moment(next).min(age_ends)),
            nonce: nonce(&basic.tbs_response_data.response_extensions)?,
        })
    }

    /// Key identifier of the issuing root and serial number: which certificate this is about.
    #[must_use]
    pub fn certificate(&self) -> (&[u8], &[u8]) {
        (&self.issuer_key_identifier, &self.serial)
    }

    /// When the responder knew this.
    #[must_use]
    pub fn this_update(&self) -> Moment {
        self.this_update
    }

    /// True when the answer speaks for the time asked: fresh then, and given while the certificate could still be answered for.
    #[must_use]
    pub fn covers(&self, query: &RevocationQuery<'_>) -> bool {
        query.at < self.believed_until && self.this_update <= query.expires
    }

    fn is_about(&self, issuer_key_identifier: &[u8], serial: &[u8]) -> bool {
        self.certificate() == (issuer_key_identifier, serial)
    }
}

impl RevocationSource for OcspAnswer {
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation {
        if !self.is_about(query.issuer_key_identifier, query.serial) {
            return Revocation::Unknown;
        }
        match self.status {
            revoked @ Revocation::Revoked { .. } => revoked,
            Revocation::Good if self.covers(query) => Revocation::Good,
            Revocation::Good | Revocation::Unknown | Revocation::NotChecked => Revocation::Unknown,
        }
    }
}

fn certificate_id(root: &Root, hash: IssuerHash, serial: &[u8]) -> Result<CertId, OcspError> {
    let name = root.name.to_der().map_err(OcspError::Malformed)?;
    let octets = |bytes| OctetString::new(bytes).map_err(OcspError::Malformed);
    Ok(CertId {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: hash.identifier(),
            parameters: Some(Any::null()),
        },
        issuer_name_hash: octets(hash.of(&name))?,
        issuer_key_hash: octets(hash.of(&root.public_key))?,
        serial_number: SerialNumber::new(serial).map_err(OcspError::Malformed)?,
    })
}

/// The pinned root that a certificate identifier names by its hashes.
fn issuer<'a>(roots: &'a TrustedRoots, id: &CertId) -> Result<&'a Root, OcspError> {
    let serial = id.serial_number.as_bytes();
    let hash = IssuerHash::ALL
        .into_iter()
        .find(|hash| hash.identifier() == id.hash_algorithm.oid)
        .ok_or(OcspError::UnknownIssuer)?;
    let is_named = |root: &&Root| {
        certificate_id(root, hash, serial).is_ok_and(|ours| {
            ours.issuer_name_hash == id.issuer_name_hash
                && ours.issuer_key_hash == id.issuer_key_hash
        })
    };
    roots.all().find(is_named).ok_or(OcspError::UnknownIssuer)
}

/// The DER of the basic answer inside a successful one.
fn basic_answer(der: &[u8]) -> Result<Vec<u8>, OcspError> {
    let outer: OcspResponse = strict_der::decode(der).map_err(OcspError::Malformed)?;
    if outer.response_status != OcspResponseStatus::Successful {
        return Err(OcspError::Refused(outer.response_status));
    }
    match outer.response_bytes {
        Some(inner) if inner.response_type == ID_PKIX_OCSP_BASIC => Ok(inner.response.into_bytes()),
        Some(_) | None => Err(OcspError::NotBasic),
    }
}

fn only_answer(basic: &BasicOcspResponse) -> Result<&SingleResponse, OcspError> {
    match basic.tbs_response_data.responses.as_slice() {
        [single] => Ok(single),
        all => Err(OcspError::AnswerCount(all.len())),
    }
}

fn require_signed(root: &Root, basic: &BasicOcspResponse, der: &[u8]) -> Result<(), OcspError> {
    let expected = AlgorithmIdentifierOwned {
        oid: SHA_256_WITH_RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    };
    if basic.signature_algorithm != expected {
        return Err(OcspError::SignatureAlgorithm);
    }
    let key = responder_key(root, basic, der)?;
    let (signed_bytes, signature) = slice(der).map_err(OcspError::Malformed)?;
    if rsa::verify(&key, signed_bytes, signature) {
        Ok(())
    } else {
        Err(OcspError::Forged)
    }
}

fn require_understood(extensions: &Option<Extensions>) -> Result<(), OcspError> {
    let unknown =
        |extension: &&Extension| extension.critical && extension.extn_id != ID_PKIX_OCSP_NONCE;
    match extensions.iter().flatten().find(unknown) {
        Some(extension) => Err(OcspError::UnknownCriticalExtension(extension.extn_id)),
        None => Ok(()),
    }
}

/// The nonce as an octet string inside its extension (RFC 8954, 2.1).
fn nonce_extension(nonce: &[u8; 32]) -> Result<Extension, OcspError> {
    let inner = OctetString::new(nonce.as_slice())
        .and_then(|nonce| nonce.to_der())
        .and_then(OctetString::new)
        .map_err(OcspError::Malformed)?;
    Ok(Extension {
        extn_id: ID_PKIX_OCSP_NONCE,
        critical: false,
        extn_value: inner,
    })
}

fn nonce(extensions: &Option<Extensions>) -> Result<Option<Vec<u8>>, OcspError> {
    let mut all = extensions.iter().flatten();
    let Some(found) = all.find(|extension| extension.extn_id == ID_PKIX_OCSP_NONCE) else {
        return Ok(None);
    };
    let inner: OctetString =
        strict_der::decode(found.extn_value.as_bytes()).map_err(OcspError::Malformed)?;
    Ok(Some(inner.into_bytes()))
}

fn status(status: &CertStatus) -> Revocation {
    match status {
        CertStatus::Good(_) => Revocation::Good,
        CertStatus::Revoked(info) => Revocation::Revoked {
            since: moment(&info.revocation_time),
        },
        CertStatus::Unknown(_) => Revocation::Unknown,
    }
}

pub(super) fn moment(time: &OcspGeneralizedTime) -> Moment {
    time.0.to_unix_duration().as_secs().saturating_mul(1000)
}
