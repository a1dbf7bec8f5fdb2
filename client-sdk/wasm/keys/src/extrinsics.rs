//! Extrinsics whose key stays where it is: first the bytes to sign, then the signature that came back.

use crate::json;
use musubi_client_sdk::extrinsics::{Call, ChainContext, Mortality, Unsigned, prepare};
use musubi_primitives::BlockHash;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// Which chain, runtime and account an extrinsic is for, and how long it may wait.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    genesis: BlockHash,
    spec_version: u32,
    transaction_version: u32,
    account: musubi_primitives::AccountId,
    nonce: u32,
    mortal: Option<Mortal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Mortal {
    period: u64,
    height: u64,
    block: BlockHash,
}

/// An extrinsic that lacks its signature.
#[wasm_bindgen]
pub struct UnsignedExtrinsic(Unsigned);

#[wasm_bindgen]
impl UnsignedExtrinsic {
    /// Puts a call into its envelope.
    #[wasm_bindgen(constructor)]
    pub fn new(envelope: &str, call: Vec<u8>) -> Result<UnsignedExtrinsic, JsError> {
        let envelope: Envelope = json::read("envelope", envelope)?;
        let chain = ChainContext {
            genesis: envelope.genesis,
            spec_version: envelope.spec_version,
            transaction_version: envelope.transaction_version,
        };
        let mortality = match envelope.mortal {
            None => Mortality::Immortal,
            Some(Mortal {
                period,
                height,
                block,
            }) => Mortality::Mortal {
                period,
                height,
                block,
            },
        };
        let (account, nonce) = (envelope.account, envelope.nonce);
        Ok(Self(prepare(&chain, account, nonce, mortality, Call(call))))
    }

    /// The bytes that the account's key signs (Ed25519).
    #[wasm_bindgen(js_name = payloadToSign)]
    pub fn payload_to_sign(&self) -> Vec<u8> {
        self.0.payload_to_sign().to_vec()
    }

    /// The extrinsic, ready to submit; refuses a signature that is not the account's.
    #[wasm_bindgen(js_name = attachSignature)]
    pub fn attach_signature(self, signature: &[u8]) -> Result<Vec<u8>, JsError> {
        let signature = json::fixed("signature", signature)?;
        Ok(self.0.attach_signature(&signature)?.bytes)
    }
}
