//! The signature as a detached CMS SignedData (RFC 5652) without signed attributes: one signer, one certificate.
//!
//! Without signed attributes the signature is over the content itself, so the card signs exactly the SHA-256 of
//! [`crate::SignedContent`] and any CMS tool can check it. Whatever another tool could add is refused.

use cms::cert::IssuerAndSerialNumber;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_DATA, ID_SIGNED_DATA};
use const_oid::db::rfc5912::{ID_SHA_256, RSA_ENCRYPTION};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;

use crate::strict_der;

/// Longest CMS that is read, in bytes.
pub const CMS_BYTES_MAX: usize = 8 * 1024;

/// Why bytes are not a signature of the form we make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmsError {
    /// Longer than [`CMS_BYTES_MAX`].
    #[error("CMS of {length} bytes, at most {CMS_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not DER, or not this structure.
    #[error("CMS structure: {0}")]
    Malformed(der::Error),
    /// The same content in other bytes.
    #[error("CMS not in DER")]
    NotCanonical,
    /// Not a SignedData over plain data.
    #[error("CMS content type {0}")]
    ContentType(ObjectIdentifier),
    /// The content is inside; it must be detached.
    #[error("CMS with content inside")]
    NotDetached,
    /// None or several certificates.
    #[error("CMS with {0} certificates, exactly one is expected")]
    Certificates(usize),
    /// None or several signers.
    #[error("CMS with {0} signers, exactly one is expected")]
    Signers(usize),
    /// Signed or unsigned attributes.
    #[error("CMS with attributes")]
    Attributes,
    /// Anything but RSA with SHA-256.
    #[error("CMS algorithm")]
    Algorithm,
    /// The signer named is not the owner of the certificate.
    #[error("CMS signer differs from its certificate")]
    SignerMismatch,
}

/// Certificate and signature, as taken from or put into a CMS.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedCms {
    /// DER of the signer's certificate.
    pub certificate: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl std::fmt::Debug for SignedCms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignedCms(redacted)")
    }
}

/// SignedData whose certificates keep their original bytes.
#[derive(Sequence)]
struct SignedData {
    version: CmsVersion,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    encapsulated: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    certificates: Option<SetOfVec<Any>>,
    signers: SetOfVec<SignerInfo>,
}

impl SignedCms {
    /// Writes the CMS.
    ///
    /// # Errors
    ///
    /// [`CmsError::Malformed`] when the certificate is none.
    pub fn to_der(&self) -> Result<Vec<u8>, CmsError> {
        let certificate =
            strict_der::decode::<Any>(&self.certificate).map_err(CmsError::Malformed)?;
        let signed_data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: set_of(sha256())?,
            encapsulated: EncapsulatedContentInfo {
                econtent_type: ID_DATA,
                econtent: None,
            },
            certificates: Some(set_of(certificate)?),
            signers: set_of(self.signer()?)?,
        };
        let content = Any::encode_from(&signed_data).map_err(CmsError::Malformed)?;
        ContentInfo {
            content_type: ID_SIGNED_DATA,
            content,
        }
        .to_der()
        .map_err(CmsError::Malformed)
    }

    /// Reads a CMS of exactly the form that [`SignedCms::to_der`] writes.
    ///
    /// # Errors
    ///
    /// [`CmsError`] saying what differs.
    pub fn parse(bytes: &[u8]) -> Result<Self, CmsError> {
        if CMS_BYTES_MAX < bytes.len() {
            return Err(CmsError::TooLong {
                length: bytes.len(),
            });
        }
        let info: ContentInfo = strict_der::decode(bytes).map_err(CmsError::Malformed)?;
        if info.content_type != ID_SIGNED_DATA {
            return Err(CmsError::ContentType(info.content_type));
        }
        let content = info.content.to_der().map_err(CmsError::Malformed)?;
        let signed_data: SignedData = strict_der::decode(&content).map_err(CmsError::Malformed)?;
        let cms = signed_data.into_parts()?;
        if cms.to_der()? == bytes {
            Ok(cms)
        } else {
            Err(CmsError::NotCanonical)
        }
    }

    fn signer(&self) -> Result<SignerInfo, CmsError> {
        Ok(SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(signer_identifier(&self.certificate)?),
            digest_alg: sha256(),
            signed_attrs: None,
            signature_algorithm: rsa(),
            signature: OctetString::new(self.signature.as_slice()).map_err(CmsError::Malformed)?,
            unsigned_attrs: None,
        })
    }
}

impl SignedData {
    fn into_parts(self) -> Result<SignedCms, CmsError> {
        if self.encapsulated.econtent_type != ID_DATA {
            return Err(CmsError::ContentType(self.encapsulated.econtent_type));
        }
        if self.encapsulated.econtent.is_some() {
            return Err(CmsError::NotDetached);
        }
        let certificates = self
            .certificates
            .map(SetOfVec::into_vec)
            .unwrap_or_default();
        let [certificate] =
            <[Any; 1]>::try_from(certificates).map_err(|all| CmsError::Certificates(all.len()))?;
        let [signer] = <[SignerInfo; 1]>::try_from(self.signers.into_vec())
            .map_err(|all| CmsError::Signers(all.len()))?;
        let certificate = certificate.to_der().map_err(CmsError::Malformed)?;
        check_signer(&signer, &certificate)?;
        Ok(SignedCms {
            certificate,
            signature: signer.signature.into_bytes(),
        })
    }
}

fn check_signer(signer: &SignerInfo, certificate: &[u8]) -> Result<(), CmsError> {
    if signer.signed_attrs.is_some() || signer.unsigned_attrs.is_some() {
        return Err(CmsError::Attributes);
    }
    if signer.digest_alg.oid != ID_SHA_256 || signer.signature_algorithm.oid != RSA_ENCRYPTION {
        return Err(CmsError::Algorithm);
    }
    let expected = SignerIdentifier::IssuerAndSerialNumber(signer_identifier(certificate)?);
    if signer.sid == expected {
        Ok(())
    } else {
        Err(CmsError::SignerMismatch)
    }
}

fn signer_identifier(certificate: &[u8]) -> Result<IssuerAndSerialNumber, CmsError> {
    let certificate: Certificate = strict_der::decode(certificate).map_err(CmsError::Malformed)?;
    let certificate = certificate.tbs_certificate;
    Ok(IssuerAndSerialNumber {
        issuer: certificate.issuer,
        serial_number: certificate.serial_number,
    })
}

fn set_of<T: der::DerOrd>(element: T) -> Result<SetOfVec<T>, CmsError> {
    SetOfVec::try_from(vec![element]).map_err(CmsError::Malformed)
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ID_SHA_256,
        parameters: None,
    }
}

fn rsa() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: RSA_ENCRYPTION,
        parameters: Some(Any::null()),
    }
}
