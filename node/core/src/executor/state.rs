//! The trie in the chain's store, as the state machine reads it.

use crate::ports::{ChainStore, LocalFault};
use hash_db::Prefix;
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{TrieBackend, TrieBackendStorage};
use sp_trie::{PrefixedMemoryDB, cache::LocalTrieCache, prefixed_key};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The hasher of the trie: BLAKE2-256.
pub type Hasher = BlakeTwo256;

/// A state that can be read and built on.
pub(crate) type Backend = TrieBackend<StateStorage, Hasher, LocalTrieCache<Hasher>>;

/// Where trie nodes come from.
#[derive(Clone)]
enum Nodes {
    Store(Arc<dyn ChainStore>),
    Memory(Arc<PrefixedMemoryDB<Hasher>>),
}

/// Reads trie nodes and remembers the first fault, since the state machine only panics or warns about it.
#[derive(Clone)]
pub(crate) struct StateStorage {
    nodes: Nodes,
    fault: Arc<Mutex<Option<LocalFault>>>,
}

impl fmt::Debug for StateStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateStorage").finish_non_exhaustive()
    }
}

impl StateStorage {
    pub(crate) fn new(store: Arc<dyn ChainStore>) -> Self {
        Self {
            nodes: Nodes::Store(store),
            fault: Arc::default(),
        }
    }

    /// Storage for a chain that does not exist yet.
    pub(crate) fn empty() -> Self {
        let nodes = Nodes::Memory(Arc::new(PrefixedMemoryDB::default()));
        Self {
            nodes,
            fault: Arc::default(),
        }
    }

    /// The first fault since the last call.
    pub(crate) fn take_fault(&self) -> Option<LocalFault> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn node(&self, key: &H256, prefix: Prefix<'_>) -> Result<Vec<u8>, LocalFault> {
        let found = match &self.nodes {
            Nodes::Store(store) => store.trie_node(&prefixed_key::<Hasher>(key, prefix))?,
            Nodes::Memory(nodes) => hash_db::HashDB::get(nodes.as_ref(), key, prefix),
        };
        found.ok_or_else(|| LocalFault::new(format!("read trie node {key:?}"), "it is missing"))
    }
}

impl TrieBackendStorage<Hasher> for StateStorage {
    fn get(&self, key: &H256, prefix: Prefix<'_>) -> Result<Option<Vec<u8>>, String> {
        self.node(key, prefix).map(Some).map_err(|fault| {
            let message = fault.to_string();
            self.fault
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(fault);
            message
        })
    }
}
