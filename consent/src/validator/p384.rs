//! ECDSA on P-384, verification only, for the successor of today's cards; the library refuses points that are not on the curve.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, UnparsedPublicKey};

/// ECDSA with SHA-384; `point` is uncompressed, `signature` a DER `ECDSA-Sig-Value`.
pub(super) fn verify(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point)
        .verify(message, signature)
        .is_ok()
}
