//! Signatures that are verified once: at admission to the pool, and not again when the block executes.
//!
//! On the wire and in metadata [`Signature`] is Substrate's `MultiSignature`, so clients do not see it; only its Ed25519 form is accepted.
//! While a block executes, the node may register [`PreVerified`], which answers for signatures that this process has verified before.
//! A key binds signer, signature and the whole signed payload, so a changed transaction misses and is verified in full: the cache can only
//! skip work, never change a verdict.

use crate::{Hash, SignedPayload, System, UncheckedExtrinsic};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use sp_core::ed25519;
use sp_externalities::ExternalitiesExt;
use sp_runtime::{
    AccountId32, Digest, MultiAddress, MultiSignature, MultiSigner,
    generic::Preamble,
    traits::{Lazy, Verify},
};
use std::{fmt, sync::Arc};

sp_externalities::decl_extension! {
    /// Whether a signature with this [`verification_key`] was found good by this process.
    pub struct PreVerified(Arc<dyn Fn(&[u8; 32]) -> bool + Send + Sync>);
}

impl fmt::Debug for PreVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreVerified")
    }
}

impl PreVerified {
    /// Asks `is_known` for every signature.
    pub fn new(is_known: impl Fn(&[u8; 32]) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_known))
    }
}

/// A transaction's signature.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen)]
pub struct Signature(pub MultiSignature);

impl scale_info::TypeInfo for Signature {
    type Identity = MultiSignature;

    fn type_info() -> scale_info::Type {
        MultiSignature::type_info()
    }
}

impl From<MultiSignature> for Signature {
    fn from(signature: MultiSignature) -> Self {
        Self(signature)
    }
}

impl From<ed25519::Signature> for Signature {
    fn from(signature: ed25519::Signature) -> Self {
        Self(signature.into())
    }
}

impl Verify for Signature {
    type Signer = MultiSigner;

    fn verify<L: Lazy<[u8]>>(&self, mut message: L, signer: &AccountId32) -> bool {
        let MultiSignature::Ed25519(signature) = &self.0 else {
            return false;
        };
        let key = verification_key(signer, signature, message.get());
        was_verified(&key)
            || signature.verify(message, &ed25519::Public::from_raw(*signer.as_ref()))
    }
}

fn was_verified(key: &[u8; 32]) -> bool {
    sp_externalities::with_externalities(|mut externalities| {
        externalities
            .extension::<PreVerified>()
            .is_some_and(|known| (known.0)(key))
    })
    .unwrap_or(false)
}

/// The name under which a verified signature is remembered: BLAKE2-256 over signer, signature and signed payload.
pub fn verification_key(
    signer: &AccountId32,
    signature: &ed25519::Signature,
    payload: &[u8],
) -> [u8; 32] {
    let parts: [&[u8]; 3] = [signer.as_ref(), signature.as_ref(), payload];
    sp_io::hashing::blake2_256(&parts.concat())
}

/// Makes the surrounding externalities look as they will to the next block's transactions: a state does not know the hash of its own block.
/// Run it once before any number of [`SignatureClaim::of`], in externalities that are thrown away.
pub fn prepare(newest: Hash) {
    let height = System::block_number().saturating_add(1);
    System::initialize(&height, &newest, &Digest::default());
}

/// All that is needed to verify a transaction's signature elsewhere, alone or in a batch (ZIP-215 rules, as `ed25519-zebra` has them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureClaim {
    /// The account that is said to have signed.
    pub signer: AccountId32,
    /// What it is said to have signed with.
    pub signature: ed25519::Signature,
    /// What it is said to have signed (hashed already where Substrate hashes it).
    pub payload: Vec<u8>,
}

impl SignatureClaim {
    /// The claim of a transaction, as of the state of the surrounding externalities, on which [`prepare`] ran before (the payload binds
    /// the active specification, the genesis hash and the era's block hash). `None` for inherents, other signature schemes and eras that
    /// the state does not know.
    pub fn of(extrinsic: &UncheckedExtrinsic) -> Option<Self> {
        let Preamble::Signed(
            MultiAddress::Id(signer),
            Signature(MultiSignature::Ed25519(signature)),
            extension,
        ) = &extrinsic.preamble
        else {
            return None;
        };
        let payload = SignedPayload::new(extrinsic.function.clone(), extension.clone())
            .ok()?
            .encode();
        Some(Self {
            signer: signer.clone(),
            signature: *signature,
            payload,
        })
    }

    /// The name under which this claim, once verified, is remembered.
    pub fn key(&self) -> [u8; 32] {
        verification_key(&self.signer, &self.signature, &self.payload)
    }

    /// Whether the signature is good.
    pub fn verify(&self) -> bool {
        self.signature.verify(
            &self.payload[..],
            &ed25519::Public::from_raw(*self.signer.as_ref()),
        )
    }
}
