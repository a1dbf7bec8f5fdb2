//! Private keys of cards and roots: real RSA-2048, and P-384 for the announced successor, through aws-lc.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use der::asn1::BitString;
use der::{Any, Encode as _};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use crate::error::EmulatorError;

/// DER prefix of a SHA-256 DigestInfo (RFC 8017, 9.2 note 1).
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A private RSA key.
pub struct RsaKey {
    pair: KeyPair,
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RsaKey(redacted)")
    }
}

impl RsaKey {
    /// A new 2048-bit key.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the library refuses.
    pub fn generate() -> Result<Self, EmulatorError> {
        Self::generate_sized(KeySize::Rsa2048)
    }

    /// A new key of a size that JPKI does not use, for hostile certificates.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the library refuses.
    pub fn generate_sized(size: KeySize) -> Result<Self, EmulatorError> {
        let pair = KeyPair::generate(size).map_err(|_| EmulatorError::Key { what: "generate" })?;
        Ok(Self { pair })
    }

    /// Loads PKCS#8.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the bytes are no RSA key.
    pub fn parse_pkcs8(bytes: &[u8]) -> Result<Self, EmulatorError> {
        let pair = KeyPair::from_pkcs8(bytes).map_err(|_| EmulatorError::Key {
            what: "load PKCS#8",
        })?;
        Ok(Self { pair })
    }

    /// PKCS#8 bytes, wiped on drop.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the library refuses.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, EmulatorError> {
        let encoded: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| EmulatorError::Key {
            what: "write PKCS#8",
        })?;
        Ok(Zeroizing::new(encoded.as_ref().to_vec()))
    }

    /// DER of the SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the library refuses.
    pub fn public_key_info(&self) -> Result<Vec<u8>, EmulatorError> {
        let encoded: PublicKeyX509Der<'_> =
            self.pair
                .public_key()
                .as_der()
                .map_err(|_| EmulatorError::Key {
                    what: "write public key",
                })?;
        Ok(encoded.as_ref().to_vec())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Key`] when the library refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, EmulatorError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| EmulatorError::Key { what: "sign" })?;
        Ok(signature)
    }

    /// Signs a SHA-256 DigestInfo as a card does with P1 = 00. None for any other input, which this emulator does not pad.
    pub(crate) fn sign_digest_info(&self, input: &[u8]) -> Option<Vec<u8>> {
        self.sign_hash(input.strip_prefix(&SHA256_DIGEST_INFO)?)
    }

    /// Signs a SHA-256 hash. None when it is not 32 bytes.
    pub(crate) fn sign_hash(&self, hash: &[u8]) -> Option<Vec<u8>> {
        let digest = digest::Digest::import_less_safe(hash, &digest::SHA256).ok()?;
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature)
            .ok()?;
        Some(signature)
    }
}

/// A private P-384 key, as the successor of today's card is announced to hold.
pub struct EcKey {
    pair: EcdsaKeyPair,
}

impl std::fmt::Debug for EcKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EcKey(redacted)")
    }
}

impl EcKey {
    fn generate() -> Result<Self, EmulatorError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)
            .map_err(|_| EmulatorError::Key { what: "generate" })?;
        Ok(Self { pair })
    }

    fn public_key_info(&self) -> Result<Vec<u8>, EmulatorError> {
        let curve = Any::encode_from(&SECP384R1).map_err(EmulatorError::der("curve"))?;
        let point = BitString::from_bytes(self.pair.public_key().as_ref())
            .map_err(EmulatorError::der("point"))?;
        let info = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: EC_PUBLIC_KEY,
                parameters: Some(curve),
            },
            subject_public_key: point,
        };
        info.to_der().map_err(EmulatorError::der("public key"))
    }
}

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The key behind one credential of a card.
#[derive(Debug)]
pub(crate) enum CardKey {
    Rsa(RsaKey),
    Ec(EcKey),
}

impl CardKey {
    pub(crate) fn generate(successor: bool) -> Result<Self, EmulatorError> {
        if successor {
            EcKey::generate().map(Self::Ec)
        } else {
            RsaKey::generate().map(Self::Rsa)
        }
    }

    pub(crate) fn parse_pkcs8(bytes: &[u8]) -> Result<Self, EmulatorError> {
        match EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, bytes) {
            Ok(pair) => Ok(Self::Ec(EcKey { pair })),
            Err(_) => RsaKey::parse_pkcs8(bytes).map(Self::Rsa),
        }
    }

    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, EmulatorError> {
        match self {
            Self::Rsa(key) => key.to_pkcs8(),
            Self::Ec(key) => {
                let document = key.pair.to_pkcs8v1().map_err(|_| EmulatorError::Key {
                    what: "write PKCS#8",
                })?;
                Ok(Zeroizing::new(document.as_ref().to_vec()))
            }
        }
    }

    pub(crate) fn public_key_info(&self) -> Result<Vec<u8>, EmulatorError> {
        match self {
            Self::Rsa(key) => key.public_key_info(),
            Self::Ec(key) => key.public_key_info(),
        }
    }

    /// Signs what a card is given with P1 = 00: a DigestInfo for RSA, a SHA-384 hash for P-384.
    pub(crate) fn sign_verbatim(&self, input: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.sign_digest_info(input),
            Self::Ec(key) => {
                let hash = digest::Digest::import_less_safe(input, &digest::SHA384).ok()?;
                key.pair
                    .sign_digest(&hash)
                    .ok()
                    .map(|signature| signature.as_ref().to_vec())
            }
        }
    }

    /// Signs a SHA-256 hash (P1 = 02), which only RSA cards know.
    pub(crate) fn sign_hash(&self, hash: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => key.sign_hash(hash),
            Self::Ec(_) => None,
        }
    }
}
