//! The one byte string a card signs: domain tag, genesis hash, statement digest, nonce, not-before, not-after.
//!
//! The tag keeps a consent from being read as a binding, the genesis hash keeps it on this chain, the nonce makes it
//! count once. It is the detached content of a CMS without signed attributes, so the card signs its SHA-256 directly.

use musubi_primitives::{BlockHash, Moment};

use crate::document::{Document, DocumentFields};

/// The fields of the signed byte string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedContent {
    /// Domain tag of the kind of document.
    pub tag: &'static [u8],
    /// Hash of the chain's first block.
    pub genesis: BlockHash,
    /// Digest of the document.
    pub digest: [u8; 32],
    /// Nonce of the document.
    pub nonce: [u8; 32],
    /// First moment at which the document counts.
    pub not_before: Moment,
    /// First moment at which it no longer counts.
    pub not_after: Moment,
}

impl SignedContent {
    /// The content for `document` on the chain with this genesis hash.
    #[must_use]
    pub fn of<F: DocumentFields>(document: &Document<F>, genesis: BlockHash) -> Self {
        let (not_before, not_after) = document.fields().period();
        let nonce = document.fields().nonce();
        Self {
            tag: F::CONTENT_TAG,
            genesis,
            digest: document.digest(),
            nonce,
            not_before,
            not_after,
        }
    }

    /// The bytes to sign: the tag, then fixed-length fields, times as eight bytes big endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let times = [self.not_before.to_be_bytes(), self.not_after.to_be_bytes()].concat();
        [self.tag, &self.genesis.0, &self.digest, &self.nonce, &times].concat()
    }
}
