//! Signatures that this process has verified, so that none is verified twice.
//!
//! A key binds signer, signature and the whole signed payload. Only keys of really verified signatures are put in, so the cache skips
//! work and never changes a verdict.

use musubi_runtime::{PreVerified, signature::SignatureClaim};
use rand_core::{CryptoRng, RngCore};
use sp_externalities::Extensions;
use std::{
    collections::BTreeSet,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Keys of one generation; two generations are kept.
const GENERATION_MAX: usize = 1 << 16;

/// Batches below this size gain nothing over single verification.
const BATCH_MIN: usize = 8;

#[derive(Default)]
struct Generations {
    young: BTreeSet<[u8; 32]>,
    old: BTreeSet<[u8; 32]>,
}

impl Generations {
    fn contains(&self, key: &[u8; 32]) -> bool {
        self.young.contains(key) || self.old.contains(key)
    }

    fn insert(&mut self, key: [u8; 32]) {
        if self.young.len() >= GENERATION_MAX {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key);
    }
}

/// The verify-once cache.
#[derive(Default)]
pub struct Verified {
    /// Keys of verified signatures: what the runtime asks for.
    keys: Mutex<Generations>,
    /// Hashes of extrinsics whose signatures were looked at: a hint that a block's extrinsic need not be verified ahead, and no more.
    met: Mutex<Generations>,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}

impl Verified {
    /// Whether the signature with this key was verified.
    pub fn contains(&self, key: &[u8; 32]) -> bool {
        lock(&self.keys).contains(key)
    }

    /// Whether the signature of an extrinsic with this hash was verified, for the block that was the newest then.
    pub fn met(&self, extrinsic: &[u8; 32]) -> bool {
        lock(&self.met).contains(extrinsic)
    }

    /// Verifies the claims of extrinsics, known by their hashes, together where many are new. What does not verify is not remembered and
    /// will be refused by the runtime.
    pub fn verify(&self, claims: Vec<([u8; 32], SignatureClaim)>) {
        let mut new: Vec<_> = claims
            .into_iter()
            .map(|(extrinsic, claim)| (extrinsic, claim.key(), claim))
            .filter(|(_, key, _)| !self.contains(key))
            .collect();
        if new.len() < BATCH_MIN || !verify_batch(&new) {
            new.retain(|(_, _, claim)| claim.verify());
        }
        let (mut keys, mut met) = (lock(&self.keys), lock(&self.met));
        for (extrinsic, key, _) in new {
            keys.insert(key);
            met.insert(extrinsic);
        }
    }

    /// Lets the runtime ask.
    pub(crate) fn register(self: &Arc<Self>, extensions: &mut Extensions) {
        let verified = Arc::clone(self);
        extensions.register(PreVerified::new(move |key| verified.contains(key)));
    }
}

fn lock(generations: &Mutex<Generations>) -> MutexGuard<'_, Generations> {
    generations.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether all claims hold (ZIP-215, the same rules as single verification).
fn verify_batch(claims: &[([u8; 32], [u8; 32], SignatureClaim)]) -> bool {
    let mut batch = ed25519_zebra::batch::Verifier::new();
    for (_, _, claim) in claims {
        let key =
            ed25519_zebra::VerificationKeyBytes::from(*AsRef::<[u8; 32]>::as_ref(&claim.signer));
        let signature = ed25519_zebra::Signature::from(claim.signature.0);
        batch.queue((key, signature, &claim.payload));
    }
    batch.verify(Blinding::over(claims)).is_ok()
}

/// The blinding factors of a batch, derived from all that the batch holds: whoever chose it could not know them beforehand. This keeps
/// the crate free of a random source.
struct Blinding {
    seed: [u8; 32],
    counter: u64,
}

impl Blinding {
    fn over(claims: &[([u8; 32], [u8; 32], SignatureClaim)]) -> Self {
        let parts: Vec<_> = claims.iter().flat_map(|(_, key, _)| *key).collect();
        Self {
            seed: sp_io::hashing::blake2_256(&parts),
            counter: 0,
        }
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter = self.counter.wrapping_add(1);
        sp_io::hashing::blake2_256(&[&self.seed[..], &self.counter.to_be_bytes()].concat())
    }
}

impl RngCore for Blinding {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn fill_bytes(&mut self, destination: &mut [u8]) {
        for chunk in destination.chunks_mut(32) {
            let block = self.block();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(destination);
        Ok(())
    }
}

impl CryptoRng for Blinding {}

#[cfg(test)]
mod tests {
    use super::*;
    use sp_core::{Pair, ed25519};

    fn claim(seed: u8, payload: &[u8]) -> SignatureClaim {
        let pair = ed25519::Pair::from_seed(&[seed; 32]);
        SignatureClaim {
            signer: pair.public().into(),
            signature: pair.sign(payload),
            payload: payload.to_vec(),
        }
    }

    #[test]
    fn only_good_signatures_are_remembered_alone_or_in_a_batch() {
        for count in [1u8, 40] {
            let good: Vec<_> = (0..count).map(|seed| claim(seed, b"good")).collect();
            let forged = SignatureClaim {
                payload: b"other".to_vec(),
                ..claim(200, b"good")
            };
            let verified = Verified::default();
            let claims = good.iter().cloned().chain([forged.clone()]);
            verified.verify(
                claims
                    .zip(0u8..)
                    .map(|(claim, number)| ([number; 32], claim))
                    .collect(),
            );
            assert!((0..count).all(|number| verified.met(&[number; 32])));
            assert!(!verified.met(&[count; 32]));
            assert!(good.iter().all(|claim| verified.contains(&claim.key())));
            assert!(!verified.contains(&forged.key()));
        }
    }
}
