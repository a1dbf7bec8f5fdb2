//! How answers lie on disk: ChaCha20-Poly1305 under a key of the municipality, each bound to its file's name, which tells nothing either.
//!
//! An answer names a certificate by issuer and serial number. Only the verifier that asked may use it (JPKI act, art. 52), so a copied
//! or discarded disk must not say whose certificates were asked about.

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use musubi_primitives::{commitment::hash_parts, domain};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

const NONCE_BYTES: usize = 12;

/// What sealing adds to an answer's length, in bytes: nonce and authentication tag.
pub(crate) const OVERHEAD_BYTES: usize = NONCE_BYTES + 16;

/// The cache's key, derived from a key file of the municipality; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CacheKey([u8; 32]);

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(hidden)")
    }
}

impl CacheKey {
    /// The key that belongs to a secret of 32 random bytes, whatever else that secret is used for.
    #[must_use]
    pub fn derived_from(secret: &[u8; 32]) -> Self {
        Self(hash_parts(&[domain::REVOCATION_CACHE_KEY, secret]))
    }

    /// The name under which something is kept; without the key nobody can tell what it is about, not even by guessing serial numbers.
    pub(crate) fn name(&self, issuer: &[u8], about: &[u8]) -> String {
        hex::encode(hash_parts(&[
            domain::REVOCATION_FILE,
            &self.0,
            issuer,
            about,
        ]))
    }

    /// Seals an answer for its file. Random nonces of this length are safe for 2^32 values under one key (NIST SP 800-38D section 8.3).
    pub(crate) fn seal(&self, file: &str, der: &[u8]) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: der,
            aad: file.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), payload)
            .expect("an answer is far shorter than 256 GiB");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a file; `None` under another key, from another file, or altered.
    pub(crate) fn open(&self, file: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: file.as_bytes(),
        };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.0))
    }
}
