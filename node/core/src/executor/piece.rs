//! Pieces of a state, each with the proof that it is one: what a node that joins fetches, and how it checks them.
//!
//! A piece is a list of trie nodes. Whoever knows the state root reads from it a run of keys with their values, in order and without gaps,
//! from the key it asked for on; so a false piece is found out at once, whoever sent it, and nothing of it is used.

use super::{Executor, read::ReadError, session::fault_or, state::Hasher};
use musubi_primitives::BlockHash;
use sp_core::H256;
use sp_state_machine::{prove_range_read_with_size, read_range_proof_check};
use sp_trie::StorageProof;

/// A run of a state, proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateRun {
    /// Keys and values, in order.
    pub(crate) pairs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether no key follows.
    pub(crate) is_last: bool,
}

impl Executor {
    /// Trie nodes that prove a run of a state: the keys after `after`, about `bytes` of proof, at least one key unless none is left.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn state_piece(
        &self,
        at: &BlockHash,
        after: Option<&[u8]>,
        bytes: usize,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let (storage, backend) = self.reading(at)?;
        let start = after.map(next_key);
        let proved = prove_range_read_with_size(backend, None, None, bytes, start.as_deref());
        let (proof, _) =
            proved.map_err(|error| fault_or(&storage, "prove a run of the state", error))?;
        Ok(proof.into_iter_nodes().collect())
    }
}

/// Reads the run after `after` from a piece; `None` when the piece proves nothing under this root.
pub(crate) fn read_piece(
    root: H256,
    after: Option<&[u8]>,
    piece: Vec<Vec<u8>>,
) -> Option<StateRun> {
    let start = after.map(next_key);
    let proof = StorageProof::new(piece);
    let read = read_range_proof_check::<Hasher>(root, proof, None, None, None, start.as_deref());
    let (pairs, is_last) = read.ok()?;
    (is_last || !pairs.is_empty()).then_some(StateRun { pairs, is_last })
}

/// The least key above `key`.
fn next_key(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}
