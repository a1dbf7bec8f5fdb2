//! Private keys of cards and roots: real RSA-2048, generated and used through aws-lc.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
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
