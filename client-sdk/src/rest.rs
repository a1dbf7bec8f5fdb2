//! Signed REST calls: how a staff or device key speaks to a gateway.
//!
//! Three headers carry it: [`ACCOUNT`], [`TIME`] and [`SIGNATURE`] (Ed25519 over [`SignedCall::signing_bytes`]); a call about
//! somebody also has [`SUBJECT`]. The signature covers chain, method, path with query, subject, time and body, so that nothing in
//! between can be changed or moved to another call.

use ed25519_dalek::{Signer, SigningKey};
use musubi_primitives::{BlockHash, Moment, commitment::hash_parts, domain};

/// Header with the account, `0x` and 64 hexadecimal digits.
pub const ACCOUNT: &str = "musubi-account";
/// Header with the time, decimal milliseconds since 1970.
pub const TIME: &str = "musubi-time";
/// Header with the signature, 128 hexadecimal digits.
pub const SIGNATURE: &str = "musubi-signature";
/// Header with the subject's pseudonym, where a call is about somebody.
pub const SUBJECT: &str = "musubi-subject";

/// What a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct SignedCall<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Path, and query if any, as they stand in the request line.
    pub path: &'a str,
    /// The subject header's text, empty without one.
    pub subject: &'a str,
    /// The caller's time, milliseconds since 1970.
    pub time: Moment,
    /// The body.
    pub body: &'a [u8],
}

impl SignedCall<'_> {
    /// The bytes that the caller signs: a hash over the chain, the time, and the hash of each part, so that no part runs into the next.
    #[must_use]
    pub fn signing_bytes(&self, genesis: &BlockHash) -> [u8; 32] {
        let part = |bytes: &[u8]| hash_parts(&[domain::GATEWAY_PART, bytes]);
        hash_parts(&[
            domain::GATEWAY_CALL,
            &genesis.0,
            &self.time.to_be_bytes(),
            &part(self.method.as_bytes()),
            &part(self.path.as_bytes()),
            &part(self.subject.as_bytes()),
            &part(self.body),
        ])
    }

    /// The signature as its header has it.
    #[must_use]
    pub fn sign(&self, genesis: &BlockHash, key: &SigningKey) -> String {
        hex::encode(key.sign(&self.signing_bytes(genesis)).to_bytes())
    }
}
