//! Reads of any kept state: values, keys, proofs and runtime calls.

use super::{
    Executor,
    outcome::{Header, decode_time, storage_key},
    session::{CallError, fault_or},
    state::{Hasher, StateStorage},
};
use crate::ports::LocalFault;
use codec::Decode as _;
use musubi_primitives::{BlockHash, Moment, parameter::HeightParameters};
use sp_core::H256;
use sp_state_machine::{Backend as _, IterArgs, TrieBackend, TrieBackendBuilder, prove_read};
use std::sync::Arc;

/// The runtime API that tells consensus about the next height.
pub(crate) const HEIGHT_PARAMETERS: &str = "MusubiApi_height_parameters";

/// Why a state gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No finalised block has this hash.
    #[error("block {0} is not known")]
    UnknownBlock(BlockHash),
    /// The block's state was pruned.
    #[error("the state of block {height} was pruned; states begin at block {first}")]
    Pruned {
        /// Height asked for.
        height: u64,
        /// First height with a state.
        first: u64,
    },
    /// The runtime gave no result.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl From<LocalFault> for ReadError {
    fn from(fault: LocalFault) -> Self {
        Self::Call(fault.into())
    }
}

impl Executor {
    /// Header of a finalised block.
    ///
    /// # Errors
    /// When the block is unknown or the store is at fault.
    pub fn header(&self, hash: &BlockHash) -> Result<Header, ReadError> {
        let block = self
            .store
            .block(hash)?
            .ok_or(ReadError::UnknownBlock(*hash))?;
        // The header stands first; what follows was read when the block was checked.
        let header = Header::decode(&mut block.bytes.as_slice())
            .map_err(|error| LocalFault::new(format!("read block {hash}"), error))?;
        Ok(header)
    }

    /// The state root of a finalised block whose state is kept.
    fn kept_root(&self, hash: &BlockHash) -> Result<H256, ReadError> {
        let header = self.header(hash)?;
        let (height, first) = (u64::from(header.number), self.store.state_start()?);
        if height < first {
            return Err(ReadError::Pruned { height, first });
        }
        Ok(header.state_root)
    }

    pub(super) fn reading(
        &self,
        hash: &BlockHash,
    ) -> Result<(StateStorage, TrieBackend<StateStorage, Hasher>), ReadError> {
        let root = self.kept_root(hash)?;
        let storage = StateStorage::new(Arc::clone(&self.store));
        let cache = self.cache.local_cache_untrusted();
        let backend = TrieBackendBuilder::new_with_cache(storage.clone(), root, cache).build();
        Ok((storage, backend))
    }

    /// A storage value.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn storage(&self, at: &BlockHash, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        let (storage, backend) = self.reading(at)?;
        backend
            .storage(key)
            .map_err(|error| fault_or(&storage, "read a storage value", error).into())
    }

    /// Keys that start with `prefix`, in order, after `after`, at most `limit`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn keys_paged(
        &self,
        at: &BlockHash,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, ReadError> {
        let (storage, backend) = self.reading(at)?;
        let mut arguments = IterArgs::default();
        arguments.prefix = Some(prefix);
        arguments.start_at = after;
        arguments.start_at_exclusive = after.is_some();
        let fault = |error: String| fault_or(&storage, "walk storage keys", error);
        let keys: Result<Vec<_>, _> = backend
            .keys(arguments)
            .map_err(fault)?
            .take(limit)
            .collect();
        Ok(keys.map_err(fault)?)
    }

    /// Trie nodes that prove the values, or absence, of `keys`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read_proof(&self, at: &BlockHash, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, ReadError> {
        let (storage, backend) = self.reading(at)?;
        let proof = prove_read(backend, keys)
            .map_err(|error| fault_or(&storage, "prove storage values", error))?;
        Ok(proof.into_iter_nodes().collect())
    }

    /// Calls a runtime API on the state of a finalised block; changes it makes are forgotten.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn state_call(
        &self,
        at: &BlockHash,
        method: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let root = self.kept_root(at)?;
        Ok(self.session(root)?.call(method, arguments)?)
    }

    /// [`Executor::state_call`] with a decoded result.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn state_call_as<T: codec::Decode>(
        &self,
        at: &BlockHash,
        method: &str,
        arguments: &[u8],
    ) -> Result<T, ReadError> {
        let root = self.kept_root(at)?;
        Ok(self.session(root)?.call_as(method, arguments)?)
    }

    /// What consensus must know about the height after a block.
    ///
    /// # Errors
    /// A fault of this machine, or a specification that this program lacks.
    pub fn height_parameters(&self, after: &Header) -> Result<HeightParameters, LocalFault> {
        let mut session = self.session(after.state_root)?;
        session
            .call_as(HEIGHT_PARAMETERS, &[])
            .map_err(|error| LocalFault::new("read the parameters of the next height", error))
    }

    /// The time of a block, as its state has it.
    ///
    /// # Errors
    /// A fault of this machine.
    pub fn time_of(&self, header: &Header) -> Result<Moment, LocalFault> {
        let storage = StateStorage::new(Arc::clone(&self.store));
        let backend: TrieBackend<_, Hasher> =
            TrieBackendBuilder::new(storage.clone(), header.state_root).build();
        let now = backend
            .storage(&storage_key(b"Timestamp", b"Now"))
            .map_err(|error| fault_or(&storage, "read the block's time", error))?;
        decode_time(now.as_deref())
    }
}
