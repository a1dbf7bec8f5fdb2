//! What travels in SCALE: sealed evidence, opened evidence, nonce batches.

use codec::{DecodeAll as _, Encode as _};
use musubi_consent::{Evidence, SealedEvidence, SignedNonceBatch};

/// Any of the three.
pub(crate) fn evidence(bytes: &[u8]) -> bool {
    let sealed = SealedEvidence::parse(bytes).map(|sealed| sealed.to_bytes());
    let opened = Evidence::decode_all(&mut &*bytes).map(|opened| opened.encode());
    let batch = SignedNonceBatch::parse(bytes).map(|batch| batch.encode());
    let mut accepted = false;
    for written in [sealed.ok(), opened.ok(), batch.ok()].into_iter().flatten() {
        assert_eq!(written, bytes, "one form");
        accepted = true;
    }
    accepted
}
