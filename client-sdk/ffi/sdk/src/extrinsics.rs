//! Extrinsics: a call in its envelope, signed by a key that stays where it is.

use crate::{
    error::MusubiError,
    identifiers::fixed,
    keys::{Signer, account_of, signature_by},
};
use musubi_client_sdk::extrinsics::{Call, ChainContext, Mortality, Unsigned, prepare};
use musubi_primitives::{AccountId, BlockHash};
use std::sync::Arc;

/// Which chain and runtime an extrinsic is for; another chain or version refuses it.
#[uniffi::remote(Record)]
pub struct ChainContext {
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// `specVersion` of the runtime.
    pub spec_version: u32,
    /// `transactionVersion` of the runtime.
    pub transaction_version: u32,
}

/// How long an extrinsic may wait for its block.
#[uniffi::remote(Enum)]
pub enum Mortality {
    /// For ever: as long as the nonce is unused.
    Immortal,
    /// For about `period` blocks after a block that the signer knows.
    Mortal {
        /// Blocks; rounded up to a power of two, at least 4.
        period: u64,
        /// Height of the known block.
        height: u64,
        /// Its hash.
        block: BlockHash,
    },
}

/// An extrinsic that lacks its signature.
#[derive(uniffi::Object)]
pub struct UnsignedExtrinsic {
    unsigned: Unsigned,
    account: AccountId,
}

#[uniffi::export]
impl UnsignedExtrinsic {
    /// Puts a call (from the functions that make one) into the envelope of `account`'s `nonce`th extrinsic.
    #[uniffi::constructor]
    pub fn new(
        chain: ChainContext,
        account: AccountId,
        nonce: u32,
        mortality: Mortality,
        call: Vec<u8>,
    ) -> Arc<Self> {
        let unsigned = prepare(&chain, account, nonce, mortality, Call(call));
        Arc::new(Self { unsigned, account })
    }

    /// The bytes that the account's key signs (Ed25519); at most 256.
    pub fn payload_to_sign(&self) -> Vec<u8> {
        self.unsigned.payload_to_sign().to_vec()
    }

    /// The extrinsic, ready to submit.
    ///
    /// # Errors
    /// [`MusubiError::WrongKey`] when the signature is not the account's over this very extrinsic; [`MusubiError::Input`] unless it has 64 bytes.
    pub fn attach_signature(&self, signature: Vec<u8>) -> Result<Vec<u8>, MusubiError> {
        self.complete(&fixed("signature", &signature)?)
    }

    /// Has it signed and gives the extrinsic, ready to submit.
    ///
    /// # Errors
    /// [`MusubiError::Key`] as the key store says; [`MusubiError::WrongKey`] when the signer is another account's.
    pub async fn sign(&self, signer: Arc<dyn Signer>) -> Result<Vec<u8>, MusubiError> {
        let (account, signing) = (self.account, account_of(&signer)?);
        if signing != account {
            return Err(MusubiError::WrongKey {
                reason: format!("the extrinsic is for account {account}, the signer is {signing}"),
            });
        }
        let signature = signature_by(&signer, self.unsigned.payload_to_sign()).await?;
        self.complete(&signature)
    }
}

impl UnsignedExtrinsic {
    fn complete(&self, signature: &[u8; 64]) -> Result<Vec<u8>, MusubiError> {
        let extrinsic = self.unsigned.clone().attach_signature(signature);
        extrinsic
            .map(|extrinsic| extrinsic.bytes)
            .map_err(|error| MusubiError::WrongKey {
                reason: error.to_string(),
            })
    }
}
