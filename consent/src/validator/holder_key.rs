//! Keys that a holder's certificate may certify (check 8): RSA of today's cards, and the announced successor's P-384.
//!
//! Which of them counts is data: a row of [`super::Environment::algorithms`]. The successor's certificates are not published, so production
//! takes none of them yet.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_384, ID_EC_PUBLIC_KEY, ID_SHA_256, ID_SHA_384, RSA_ENCRYPTION, SECP_384_R_1,
};
use der::Any;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::certificate::{CertificateError, rsa_2048_key};
use super::{p384, rsa};

/// Bytes of an uncompressed point on P-384: a leading 04 and two coordinates.
const POINT_BYTES: usize = 97;
const UNCOMPRESSED: u8 = 0x04;

/// How a card signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a 2048-bit key: every card until the new generation.
    RsaPkcs1Sha256,
    /// ECDSA on P-384 with SHA-384: announced for the new generation.
    EcdsaP384Sha384,
}

impl CardAlgorithm {
    /// Every algorithm.
    pub(super) const ALL: [Self; 2] = [Self::RsaPkcs1Sha256, Self::EcdsaP384Sha384];

    /// Name in receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "RSASSA-PKCS1-v1_5-SHA256",
            Self::EcdsaP384Sha384 => "ECDSA-P384-SHA384",
        }
    }

    /// The algorithm of a certified key, by its identifier alone.
    pub(crate) fn of_key(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        match info.algorithm.oid {
            RSA_ENCRYPTION => Some(Self::RsaPkcs1Sha256),
            ID_EC_PUBLIC_KEY => Some(Self::EcdsaP384Sha384),
            _ => None,
        }
    }

    /// Digest algorithm of a CMS (RFC 5754, 2).
    pub(crate) fn digest(self) -> AlgorithmIdentifierOwned {
        let oid = match self {
            Self::RsaPkcs1Sha256 => ID_SHA_256,
            Self::EcdsaP384Sha384 => ID_SHA_384,
        };
        AlgorithmIdentifierOwned {
            oid,
            parameters: None,
        }
    }

    /// Signature algorithm of a CMS (RFC 5754, 3).
    pub(crate) fn signature(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::RsaPkcs1Sha256 => AlgorithmIdentifierOwned {
                oid: RSA_ENCRYPTION,
                parameters: Some(Any::null()),
            },
            Self::EcdsaP384Sha384 => AlgorithmIdentifierOwned {
                oid: ECDSA_WITH_SHA_384,
                parameters: None,
            },
        }
    }
}

/// A certified key that passed check 8.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct HolderKey {
    algorithm: CardAlgorithm,
    /// DER `RSAPublicKey`, or an uncompressed point.
    bytes: Vec<u8>,
}

impl HolderKey {
    pub(super) fn of(
        info: &SubjectPublicKeyInfoOwned,
        allowed: &[CardAlgorithm],
    ) -> Result<Self, CertificateError> {
        let refused = CertificateError::KeyAlgorithm(info.algorithm.oid);
        let algorithm = CardAlgorithm::of_key(info)
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or(refused)?;
        let bytes = match algorithm {
            CardAlgorithm::RsaPkcs1Sha256 => rsa_2048_key(info)?,
            CardAlgorithm::EcdsaP384Sha384 => p384_point(info)?,
        };
        Ok(Self { algorithm, bytes })
    }

    pub(super) fn algorithm(&self) -> CardAlgorithm {
        self.algorithm
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            CardAlgorithm::RsaPkcs1Sha256 => rsa::verify(&self.bytes, message, signature),
            CardAlgorithm::EcdsaP384Sha384 => p384::verify(&self.bytes, message, signature),
        }
    }
}

fn p384_point(info: &SubjectPublicKeyInfoOwned) -> Result<Vec<u8>, CertificateError> {
    let curve = info.algorithm.parameters.as_ref();
    let curve = curve.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    let point = info.subject_public_key.as_bytes();
    match (curve, point) {
        (Some(SECP_384_R_1), Some(point @ [UNCOMPRESSED, ..])) if point.len() == POINT_BYTES => {
            Ok(point.to_vec())
        }
        _ => Err(CertificateError::KeyCurve),
    }
}
