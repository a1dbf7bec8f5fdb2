//! What travels in SCALE: sealed evidence, opened evidence, evidence handed over, officers' words, nonce batches.

use codec::{DecodeAll as _, Encode as _};
use musubi_consent::{Evidence, HandedOver, SealedEvidence, SignedNonceBatch, WitnessRecord};

/// Any of the five.
pub(crate) fn evidence(bytes: &[u8]) -> bool {
    let sealed = SealedEvidence::parse(bytes).map(|sealed| sealed.to_bytes());
    let opened = Evidence::decode_all(&mut &*bytes).map(|opened| opened.encode());
    let handed_over = HandedOver::decode_all(&mut &*bytes).map(|opened| opened.encode());
    let witnessed = WitnessRecord::parse(bytes).map(|record| record.encode());
    let batch = SignedNonceBatch::parse(bytes).map(|batch| batch.encode());
    let written = [
        sealed.ok(),
        opened.ok(),
        handed_over.ok(),
        witnessed.ok(),
        batch.ok(),
    ];
    let mut accepted = false;
    for written in written.into_iter().flatten() {
        assert_eq!(written, bytes, "one form");
        accepted = true;
    }
    accepted
}
