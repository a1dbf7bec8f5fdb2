//! Sealing and opening records. The HPKE key may stay in a key store: an envelope says what must be opened, and a data key that was
//! opened elsewhere is taken.

use crate::json;
use codec::{DecodeAll, Encode};
use musubi_client_sdk::sealing::{
    CanonicalRecord, DataKey, Envelope, HpkeSecret, SealedRecord, seal,
};
use musubi_primitives::{HpkeKey, RecordId};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A record that was sealed just now, with its data key until the holders' envelopes are made.
#[wasm_bindgen]
pub struct SealedNow {
    sealed: SealedRecord,
    data_key: DataKey,
}

#[wasm_bindgen]
impl SealedNow {
    /// Seals a JSON record in its canonical spelling (RFC 8785) under a fresh data key.
    #[wasm_bindgen(constructor)]
    pub fn new(record: &str, text: &[u8]) -> Result<SealedNow, JsError> {
        let record: RecordId = json::id("record", record)?;
        let (sealed, data_key) = seal(record, &CanonicalRecord::from_json(text)?)?;
        Ok(Self { sealed, data_key })
    }

    /// The salted commitment that goes on the chain.
    pub fn commitment(&self) -> String {
        self.sealed.commitment.to_string()
    }

    /// The ciphertext's address.
    #[wasm_bindgen(js_name = ciphertextHash)]
    pub fn ciphertext_hash(&self) -> String {
        self.sealed.ciphertext_hash().to_string()
    }

    /// The sealed record (SCALE), as vaults keep it.
    pub fn bytes(&self) -> Vec<u8> {
        self.sealed.encode()
    }

    /// The data key wrapped to a holder (SCALE).
    #[wasm_bindgen(js_name = envelopeFor)]
    pub fn envelope_for(&self, holder: &[u8]) -> Result<Vec<u8>, JsError> {
        let holder = HpkeKey(json::fixed("holder", holder)?);
        Ok(Envelope::at_rest(self.sealed.record, &self.data_key, holder)?.encode())
    }
}

/// What a key store needs to open an envelope: base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToOpen {
    holder: HpkeKey,
    encapsulated: String,
    ciphertext: String,
    info: String,
    associated_data: String,
}

/// Says of an envelope what its holder's key must open, in hexadecimal.
#[wasm_bindgen(js_name = envelopeToOpen)]
pub fn envelope_to_open(envelope: &[u8]) -> Result<String, JsError> {
    let envelope = decode::<Envelope>("envelope", envelope)?;
    json::write(&ToOpen {
        holder: envelope.holder,
        encapsulated: hex::encode(envelope.encapsulated),
        ciphertext: hex::encode(envelope.wrapped),
        info: hex::encode(envelope.info()),
        associated_data: hex::encode(envelope.associated_data()),
    })
}

/// Opens an envelope with a secret at hand; gives the data key's 64 bytes.
#[wasm_bindgen(js_name = openEnvelope)]
pub fn open_envelope(envelope: &[u8], secret: &[u8]) -> Result<Vec<u8>, JsError> {
    let secret = HpkeSecret::from_bytes(json::fixed("secret", secret)?);
    let envelope = decode::<Envelope>("envelope", envelope)?;
    Ok(envelope.open(&secret)?.to_bytes().to_vec())
}

/// Opens an envelope with what the holder's key store agreed upon with its encapsulated key (X25519); gives the data key's 64 bytes.
#[wasm_bindgen(js_name = openAgreed)]
pub fn open_agreed(envelope: &[u8], agreed: &[u8]) -> Result<Vec<u8>, JsError> {
    let envelope = decode::<Envelope>("envelope", envelope)?;
    let data_key = envelope.open_agreed(&json::fixed("agreed secret", agreed)?)?;
    Ok(data_key.to_bytes().to_vec())
}

/// Opens a sealed record with a data key and holds it against the hash and commitment that the chain has.
#[wasm_bindgen(js_name = openRecord)]
pub fn open_record(
    sealed: &[u8],
    ciphertext: &str,
    commitment: &str,
    data_key: &[u8],
) -> Result<Vec<u8>, JsError> {
    let sealed = decode::<SealedRecord>("sealed record", sealed)?;
    if sealed.commitment != json::id("commitment", commitment)? {
        return Err(JsError::new(
            "the sealed record has another commitment than the chain",
        ));
    }
    let data_key = DataKey::from_bytes(&json::fixed("data key", data_key)?);
    let opened = sealed.open(&json::id("ciphertext hash", ciphertext)?, &data_key)?;
    Ok(opened.to_vec())
}

fn decode<T: DecodeAll>(what: &str, mut bytes: &[u8]) -> Result<T, JsError> {
    T::decode_all(&mut bytes).map_err(|error| JsError::new(&format!("{what}: {error}")))
}
