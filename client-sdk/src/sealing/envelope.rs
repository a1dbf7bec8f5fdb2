//! Envelopes: a data key wrapped to one holder by HPKE (RFC 9180, base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305).
//!
//! The info string binds record and holder; an envelope made for a ticket also binds the ticket's request as associated data, so that
//! it can be told from one at rest and serves no other release. Keys that cannot leave a platform's key store open an envelope
//! themselves from [`Envelope::info`], [`Envelope::associated_data`] and its two fields, and give the 64 bytes to
//! [`DataKey::from_bytes`].

use super::record::{DATA_KEY_BYTES, DataKey};
use codec::{Decode, Encode};
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256, single_shot_open, single_shot_seal,
};
use musubi_primitives::{HpkeKey, RecordId, RequestId, domain};
use std::fmt;
use zeroize::Zeroizing;

type Kem = X25519HkdfSha256;

/// Length of a wrapped data key: key, salt and the cipher's tag.
pub const WRAPPED_BYTES: usize = DATA_KEY_BYTES + 16;

/// Why an envelope was not made or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A public key that no secret belongs to.
    #[error("{0} is no usable X25519 public key")]
    BadHolderKey(HpkeKey),
    /// The envelope is addressed to somebody else.
    #[error("the envelope is for {holder}, not for this key")]
    NotForThisKey {
        /// Whom it is for.
        holder: HpkeKey,
    },
    /// The envelope was altered, or belongs to another record or request.
    #[error("the envelope does not open: altered, or of another record or request")]
    DoesNotOpen,
    /// An envelope that was made for a ticket may not be wrapped again.
    #[error("an envelope made for a ticket is not wrapped again")]
    MadeForATicket,
}

/// An X25519 secret key that opens envelopes; wiped when dropped.
#[derive(Clone)]
pub struct HpkeSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for HpkeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HpkeSecret(hidden, public {})", self.public())
    }
}

impl HpkeSecret {
    /// A secret from its 32 bytes; every 32 bytes are one (RFC 7748 section 5).
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh secret.
    ///
    /// # Errors
    /// When the platform gives no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// The secret's bytes, for an encrypted key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// Its public key.
    pub fn public(&self) -> HpkeKey {
        HpkeKey(Kem::sk_to_pk(&self.private()).to_bytes().into())
    }

    fn private(&self) -> <Kem as hpke::Kem>::PrivateKey {
        <Kem as hpke::Kem>::PrivateKey::from_bytes(self.0.as_ref())
            .expect("every 32 bytes are an X25519 secret, RFC 7748 section 5")
    }
}

/// A data key wrapped to one holder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
    /// Which record it opens.
    pub record: RecordId,
    /// Whose secret opens it.
    pub holder: HpkeKey,
    /// The ticket's request it was made for; none for an envelope at rest.
    pub request: Option<RequestId>,
    /// HPKE encapsulated key.
    pub encapsulated: [u8; 32],
    /// HPKE ciphertext of data key and salt.
    pub wrapped: [u8; WRAPPED_BYTES],
}

impl Envelope {
    /// Wraps a data key to be kept by a holder.
    ///
    /// # Errors
    /// [`EnvelopeError::BadHolderKey`].
    pub fn at_rest(
        record: RecordId,
        data_key: &DataKey,
        holder: HpkeKey,
    ) -> Result<Self, EnvelopeError> {
        Self::wrap(record, data_key, holder, None)
    }

    /// Wraps a data key for every holder of a list.
    ///
    /// # Errors
    /// [`EnvelopeError::BadHolderKey`] of the first bad key.
    pub fn for_holders(
        record: RecordId,
        data_key: &DataKey,
        holders: &[HpkeKey],
    ) -> Result<Vec<Self>, EnvelopeError> {
        holders
            .iter()
            .map(|holder| Self::at_rest(record, data_key, *holder))
            .collect()
    }

    /// Opens an envelope at rest and wraps its data key once more: for one ticket's request, to the requester's key.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn rewrap(
        &self,
        secret: &HpkeSecret,
        request: RequestId,
        requester: HpkeKey,
    ) -> Result<Self, EnvelopeError> {
        if self.request.is_some() {
            return Err(EnvelopeError::MadeForATicket);
        }
        Self::wrap(self.record, &self.open(secret)?, requester, Some(request))
    }

    /// Unwraps the data key.
    ///
    /// # Errors
    /// [`EnvelopeError::NotForThisKey`] and [`EnvelopeError::DoesNotOpen`].
    pub fn open(&self, secret: &HpkeSecret) -> Result<DataKey, EnvelopeError> {
        if secret.public() != self.holder {
            return Err(EnvelopeError::NotForThisKey {
                holder: self.holder,
            });
        }
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(&self.encapsulated)
            .map_err(|_| EnvelopeError::DoesNotOpen)?;
        let mode = OpModeR::Base;
        let aad = self.associated_data();
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &mode,
            &secret.private(),
            &encapsulated,
            &self.info(),
            &self.wrapped,
            &aad,
        )
        .map(Zeroizing::new)
        .ok()
        .and_then(|bytes| {
            <&[u8; DATA_KEY_BYTES]>::try_from(bytes.as_slice())
                .ok()
                .map(DataKey::from_bytes)
        })
        .ok_or(EnvelopeError::DoesNotOpen)
    }

    /// HPKE info string: domain, record, holder.
    pub fn info(&self) -> Vec<u8> {
        info(&self.record, &self.holder)
    }

    /// HPKE associated data: the request it was made for, empty at rest.
    pub fn associated_data(&self) -> Vec<u8> {
        associated_data(self.request)
    }

    fn wrap(
        record: RecordId,
        data_key: &DataKey,
        holder: HpkeKey,
        request: Option<RequestId>,
    ) -> Result<Self, EnvelopeError> {
        let bad_key = |_| EnvelopeError::BadHolderKey(holder);
        let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&holder.0).map_err(bad_key)?;
        let secret_bytes = data_key.to_bytes();
        let (info, aad) = (info(&record, &holder), associated_data(request));
        let (encapsulated, wrapped) = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &public,
            &info,
            secret_bytes.as_ref(),
            &aad,
        )
        .map_err(bad_key)?;
        let wrapped = wrapped
            .try_into()
            .expect("ChaCha20-Poly1305 adds 16 bytes to the 64 given");
        Ok(Self {
            record,
            holder,
            request,
            encapsulated: encapsulated.to_bytes().into(),
            wrapped,
        })
    }
}

fn info(record: &RecordId, holder: &HpkeKey) -> Vec<u8> {
    [domain::KEY_WRAP, &record.0, &holder.0].concat()
}

fn associated_data(request: Option<RequestId>) -> Vec<u8> {
    request
        .map(|request| request.0.to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECORD: RecordId = RecordId([1; 32]);
    const REQUEST: RequestId = RequestId([2; 32]);

    fn secret(seed: u8) -> HpkeSecret {
        HpkeSecret::from_bytes([seed; 32])
    }

    fn at_rest() -> (Envelope, DataKey) {
        let key = DataKey::generate().unwrap();
        (
            Envelope::at_rest(RECORD, &key, secret(1).public()).unwrap(),
            key,
        )
    }

    #[test]
    fn every_holder_opens_its_own_envelope_and_no_other() {
        let key = DataKey::generate().unwrap();
        let envelopes =
            Envelope::for_holders(RECORD, &key, &[secret(1).public(), secret(2).public()]).unwrap();
        assert_eq!(envelopes[0].open(&secret(1)), Ok(key.clone()));
        assert_eq!(envelopes[1].open(&secret(2)), Ok(key));
        assert_eq!(
            envelopes[1].open(&secret(1)),
            Err(EnvelopeError::NotForThisKey {
                holder: secret(2).public()
            })
        );
        let redirected = Envelope {
            holder: secret(1).public(),
            ..envelopes[1].clone()
        };
        assert_eq!(redirected.open(&secret(1)), Err(EnvelopeError::DoesNotOpen));
    }

    #[test]
    fn a_ticket_envelope_opens_for_its_requester_and_request_only() {
        let (rest, key) = at_rest();
        let released = rest
            .rewrap(&secret(1), REQUEST, secret(3).public())
            .unwrap();
        assert_eq!(released.open(&secret(3)), Ok(key));
        assert!(
            Envelope {
                request: None,
                ..released.clone()
            }
            .open(&secret(3))
            .is_err()
        );
        assert!(
            Envelope {
                request: Some(RequestId([9; 32])),
                ..released.clone()
            }
            .open(&secret(3))
            .is_err()
        );
        assert_eq!(
            released.rewrap(&secret(3), REQUEST, secret(4).public()),
            Err(EnvelopeError::MadeForATicket)
        );
    }

    #[test]
    fn a_key_without_secret_is_refused() {
        let (_, key) = at_rest();
        let zero = HpkeKey([0; 32]);
        assert_eq!(
            Envelope::at_rest(RECORD, &key, zero),
            Err(EnvelopeError::BadHolderKey(zero))
        );
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_an_envelope_is_noticed(at in 0usize..32 + 32 + 1 + 32 + WRAPPED_BYTES, bit in 0u8..8) {
            let (rest, _) = at_rest();
            let mut bytes = rest.encode();
            prop_assert_eq!(bytes.len(), 32 + 32 + 1 + 32 + WRAPPED_BYTES);
            bytes[at] ^= 1 << bit;
            // Bit 255 of an X25519 public key is ignored (RFC 7748 section 5), but the key derivation hashes the bytes as sent.
            let opened = Envelope::decode(&mut bytes.as_slice()).map(|envelope| envelope.open(&secret(1)));
            prop_assert!(!matches!(opened, Ok(Ok(_))));
        }
    }
}
