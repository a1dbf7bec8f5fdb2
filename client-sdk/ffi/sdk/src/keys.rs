//! Keys that the app keeps. They may be unable to leave their store: what crosses is bytes to sign, or a wrapped key to open.

use crate::{
    error::MusubiError,
    identifiers::{fixed, parsed},
};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_client_sdk::sealing::{Envelope, HpkeSecret};
use musubi_primitives::{AccountId, HpkeKey, RecordId, RequestId};
use std::sync::Arc;

/// Why a key store did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyAccessError {
    /// The person said no.
    #[error("cancelled")]
    Cancelled,
    /// The store is locked, the key is gone, or the platform failed.
    #[error("{reason}")]
    Unavailable {
        /// In the platform's words. Never a secret.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyAccessError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable {
            reason: error.reason,
        }
    }
}

impl From<KeyAccessError> for MusubiError {
    fn from(error: KeyAccessError) -> Self {
        Self::Key {
            reason: error.to_string(),
        }
    }
}

/// An Ed25519 key of an account.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait Signer: Send + Sync {
    /// The account: the public key, `0x` and 64 hexadecimal digits.
    fn account(&self) -> String;
    /// Signs exactly these bytes (at most 256) and gives the signature's 64 bytes.
    async fn sign(&self, payload: Vec<u8>) -> Result<Vec<u8>, KeyAccessError>;
}

/// What a key store needs to open one wrapped key: HPKE (RFC 9180), base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct WrappedKey {
    /// Which record it opens.
    pub record: RecordId,
    /// Whose key opens it.
    pub holder: HpkeKey,
    /// HPKE encapsulated key, 32 bytes.
    pub encapsulated: Vec<u8>,
    /// HPKE ciphertext, 80 bytes.
    pub ciphertext: Vec<u8>,
    /// HPKE info.
    pub info: Vec<u8>,
    /// HPKE associated data.
    pub associated_data: Vec<u8>,
}

/// An X25519 key to which record keys are wrapped.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait RecordKey: Send + Sync {
    /// The public key, `0x` and 64 hexadecimal digits.
    fn public_key(&self) -> String;
    /// Opens a wrapped key and gives its 64 bytes; [`KeyAccessError::Unavailable`] when it does not open.
    async fn unwrap(&self, wrapped: WrappedKey) -> Result<Vec<u8>, KeyAccessError>;
}

/// A signing key in memory, for platforms without a store that signs Ed25519. Wiped when released.
///
/// # Errors
/// [`MusubiError::Input`] unless the seed has 32 bytes.
#[uniffi::export]
pub fn software_signer(seed: Vec<u8>) -> Result<Arc<dyn Signer>, MusubiError> {
    let seed = zeroize::Zeroizing::new(seed);
    let key = SigningKey::from_bytes(&fixed("seed", &seed)?);
    Ok(Arc::new(SoftwareSigner(key)))
}

/// A record key in memory, for platforms without a store that keeps X25519. Wiped when released.
///
/// # Errors
/// [`MusubiError::Input`] unless the secret has 32 bytes.
#[uniffi::export]
pub fn software_record_key(secret: Vec<u8>) -> Result<Arc<dyn RecordKey>, MusubiError> {
    let secret = zeroize::Zeroizing::new(secret);
    let secret = HpkeSecret::from_bytes(fixed("secret", &secret)?);
    Ok(Arc::new(SoftwareRecordKey(secret)))
}

/// 32 fresh random bytes: a seed for [`software_signer`] or a secret for [`software_record_key`], to be kept encrypted.
///
/// # Errors
/// [`MusubiError::Platform`] when the platform gives no randomness.
#[uniffi::export]
pub fn fresh_secret() -> Result<Vec<u8>, MusubiError> {
    let mut bytes = vec![0u8; 32];
    getrandom::fill(&mut bytes).map_err(MusubiError::platform)?;
    Ok(bytes)
}

/// The account that a signer says it is.
pub(crate) fn account_of(signer: &Arc<dyn Signer>) -> Result<AccountId, MusubiError> {
    parsed("signer.account", &signer.account())
}

/// Has bytes signed; the signature is checked by whoever uses it.
pub(crate) async fn signature_by(
    signer: &Arc<dyn Signer>,
    payload: &[u8],
) -> Result<[u8; 64], MusubiError> {
    let signature = signer.sign(payload.to_vec()).await?;
    fixed("signature", &signature)
}

struct SoftwareSigner(SigningKey);

#[async_trait::async_trait]
impl Signer for SoftwareSigner {
    fn account(&self) -> String {
        AccountId(self.0.verifying_key().to_bytes()).to_string()
    }

    async fn sign(&self, payload: Vec<u8>) -> Result<Vec<u8>, KeyAccessError> {
        Ok(self.0.sign(&payload).to_bytes().to_vec())
    }
}

struct SoftwareRecordKey(HpkeSecret);

#[async_trait::async_trait]
impl RecordKey for SoftwareRecordKey {
    fn public_key(&self) -> String {
        self.0.public().to_string()
    }

    async fn unwrap(&self, wrapped: WrappedKey) -> Result<Vec<u8>, KeyAccessError> {
        let opened = envelope_of(&wrapped)
            .filter(|envelope| envelope.info() == wrapped.info)
            .and_then(|envelope| envelope.open(&self.0).ok());
        opened
            .map(|data_key| data_key.to_bytes().to_vec())
            .ok_or_else(|| KeyAccessError::Unavailable {
                reason: "the wrapped key does not open: altered, or another's".to_owned(),
            })
    }
}

/// The envelope that a wrapped key was taken from.
fn envelope_of(wrapped: &WrappedKey) -> Option<Envelope> {
    let request = match wrapped.associated_data.as_slice() {
        [] => None,
        bytes => Some(RequestId(bytes.try_into().ok()?)),
    };
    Some(Envelope {
        record: wrapped.record,
        holder: wrapped.holder,
        request,
        encapsulated: wrapped.encapsulated.as_slice().try_into().ok()?,
        wrapped: wrapped.ciphertext.as_slice().try_into().ok()?,
    })
}
