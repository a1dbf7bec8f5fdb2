//! Receipts: what this municipality told people of each change of a consent, signed once and kept beside the evidence.
//!
//! A receipt is found by the evidence that it is about and the row of the chain that it tells of, so that one change has one receipt,
//! however often anybody asks. It goes with its evidence ([`Register::erase_evidence`]) and comes back with a backup.

use musubi_primitives::Commitment;
use rocksdb::WriteBatch;

use crate::store::{EVIDENCE, RECEIPTS, Register, RegisterError};

/// The row of the chain that brought a change about, in the order in which rows were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    /// Height of its block.
    pub height: u64,
    /// Its place among the rows of the block.
    pub row: u32,
}

/// Bytes of an encoded [`RowPlace`].
const PLACE_BYTES: usize = 12;

impl RowPlace {
    /// Big-endian, so that RocksDB keeps the order.
    fn key(self, evidence: &Commitment) -> Vec<u8> {
        let (height, row) = (self.height.to_be_bytes(), self.row.to_be_bytes());
        [&evidence.0[..], &height, &row].concat()
    }

    fn parse(key: &[u8]) -> Option<Self> {
        let place: [u8; PLACE_BYTES] = key.get(32..)?.try_into().ok()?;
        let (height, row) = place.split_first_chunk::<8>()?;
        Some(Self {
            height: u64::from_be_bytes(*height),
            row: u32::from_be_bytes(row.try_into().ok()?),
        })
    }
}

impl Register {
    /// Keeps a receipt about evidence. False, and nothing is written, where the evidence was erased or the change has its receipt.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn keep_receipt(
        &self,
        evidence: &Commitment,
        place: RowPlace,
        receipt: &[u8],
    ) -> Result<bool, RegisterError> {
        let _writer = self.known_for_writing()?;
        let key = place.key(evidence);
        if self.get(EVIDENCE, &evidence.0)?.is_none() || self.get(RECEIPTS, &key)?.is_some() {
            return Ok(false);
        }
        let mut batch = WriteBatch::default();
        self.put_sealed(&mut batch, RECEIPTS, &key, receipt)?;
        self.write(batch, "keep a receipt")?;
        Ok(true)
    }

    /// Every receipt about evidence, oldest first.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn receipts(
        &self,
        evidence: &Commitment,
    ) -> Result<Vec<(RowPlace, Vec<u8>)>, RegisterError> {
        let kept = self.beginning_with(RECEIPTS, &evidence.0)?;
        kept.into_iter()
            .map(|(key, receipt)| {
                let place = RowPlace::parse(&key).ok_or(RegisterError::Damaged)?;
                Ok((place, receipt.to_vec()))
            })
            .collect()
    }
}
