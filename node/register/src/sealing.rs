//! How the register's values lie on disk: ChaCha20-Poly1305 under one key, each bound to the place it stands at.

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use musubi_primitives::{commitment::hash_parts, domain};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const NONCE_BYTES: usize = 12;

/// The register's key, from the municipality's key file; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RegisterKey([u8; 32]);

impl fmt::Debug for RegisterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterKey(hidden)")
    }
}

impl RegisterKey {
    /// A key from its 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals a value for its place. A random nonce is safe for 2^32 values under one key (NIST SP 800-38D section 8.3 for nonces of
    /// this length), which is more than a municipality writes.
    pub(crate) fn seal(
        &self,
        column: &str,
        key: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let payload = Payload {
            msg: value,
            aad: &place(column, key),
        };
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), payload)
            .expect("an entry is far shorter than 256 GiB");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a value; `None` under another key, from another place, or altered.
    pub(crate) fn open(
        &self,
        column: &str,
        key: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: &place(column, key),
        };
        self.cipher()
            .decrypt(&Nonce::from(*nonce), payload)
            .ok()
            .map(Zeroizing::new)
    }

    /// Where a value is kept in a column that is searched by it: whoever lacks the key cannot tell which value a place is of.
    pub(crate) fn place(&self, column: &str, value: &[u8]) -> [u8; 32] {
        let column = hash_parts(&[column.as_bytes()]);
        hash_parts(&[domain::REGISTER_PLACE, &self.0, &column, value])
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.0))
    }
}

fn place(column: &str, key: &[u8]) -> Vec<u8> {
    [column.as_bytes(), &[0], key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_under_its_key_at_its_place_and_unaltered_only() {
        let key = RegisterKey::from_bytes([1; 32]);
        let sealed = key.seal("people", b"a", b"value").unwrap();
        assert_eq!(
            key.open("people", b"a", &sealed).unwrap().as_slice(),
            b"value"
        );
        assert!(key.open("people", b"b", &sealed).is_none());
        assert!(key.open("links", b"a", &sealed).is_none());
        assert!(
            RegisterKey::from_bytes([2; 32])
                .open("people", b"a", &sealed)
                .is_none()
        );
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open("people", b"a", &altered).is_none());
        }
    }
}
