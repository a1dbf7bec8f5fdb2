//! The signature as a detached CMS SignedData (RFC 5652) without signed attributes: one signer, one certificate.
//!
//! Without signed attributes the signature is over the content itself, so the card signs exactly the SHA-256 of
//! [`crate::SignedContent`] and any CMS tool can check it. Whatever another tool could add is refused.

use cms::cert::IssuerAndSerialNumber;
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{ID_DATA, ID_SIGNED_DATA};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Encode, Sequence};
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;

use crate::strict_der;
use crate::validator::CardAlgorithm;

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
    /// Another algorithm than that of the certificate's key, or a key of an algorithm that no card has.
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
        let signer = Signer::of(&self.certificate)?;
        let signed_data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: set_of(signer.algorithm.digest())?,
            encapsulated: EncapsulatedContentInfo {
                econtent_type: ID_DATA,
                econtent: None,
            },
            certificates: Some(set_of(certificate)?),
            signers: set_of(signer.info(&self.signature)?)?,
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
    let owner = Signer::of(certificate)?;
    let found = (signer.digest_alg.oid, signer.signature_algorithm.oid);
    if found
        != (
            owner.algorithm.digest().oid,
            owner.algorithm.signature().oid,
        )
    {
        return Err(CmsError::Algorithm);
    }
    if signer.sid == SignerIdentifier::IssuerAndSerialNumber(owner.identifier) {
        Ok(())
    } else {
        Err(CmsError::SignerMismatch)
    }
}

/// What a CMS says of the owner of a certificate.
struct Signer {
    identifier: IssuerAndSerialNumber,
    algorithm: CardAlgorithm,
}

impl Signer {
    fn of(certificate: &[u8]) -> Result<Self, CmsError> {
        let certificate: Certificate =
            strict_der::decode(certificate).map_err(CmsError::Malformed)?;
        let certificate = certificate.tbs_certificate;
        let algorithm = CardAlgorithm::of_key(&certificate.subject_public_key_info);
        Ok(Self {
            algorithm: algorithm.ok_or(CmsError::Algorithm)?,
            identifier: IssuerAndSerialNumber {
                issuer: certificate.issuer,
                serial_number: certificate.serial_number,
            },
        })
    }

    fn info(self, signature: &[u8]) -> Result<SignerInfo, CmsError> {
        Ok(SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(self.identifier),
            digest_alg: self.algorithm.digest(),
            signed_attrs: None,
            signature_algorithm: self.algorithm.signature(),
            signature: OctetString::new(signature).map_err(CmsError::Malformed)?,
            unsigned_attrs: None,
        })
    }
}

fn set_of<T: der::DerOrd>(element: T) -> Result<SetOfVec<T>, CmsError> {
    SetOfVec::try_from(vec![element]).map_err(CmsError::Malformed)
}
