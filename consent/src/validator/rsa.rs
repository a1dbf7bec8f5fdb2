//! The one place that calls the RSA library: verification only, with a key whose size and exponent were checked before.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// RSASSA-PKCS1-v1_5 with SHA-256; `public_key` is a DER `RSAPublicKey`.
pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(message, signature)
        .is_ok()
}
