//! Receipts that a holder signs: for what it delivered, and for what it destroyed.

use codec::{Decode, Encode};
use ed25519_dalek::{Signer, SigningKey};
use musubi_primitives::{
    BlockHash, Commitment, MemberId, Moment, RecordId, RequestId, VerifyingKey,
    commitment::hash_parts, domain, finality::verify_ed25519,
};

/// A custodian's word that it has released keys against a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DeliveryReceipt {
    /// Who released.
    pub custodian: MemberId,
    /// The ticket's request.
    pub request: RequestId,
    /// Which records.
    pub records: Vec<RecordId>,
    /// When, by the custodian's clock.
    pub at: Moment,
    /// Ed25519 signature of the custodian's verifier key.
    pub signature: [u8; 64],
}

/// A holder's word that it has destroyed ciphertext and keys of a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ErasureReceipt {
    /// Who destroyed.
    pub holder: MemberId,
    /// Which record.
    pub record: RecordId,
    /// When, by the holder's clock.
    pub at: Moment,
    /// Ed25519 signature of the holder's verifier key.
    pub signature: [u8; 64],
}

impl DeliveryReceipt {
    /// Signs one.
    pub fn sign(
        genesis: &BlockHash,
        custodian: MemberId,
        request: RequestId,
        records: Vec<RecordId>,
        at: Moment,
        key: &SigningKey,
    ) -> Self {
        let mut receipt = Self {
            custodian,
            request,
            records,
            at,
            signature: [0; 64],
        };
        receipt.signature = key.sign(&receipt.signing_bytes(genesis)).to_bytes();
        receipt
    }

    /// Whether the custodian's key signed it on this chain.
    pub fn verifies(&self, genesis: &BlockHash, key: &VerifyingKey) -> bool {
        verify_ed25519(key, &self.signature, &self.signing_bytes(genesis))
    }

    /// What the chain holds of it. The signature within is as good as a salt.
    pub fn commitment(&self) -> Commitment {
        Commitment(hash_parts(&[domain::RECEIPT, &self.encode()]))
    }

    fn signing_bytes(&self, genesis: &BlockHash) -> Vec<u8> {
        [
            domain::DELIVERY,
            &(
                genesis,
                self.custodian,
                self.request,
                &self.records,
                self.at,
            )
                .encode(),
        ]
        .concat()
    }
}

impl ErasureReceipt {
    /// Signs one.
    pub fn sign(
        genesis: &BlockHash,
        holder: MemberId,
        record: RecordId,
        at: Moment,
        key: &SigningKey,
    ) -> Self {
        let mut receipt = Self {
            holder,
            record,
            at,
            signature: [0; 64],
        };
        receipt.signature = key.sign(&receipt.signing_bytes(genesis)).to_bytes();
        receipt
    }

    /// Whether the holder's key signed it on this chain.
    pub fn verifies(&self, genesis: &BlockHash, key: &VerifyingKey) -> bool {
        verify_ed25519(key, &self.signature, &self.signing_bytes(genesis))
    }

    /// What the chain holds of it. The signature within is as good as a salt.
    pub fn commitment(&self) -> Commitment {
        Commitment(hash_parts(&[domain::RECEIPT, &self.encode()]))
    }

    fn signing_bytes(&self, genesis: &BlockHash) -> Vec<u8> {
        [
            domain::ERASURE,
            &(genesis, self.holder, self.record, self.at).encode(),
        ]
        .concat()
    }
}
