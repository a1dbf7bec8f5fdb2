//! Opening an envelope whose X25519 secret cannot leave its key store: the store agrees on a shared point (ECDH), and the rest of HPKE is
//! done here (RFC 9180: section 4.1 for the shared secret, 5.1 for the key schedule in base mode, 5.2 for the first message).

use super::{
    envelope::{Envelope, EnvelopeError},
    record::{DATA_KEY_BYTES, DataKey},
};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Numbers of X25519 with HKDF-SHA256, HKDF-SHA256 and ChaCha20-Poly1305 (RFC 9180 section 7).
const KEM: &[u8] = b"KEM\x00\x20";
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";

/// A pseudo-random key, and the suite that its labels name.
struct Derived {
    suite: &'static [u8],
    key: Hkdf<Sha256>,
}

impl Envelope {
    /// Unwraps the data key with what the holder's key store agreed upon with [`Envelope::encapsulated`]: the 32 bytes of X25519.
    ///
    /// # Errors
    /// [`EnvelopeError::DoesNotOpen`].
    pub fn open_agreed(&self, agreed: &[u8; 32]) -> Result<DataKey, EnvelopeError> {
        // RFC 7748 section 6.1: a point of small order agrees on zero, which is nobody's secret.
        if *agreed == [0; 32] {
            return Err(EnvelopeError::DoesNotOpen);
        }
        let context = [self.encapsulated, self.holder.0].concat();
        let shared: Zeroizing<[u8; 32]> =
            extract(KEM, &[], "eae_prk", agreed).expand("shared_secret", &context);
        let mut schedule = vec![0];
        schedule.extend(hash("psk_id_hash", &[]));
        schedule.extend(hash("info_hash", &self.info()));
        let secret = extract(SUITE, shared.as_ref(), "secret", &[]);
        let key: Zeroizing<[u8; 32]> = secret.expand("key", &schedule);
        let nonce: Zeroizing<[u8; 12]> = secret.expand("base_nonce", &schedule);
        let payload = Payload {
            msg: &self.wrapped,
            aad: &self.associated_data(),
        };
        let opened = ChaCha20Poly1305::new(&(*key).into())
            .decrypt(&Nonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::DoesNotOpen)?;
        <&[u8; DATA_KEY_BYTES]>::try_from(opened.as_slice())
            .map(DataKey::from_bytes)
            .map_err(|_| EnvelopeError::DoesNotOpen)
    }
}

/// LabeledExtract.
fn extract(suite: &'static [u8], salt: &[u8], label: &str, material: &[u8]) -> Derived {
    let labelled = Zeroizing::new([VERSION, suite, label.as_bytes(), material].concat());
    let (_, key) = Hkdf::extract(Some(salt), &labelled);
    Derived { suite, key }
}

/// LabeledExtract without salt, as bytes.
fn hash(label: &str, material: &[u8]) -> [u8; 32] {
    let labelled = [VERSION, SUITE, label.as_bytes(), material].concat();
    Hkdf::<Sha256>::extract(Some(&[]), &labelled).0.into()
}

impl Derived {
    /// LabeledExpand.
    fn expand<const N: usize>(&self, label: &str, context: &[u8]) -> Zeroizing<[u8; N]> {
        let length = u16::try_from(N).unwrap_or(u16::MAX).to_be_bytes();
        let info = [&length, VERSION, self.suite, label.as_bytes(), context].concat();
        let mut out = Zeroizing::new([0; N]);
        self.key
            .expand(&info, out.as_mut())
            .expect("32 bytes are fewer than HKDF-SHA256 gives, 255 times 32");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::HpkeSecret;
    use musubi_primitives::{RecordId, RequestId};
    use x25519_dalek::{PublicKey, StaticSecret};

    fn agreed(secret: [u8; 32], envelope: &Envelope) -> [u8; 32] {
        StaticSecret::from(secret)
            .diffie_hellman(&PublicKey::from(envelope.encapsulated))
            .to_bytes()
    }

    #[test]
    fn what_a_key_store_agreed_upon_opens_what_the_secret_opens() {
        let data_key = DataKey::generate().unwrap();
        let holder = HpkeSecret::from_bytes([7; 32]);
        let rest = Envelope::at_rest(RecordId([1; 32]), &data_key, holder.public()).unwrap();
        assert_eq!(
            rest.open_agreed(&agreed([7; 32], &rest)),
            Ok(data_key.clone())
        );
        let next = HpkeSecret::from_bytes([8; 32]);
        let released = rest
            .rewrap(&holder, RequestId([2; 32]), next.public())
            .unwrap();
        assert_eq!(
            released.open_agreed(&agreed([8; 32], &released)),
            Ok(data_key)
        );
    }

    #[test]
    fn another_key_an_altered_envelope_and_a_point_of_small_order_open_nothing() {
        let data_key = DataKey::generate().unwrap();
        let holder = HpkeSecret::from_bytes([7; 32]);
        let rest = Envelope::at_rest(RecordId([1; 32]), &data_key, holder.public()).unwrap();
        let refused = Err(EnvelopeError::DoesNotOpen);
        assert_eq!(rest.open_agreed(&agreed([9; 32], &rest)), refused);
        assert_eq!(rest.open_agreed(&[0; 32]), refused);
        let other = Envelope {
            record: RecordId([3; 32]),
            ..rest.clone()
        };
        assert_eq!(other.open_agreed(&agreed([7; 32], &rest)), refused);
    }
}
