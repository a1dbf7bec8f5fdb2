//! The test authority's OCSP answers (RFC 6960), given as JPKI's are thought to be: by a responder that the root appointed.

use aws_lc_rs::digest;
use const_oid::db::rfc5280 as oid;
use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256};
use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NOCHECK, ID_PKIX_OCSP_NONCE};
use der::asn1::{BitString, GeneralizedTime, Null, OctetString};
use der::{Decode as _, Encode as _};
use musubi_consent_card::Credential;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsages};
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse,
    OcspResponseStatus, ResponderId, ResponseBytes, ResponseData, RevokedInfo, SingleResponse,
    Version,
};

use crate::authority::TestAuthority;
use crate::certificate::{
    CertificateRequest, Issuer, Validity, extension, key_identifier, key_usage, root_name,
    sha256_with_rsa,
};
use crate::error::EmulatorError;
use crate::key::RsaKey;

/// What the authority knows of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStanding {
    /// In force.
    Good,
    /// Taken back.
    Revoked {
        /// Since when, in seconds since 1970.
        since: u64,
    },
    /// Never issued.
    Unknown,
}

/// Key and certificate of a responder that a root appointed.
#[derive(Debug)]
pub struct OcspSigner {
    key: RsaKey,
    certificate: Certificate,
}

/// A question as a responder reads it.
#[derive(Clone, Debug)]
pub struct OcspQuestion {
    id: CertId,
    nonce: Option<Extension>,
}

impl OcspQuestion {
    /// Reads a request about one certificate.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Der`] when it is none.
    pub fn parse(der: &[u8]) -> Result<Self, EmulatorError> {
        let request = OcspRequest::from_der(der).map_err(EmulatorError::der("OCSP request"))?;
        let mut asked = request.tbs_request.request_list.into_iter();
        let only = asked.next().ok_or(EmulatorError::Key {
            what: "find a certificate in the OCSP request",
        })?;
        let mut extensions = request.tbs_request.request_extensions.into_iter().flatten();
        Ok(Self {
            id: only.req_cert,
            nonce: extensions.find(|extension| extension.extn_id == ID_PKIX_OCSP_NONCE),
        })
    }

    /// Serial number of the certificate asked about.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.id.serial_number.as_bytes()
    }

    /// The same question without its nonce, for a responder that misbehaves.
    #[must_use]
    pub fn without_nonce(self) -> Self {
        Self {
            nonce: None,
            ..self
        }
    }

    /// The same question about another certificate of the same issuer, for a responder that misbehaves.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Der`] when the serial number is none.
    pub fn about(mut self, serial: &[u8]) -> Result<Self, EmulatorError> {
        self.id.serial_number = SerialNumber::new(serial).map_err(EmulatorError::der("serial"))?;
        Ok(self)
    }

    /// Whether `issuer` is who the question names.
    fn names(&self, issuer: &Issuer) -> Result<bool, EmulatorError> {
        let algorithm = match self.id.hash_algorithm.oid {
            ID_SHA_1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            ID_SHA_256 => &digest::SHA256,
            _ => return Ok(false),
        };
        let name = issuer
            .name
            .to_der()
            .map_err(EmulatorError::der("issuer name"))?;
        let hash = digest::digest(algorithm, &name);
        Ok(hash.as_ref() == self.id.issuer_name_hash.as_bytes())
    }
}

impl TestAuthority {
    /// Whose certificate a question is about.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Der`] when a name cannot be encoded.
    pub fn asked(&self, question: &OcspQuestion) -> Result<Option<Credential>, EmulatorError> {
        for credential in [Credential::Signing, Credential::Authentication] {
            if question.names(self.issuer(credential))? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    /// Appoints a responder under the root of `credential`.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when keys cannot be had or something cannot be encoded.
    pub fn appoint_responder(
        &self,
        credential: Credential,
        validity: Validity,
    ) -> Result<OcspSigner, EmulatorError> {
        self.appoint_bent_responder(credential, validity, |_| {})
    }

    /// The same with a certificate that a test bends before it is signed.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when keys cannot be had or something cannot be encoded.
    pub fn appoint_bent_responder(
        &self,
        credential: Credential,
        validity: Validity,
        bend: impl FnOnce(&mut CertificateRequest),
    ) -> Result<OcspSigner, EmulatorError> {
        let key = RsaKey::generate()?;
        let public_key_info = key.public_key_info()?;
        let usage = ExtendedKeyUsage(vec![oid::ID_KP_OCSP_SIGNING]);
        let mut request = CertificateRequest {
            serial: key_identifier(&public_key_info)
                .into_iter()
                .take(4)
                .map(|byte| byte & 0x3F | 0x40)
                .collect(),
            subject: root_name(crate::TEST_ORGANISATION, "OCSP responder")?,
            extensions: vec![
                key_usage(KeyUsages::DigitalSignature.into())?,
                extension(oid::ID_CE_EXT_KEY_USAGE, false, &usage)?,
                extension(ID_PKIX_OCSP_NOCHECK, false, &Null)?,
            ],
            public_key_info,
            validity,
        };
        bend(&mut request);
        let certificate = Certificate::from_der(&self.certify(credential, &request)?)
            .map_err(EmulatorError::der("responder's certificate"))?;
        Ok(OcspSigner { key, certificate })
    }
}

impl OcspSigner {
    /// Answers one question. `update` is from this update to the next.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded.
    pub fn answer(
        &self,
        question: &OcspQuestion,
        standing: CertificateStanding,
        update: Validity,
    ) -> Result<Vec<u8>, EmulatorError> {
        let single = SingleResponse {
            cert_id: question.id.clone(),
            cert_status: status(standing)?,
            this_update: time(update.not_before)?,
            next_update: Some(time(update.not_after)?),
            single_extensions: None,
        };
        let data = ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByName(self.certificate.tbs_certificate.subject.clone()),
            produced_at: time(update.not_before)?,
            responses: vec![single],
            response_extensions: question.nonce.clone().map(|nonce| vec![nonce]),
        };
        let signed_bytes = data.to_der().map_err(EmulatorError::der("OCSP answer"))?;
        let signature = BitString::from_bytes(&self.key.sign(&signed_bytes)?)
            .map_err(EmulatorError::der("signature"))?;
        let basic = BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: sha256_with_rsa(),
            signature,
            certs: Some(vec![self.certificate.clone()]),
        };
        let response = basic
            .to_der()
            .and_then(OctetString::new)
            .map_err(EmulatorError::der("OCSP answer"))?;
        envelope(
            OcspResponseStatus::Successful,
            Some(ResponseBytes {
                response_type: ID_PKIX_OCSP_BASIC,
                response,
            }),
        )
    }
}

/// The answer of a responder that gives none.
///
/// # Errors
///
/// [`EmulatorError`] when it cannot be encoded.
pub fn refusal(status: OcspResponseStatus) -> Result<Vec<u8>, EmulatorError> {
    envelope(status, None)
}

fn envelope(
    response_status: OcspResponseStatus,
    response_bytes: Option<ResponseBytes>,
) -> Result<Vec<u8>, EmulatorError> {
    let response = OcspResponse {
        response_status,
        response_bytes,
    };
    response.to_der().map_err(EmulatorError::der("OCSP answer"))
}

fn status(standing: CertificateStanding) -> Result<CertStatus, EmulatorError> {
    Ok(match standing {
        CertificateStanding::Good => CertStatus::Good(Null),
        CertificateStanding::Unknown => CertStatus::Unknown(Null),
        CertificateStanding::Revoked { since } => CertStatus::Revoked(RevokedInfo {
            revocation_time: time(since)?,
            revocation_reason: None,
        }),
    })
}

fn time(seconds: u64) -> Result<OcspGeneralizedTime, EmulatorError> {
    GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))
        .map(OcspGeneralizedTime)
        .map_err(EmulatorError::der("time"))
}
