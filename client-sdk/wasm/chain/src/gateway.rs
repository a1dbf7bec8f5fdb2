//! Calls to a gateway, signed by a key that stays where it is.

use musubi_client_sdk::rest::SignedCall;
use musubi_primitives::BlockHash;
use wasm_bindgen::prelude::*;

/// The 32 bytes that a caller of a gateway signs. `time` is milliseconds since 1970, as its header has them.
#[wasm_bindgen(js_name = gatewayCallToSign)]
pub fn gateway_call_to_sign(
    genesis: &str,
    method: &str,
    path: &str,
    subject: &str,
    time: u64,
    body: &[u8],
) -> Result<Vec<u8>, JsError> {
    let genesis: BlockHash = genesis
        .parse()
        .map_err(|error| JsError::new(&format!("genesis: {error}")))?;
    let call = SignedCall {
        method,
        path,
        subject,
        time,
        body,
    };
    Ok(call.signing_bytes(&genesis).to_vec())
}
