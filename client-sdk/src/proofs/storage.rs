//! Keys under which the runtime keeps what proofs speak of: `twox128(pallet) ‖ twox128(item) ‖ hashed map key`.

use super::hashing::{blake2_128, twox_128};
use codec::Encode;
use musubi_primitives::{ConsentId, Pseudonym, RecordId};

/// Time of the block (`u64`, milliseconds).
pub fn block_time() -> Vec<u8> {
    value("Timestamp", "Now")
}

/// A subject's trail head ([`musubi_primitives::trail::TrailHead`]).
pub fn trail_head(subject: &Pseudonym) -> Vec<u8> {
    entry("Trail", "Heads", subject)
}

/// A consent ([`super::state::ConsentEntry`]).
pub fn consent(id: &ConsentId) -> Vec<u8> {
    entry("Consent", "Consents", id)
}

/// A record ([`super::state::RecordEntry`]).
pub fn record(id: &RecordId) -> Vec<u8> {
    entry("Records", "Records", id)
}

/// Key of a storage value.
pub fn value(pallet: &str, item: &str) -> Vec<u8> {
    [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

/// Key of a map entry under `Blake2_128Concat`.
pub fn entry(pallet: &str, item: &str, key: &impl Encode) -> Vec<u8> {
    [value(pallet, item), hashed(&key.encode())].concat()
}

/// The end of a map entry's key under `Blake2_128Concat`, for a map key that is SCALE already.
pub fn hashed(key: &[u8]) -> Vec<u8> {
    [blake2_128(key).as_slice(), key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_accounts_key_is_the_one_that_everybody_knows() {
        assert_eq!(
            hex::encode(value("System", "Account")),
            "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        );
    }

    #[test]
    fn a_map_key_ends_in_the_key_itself() {
        let key = trail_head(&Pseudonym([7; 32]));
        assert_eq!(key.len(), 32 + 16 + 32);
        assert!(key.ends_with(&[7; 32]));
    }
}
