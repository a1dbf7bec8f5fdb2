//! Sealing and opening records. What leaves its author is ciphertext, and each key to it is wrapped to one named holder.

use crate::{
    error::MusubiError,
    identifiers::{fixed, parsed},
    keys::{RecordKey, WrappedKey},
};
use codec::{DecodeAll, Encode};
use musubi_client_sdk::sealing::{
    CanonicalRecord, DataKey, Envelope, SealError, SealedRecord, seal,
};
use musubi_primitives::{CiphertextHash, Commitment, HpkeKey, RecordId};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A record that was sealed.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Sealed {
    /// Which.
    pub record: RecordId,
    /// The salted commitment that goes on the chain.
    pub commitment: Commitment,
    /// The ciphertext's address, which goes on the chain.
    pub ciphertext: CiphertextHash,
    /// The sealed record (SCALE), as vaults keep it.
    pub sealed: Vec<u8>,
    /// The data key wrapped to each holder (SCALE), in the order that they were named.
    pub envelopes: Vec<Vec<u8>>,
}

/// Seals a JSON object in its canonical spelling (RFC 8785) under a fresh data key, which is wrapped to each holder and then forgotten.
///
/// At most 4 MiB. Holders are guardian, author and home municipality; the chain names their keys.
///
/// # Errors
/// [`MusubiError::Input`] for text that is no I-JSON object, a record that is too large, no holder, or a holder's key that is none;
/// [`MusubiError::Platform`] without randomness.
#[uniffi::export]
pub fn seal_record(
    record: RecordId,
    json: Vec<u8>,
    holders: Vec<HpkeKey>,
) -> Result<Sealed, MusubiError> {
    if holders.is_empty() {
        return Err(MusubiError::input(
            "holders",
            "a record that nobody can open is lost: name at least one",
        ));
    }
    let text =
        CanonicalRecord::from_json(&json).map_err(|error| MusubiError::input("json", error))?;
    let (sealed, data_key) = seal(record, &text).map_err(|error| match error {
        SealError::Randomness(error) => MusubiError::platform(error),
        SealError::TooLarge { .. } | SealError::Cipher => MusubiError::input("json", error),
    })?;
    let envelopes = Envelope::for_holders(record, &data_key, &holders)
        .map_err(|error| MusubiError::input("holders", error))?;
    Ok(Sealed {
        record,
        commitment: sealed.commitment,
        ciphertext: sealed.ciphertext_hash(),
        sealed: sealed.encode(),
        envelopes: envelopes.iter().map(Encode::encode).collect(),
    })
}

/// Opens a record with a holder's key and holds it against what the chain has of it: take `commitment` and `ciphertext` from a proved
/// record, never from where the bytes came from. Gives the canonical JSON.
///
/// # Errors
/// [`MusubiError::NotOpened`] naming the check that failed; [`MusubiError::WrongKey`] when the envelope is another holder's;
/// [`MusubiError::Key`] as the key store says; [`MusubiError::Input`] for bytes that are no sealed record or envelope.
#[uniffi::export]
pub async fn open_record(
    sealed: Vec<u8>,
    envelope: Vec<u8>,
    commitment: Commitment,
    ciphertext: CiphertextHash,
    key: Arc<dyn RecordKey>,
) -> Result<Vec<u8>, MusubiError> {
    let sealed: SealedRecord = decode("sealed", &sealed)?;
    let envelope: Envelope = decode("envelope", &envelope)?;
    if (sealed.record, sealed.commitment) != (envelope.record, commitment) {
        return Err(MusubiError::not_opened(
            "sealed record, envelope and the chain are not about the same record",
        ));
    }
    let data_key = data_key(&envelope, key).await?;
    let opened = sealed
        .open(&ciphertext, &data_key)
        .map_err(MusubiError::not_opened)?;
    Ok(opened.to_vec())
}

async fn data_key(envelope: &Envelope, key: Arc<dyn RecordKey>) -> Result<DataKey, MusubiError> {
    let holder: HpkeKey = parsed("key.public_key", &key.public_key())?;
    if envelope.holder != holder {
        return Err(MusubiError::WrongKey {
            reason: format!(
                "the envelope is for {}, the key is {holder}",
                envelope.holder
            ),
        });
    }
    let wrapped = WrappedKey {
        record: envelope.record,
        holder,
        encapsulated: envelope.encapsulated.to_vec(),
        ciphertext: envelope.wrapped.to_vec(),
        info: envelope.info(),
        associated_data: envelope.associated_data(),
    };
    let opened = Zeroizing::new(key.unwrap(wrapped).await?);
    Ok(DataKey::from_bytes(&fixed("opened key", &opened)?))
}

fn decode<T: DecodeAll>(what: &str, mut bytes: &[u8]) -> Result<T, MusubiError> {
    T::decode_all(&mut bytes).map_err(|error| MusubiError::input(what, error))
}
