//! Extrinsics: a call, signed by an account, in the envelope that Substrate's version 4 nodes read.
//!
//! Signing is split in two so that a key may stay where it is (a platform's key store, a token, WebCrypto): [`prepare`] gives the
//! bytes to sign, [`Unsigned::attach_signature`] takes the signature and refuses one that does not verify.
//! The transaction extensions are, in this order: `CheckNonZeroSender`, `CheckSpecVersion`, `CheckTxVersion`, `CheckGenesis`, `CheckEra`,
//! `CheckNonce`, `CheckWeight`; `tests/vectors` checks that against the runtime.

pub mod era;

pub use era::Era;

use crate::proofs::hashing::blake2_256;
use codec::{Compact, Encode};
use ed25519_dalek::{Signer, SigningKey};
use musubi_primitives::{AccountId, BlockHash, VerifyingKey, finality::verify_ed25519};

/// A SCALE-encoded runtime call, as [`crate::calls`] builds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call(pub Vec<u8>);

/// Which chain and runtime an extrinsic is for; another chain or version refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainContext {
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// `specVersion` of the runtime.
    pub spec_version: u32,
    /// `transactionVersion` of the runtime.
    pub transaction_version: u32,
}

/// How long an extrinsic may wait for its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mortality {
    /// For ever: as long as the nonce is unused.
    Immortal,
    /// For about `period` blocks after a block that the signer knows.
    Mortal {
        /// Blocks; rounded up to a power of two between 4 and [`era::PERIOD_MAX`].
        period: u64,
        /// Height of the known block.
        height: u64,
        /// Its hash.
        block: BlockHash,
    },
}

/// An extrinsic that lacks its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    account: AccountId,
    extensions: Vec<u8>,
    call: Vec<u8>,
    payload: Vec<u8>,
}

/// A signature that does not verify under the account's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not by account {0} over this extrinsic")]
pub struct BadSignature(pub AccountId);

/// A signed extrinsic, ready to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extrinsic {
    /// SCALE bytes with their length, as `author_submitExtrinsic` takes them.
    pub bytes: Vec<u8>,
}

/// Longest payload that is signed as it is; a longer one is signed by its hash.
const PAYLOAD_MAX: usize = 256;
/// Version 4, signed.
const SIGNED_V4: u8 = 0x84;
/// `MultiAddress::Id`.
const ADDRESS_ID: u8 = 0;
/// `MultiSignature::Ed25519`.
const SIGNATURE_ED25519: u8 = 0;

/// Puts an extrinsic together up to its signature.
pub fn prepare(
    chain: &ChainContext,
    account: AccountId,
    nonce: u32,
    mortality: Mortality,
    call: Call,
) -> Unsigned {
    let (era, known_block) = match mortality {
        Mortality::Immortal => (Era::Immortal, chain.genesis),
        Mortality::Mortal {
            period,
            height,
            block,
        } => (Era::mortal(period, height), block),
    };
    let extensions = (era, Compact(nonce)).encode();
    let implied = (
        chain.spec_version,
        chain.transaction_version,
        chain.genesis,
        known_block,
    )
        .encode();
    let payload = [call.0.as_slice(), &extensions, &implied].concat();
    let payload = if payload.len() > PAYLOAD_MAX {
        blake2_256(&payload).to_vec()
    } else {
        payload
    };
    Unsigned {
        account,
        extensions,
        call: call.0,
        payload,
    }
}

impl Unsigned {
    /// The bytes that the account's key signs.
    pub fn payload_to_sign(&self) -> &[u8] {
        &self.payload
    }

    /// Completes the extrinsic.
    ///
    /// # Errors
    /// [`BadSignature`] unless the signature verifies under the account's key.
    pub fn attach_signature(self, signature: &[u8; 64]) -> Result<Extrinsic, BadSignature> {
        if verify_ed25519(&VerifyingKey(self.account.0), signature, &self.payload) {
            Ok(self.complete(signature))
        } else {
            Err(BadSignature(self.account))
        }
    }

    /// Signs with a key at hand.
    ///
    /// # Errors
    /// [`BadSignature`] when the key is not the account's.
    pub fn sign(self, key: &SigningKey) -> Result<Extrinsic, BadSignature> {
        let signature = key.sign(&self.payload).to_bytes();
        self.attach_signature(&signature)
    }

    fn complete(&self, signature: &[u8; 64]) -> Extrinsic {
        let address = [&[SIGNED_V4, ADDRESS_ID], self.account.0.as_slice()].concat();
        let signature = [&[SIGNATURE_ED25519], signature.as_slice()].concat();
        let bytes = [
            address,
            signature,
            self.extensions.clone(),
            self.call.clone(),
        ]
        .concat();
        Extrinsic {
            bytes: bytes.encode(),
        }
    }
}

impl Extrinsic {
    /// BLAKE2-256 of the bytes: what nodes know the extrinsic by.
    pub fn hash(&self) -> [u8; 32] {
        blake2_256(&self.bytes)
    }
}

/// The account of an Ed25519 key.
pub fn account_of(key: &SigningKey) -> AccountId {
    AccountId(key.verifying_key().to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHAIN: ChainContext = ChainContext {
        genesis: BlockHash([1; 32]),
        spec_version: 2,
        transaction_version: 3,
    };

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    fn unsigned(call: Vec<u8>) -> Unsigned {
        prepare(
            &CHAIN,
            account_of(&key()),
            7,
            Mortality::Immortal,
            Call(call),
        )
    }

    #[test]
    fn a_short_call_makes_the_bytes_that_the_format_says() {
        let extrinsic = unsigned(vec![0xca, 0x11]).sign(&key()).unwrap();
        let account = account_of(&key()).0;
        let length = 1 + 33 + 65 + 2 + 2;
        assert_eq!(&extrinsic.bytes[..2], &Compact(length as u32).encode());
        assert_eq!(extrinsic.bytes.len(), 2 + length);
        assert_eq!(
            &extrinsic.bytes[2..36],
            [&[0x84, 0], account.as_slice()].concat()
        );
        assert_eq!(&extrinsic.bytes[2 + 99..], [0, 7 << 2, 0xca, 0x11]);
    }

    #[test]
    fn a_long_payload_is_signed_by_its_hash() {
        assert_eq!(
            unsigned(vec![0; 10]).payload_to_sign().len(),
            10 + 2 + 4 + 4 + 32 + 32
        );
        assert_eq!(unsigned(vec![0; 300]).payload_to_sign().len(), 32);
    }

    #[test]
    fn another_keys_signature_is_not_attached() {
        let stranger = SigningKey::from_bytes(&[6; 32]);
        assert_eq!(
            unsigned(vec![1]).sign(&stranger),
            Err(BadSignature(account_of(&key())))
        );
    }

    proptest! {
        #[test]
        fn everything_implied_is_signed(spec in 1u32..4, version in 2u32..5, genesis in 1u8..3, nonce in 6u32..9) {
            let here = unsigned(vec![1, 2]);
            let chain = ChainContext { genesis: BlockHash([genesis; 32]), spec_version: spec, transaction_version: version };
            let there = prepare(&chain, account_of(&key()), nonce, Mortality::Immortal, Call(vec![1, 2]));
            let same = chain == CHAIN && nonce == 7;
            prop_assert_eq!(here.payload_to_sign() == there.payload_to_sign(), same);
        }
    }
}
