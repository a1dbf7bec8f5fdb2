//! One record sealed: ciphertext under a data key of its own, and a salted commitment to its canonical bytes.
//!
//! The data key encrypts exactly one text, so the nonce is constant (RFC 8439 asks only that key and nonce never repeat together).
//! The associated data bind record id and commitment: a ciphertext cannot be passed off as another record's.

use super::canonical::CanonicalRecord;
use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use codec::{Decode, Encode};
use musubi_primitives::{
    CiphertextHash, Commitment, RecordId, Salt, commit, commitment::hash_parts, domain,
};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The most canonical bytes one record may have; larger documents are several records.
pub const RECORD_BYTES_MAX: usize = 4 << 20;

/// Length of data key and salt together.
pub(super) const DATA_KEY_BYTES: usize = 64;

const NONCE: [u8; 12] = [0; 12];

/// Why a record was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// More than [`RECORD_BYTES_MAX`].
    #[error("a record of {bytes} bytes is larger than {RECORD_BYTES_MAX}")]
    TooLarge {
        /// Its canonical bytes.
        bytes: usize,
    },
    /// The platform gave no randomness.
    #[error("the platform gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The cipher refused, which it does only beyond 256 GiB.
    #[error("the cipher refused the record")]
    Cipher,
}

/// Why a ciphertext was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its hash is not the one on the chain.
    #[error("the ciphertext is not the one committed on the chain")]
    CiphertextHash,
    /// Wrong key, or not this record's ciphertext.
    #[error("the data key does not open this ciphertext as this record")]
    Cipher,
    /// The opened bytes are not those that the chain's commitment is for.
    #[error("the opened bytes do not match the commitment on the chain")]
    Commitment,
}

/// What opens one record: its data key, and the salt of its commitment.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DataKey {
    key: [u8; 32],
    salt: [u8; 32],
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(hidden)")
    }
}

impl DataKey {
    /// A fresh key and salt.
    ///
    /// # Errors
    /// [`SealError::Randomness`].
    pub fn generate() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0u8; DATA_KEY_BYTES]);
        getrandom::fill(bytes.as_mut()).map_err(SealError::Randomness)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Key and salt from their 64 bytes, as an opened envelope holds them.
    pub fn from_bytes(bytes: &[u8; DATA_KEY_BYTES]) -> Self {
        let mut data_key = Self {
            key: [0; 32],
            salt: [0; 32],
        };
        let (key, salt) = bytes.split_at(32);
        data_key.key.copy_from_slice(key);
        data_key.salt.copy_from_slice(salt);
        data_key
    }

    /// Its 64 bytes, for a key store that keeps them.
    pub fn to_bytes(&self) -> Zeroizing<[u8; DATA_KEY_BYTES]> {
        let mut bytes = Zeroizing::new([0u8; DATA_KEY_BYTES]);
        bytes[..32].copy_from_slice(&self.key);
        bytes[32..].copy_from_slice(&self.salt);
        bytes
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.key))
    }
}

/// A sealed record: what vaults store, and what the chain knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SealedRecord {
    /// Which record.
    pub record: RecordId,
    /// Salted commitment to the canonical bytes.
    pub commitment: Commitment,
    /// ChaCha20-Poly1305 ciphertext of the canonical bytes.
    pub ciphertext: Vec<u8>,
}

/// Seals a record under a fresh data key.
///
/// # Errors
/// See [`SealError`].
pub fn seal(
    record: RecordId,
    text: &CanonicalRecord,
) -> Result<(SealedRecord, DataKey), SealError> {
    let data_key = DataKey::generate()?;
    seal_under(record, text, &data_key).map(|sealed| (sealed, data_key))
}

/// Seals a record under a data key that must never seal another text.
///
/// # Errors
/// [`SealError::TooLarge`] and [`SealError::Cipher`].
pub fn seal_under(
    record: RecordId,
    text: &CanonicalRecord,
    data_key: &DataKey,
) -> Result<SealedRecord, SealError> {
    let bytes = text.as_bytes();
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(SealError::TooLarge { bytes: bytes.len() });
    }
    let commitment = commit(domain::RECORD, &Salt(data_key.salt), bytes);
    let payload = Payload {
        msg: bytes,
        aad: &associated_data(&record, &commitment),
    };
    let ciphertext = data_key
        .cipher()
        .encrypt(&Nonce::from(NONCE), payload)
        .map_err(|_| SealError::Cipher)?;
    Ok(SealedRecord {
        record,
        commitment,
        ciphertext,
    })
}

impl SealedRecord {
    /// The ciphertext's address in the vaults, as the chain holds it.
    pub fn ciphertext_hash(&self) -> CiphertextHash {
        ciphertext_hash(&self.ciphertext)
    }

    /// Decrypts and checks the commitment. `expected` is the ciphertext hash on the chain; the caller takes record id and
    /// commitment from the chain too.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        &self,
        expected: &CiphertextHash,
        data_key: &DataKey,
    ) -> Result<CanonicalBytes, OpenError> {
        if self.ciphertext_hash() != *expected {
            return Err(OpenError::CiphertextHash);
        }
        let payload = Payload {
            msg: &self.ciphertext,
            aad: &associated_data(&self.record, &self.commitment),
        };
        let bytes = data_key
            .cipher()
            .decrypt(&Nonce::from(NONCE), payload)
            .map_err(|_| OpenError::Cipher)?;
        if commit(domain::RECORD, &Salt(data_key.salt), &bytes) == self.commitment {
            Ok(Zeroizing::new(bytes))
        } else {
            Err(OpenError::Commitment)
        }
    }
}

/// Opened canonical bytes, wiped when dropped.
pub type CanonicalBytes = Zeroizing<Vec<u8>>;

/// SHA-256 of a ciphertext.
pub fn ciphertext_hash(ciphertext: &[u8]) -> CiphertextHash {
    CiphertextHash(hash_parts(&[ciphertext]))
}

fn associated_data(record: &RecordId, commitment: &Commitment) -> Vec<u8> {
    [domain::RECORD_SEAL, &record.0, &commitment.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> (SealedRecord, DataKey) {
        let text = CanonicalRecord::from_json(
            r#"{"resourceType":"Immunization","lotNumber":"T1"}"#.as_bytes(),
        )
        .unwrap();
        seal(RecordId([1; 32]), &text).unwrap()
    }

    #[test]
    fn a_sealed_record_opens_to_its_canonical_bytes() {
        let (sealed, key) = record();
        let opened = sealed.open(&sealed.ciphertext_hash(), &key).unwrap();
        assert_eq!(
            opened.as_slice(),
            br#"{"lotNumber":"T1","resourceType":"Immunization"}"#
        );
    }

    #[test]
    fn the_same_text_seals_to_different_commitments_and_ciphertexts() {
        let ((a, _), (b, _)) = (record(), record());
        assert_ne!(a.commitment, b.commitment);
        assert_ne!(a.ciphertext, b.ciphertext);
    }

    #[test]
    fn another_records_commitment_or_key_or_salt_does_not_open_it() {
        let (sealed, key) = record();
        let (other, other_key) = record();
        let hash = sealed.ciphertext_hash();
        assert_eq!(
            SealedRecord {
                commitment: other.commitment,
                ..sealed.clone()
            }
            .open(&hash, &key),
            Err(OpenError::Cipher)
        );
        assert_eq!(
            SealedRecord {
                record: RecordId([2; 32]),
                ..sealed.clone()
            }
            .open(&hash, &key),
            Err(OpenError::Cipher)
        );
        assert_eq!(sealed.open(&hash, &other_key), Err(OpenError::Cipher));
        let wrong_salt = DataKey {
            key: key.key,
            salt: other_key.salt,
        };
        assert_eq!(sealed.open(&hash, &wrong_salt), Err(OpenError::Commitment));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let (_, key) = record();
        assert_eq!(format!("{key:?}"), "DataKey(hidden)");
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_the_ciphertext_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let (mut sealed, key) = record();
            let on_chain = sealed.ciphertext_hash();
            let at = at.index(sealed.ciphertext.len());
            sealed.ciphertext[at] ^= 1 << bit;
            prop_assert_eq!(sealed.open(&on_chain, &key), Err(OpenError::CiphertextHash));
            let forged_hash = sealed.ciphertext_hash();
            prop_assert_eq!(sealed.open(&forged_hash, &key), Err(OpenError::Cipher));
        }

        #[test]
        fn any_flipped_bit_of_the_data_key_is_noticed(at in 0usize..DATA_KEY_BYTES, bit in 0u8..8) {
            let (sealed, key) = record();
            let mut bytes = key.to_bytes();
            bytes[at] ^= 1 << bit;
            prop_assert!(sealed.open(&sealed.ciphertext_hash(), &DataKey::from_bytes(&bytes)).is_err());
        }
    }
}
