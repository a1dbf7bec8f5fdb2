//! The trie in the chain's store, as the state machine reads it.

use super::outcome::split_nodes;
use crate::ports::{ChainStore, LocalFault};
use hash_db::Prefix;
use sp_core::{H256, storage::StateVersion};
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{Backend as _, TrieBackend, TrieBackendBuilder, TrieBackendStorage};
use sp_trie::{PrefixedMemoryDB, cache::LocalTrieCache, prefixed_key};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The hasher of the trie: BLAKE2-256.
pub type Hasher = BlakeTwo256;

/// The layout of state tries that every specification so far has (`system_version` 1).
pub(crate) const STATE_VERSION: StateVersion = StateVersion::V1;

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

/// Puts a state together from its keys and values.
#[derive(Debug)]
pub(crate) struct StateBuilder {
    storage: StateStorage,
    root: H256,
}

impl StateBuilder {
    /// Begins with the empty state.
    pub(crate) fn new(store: Arc<dyn ChainStore>) -> Self {
        let root = sp_trie::empty_trie_root::<sp_trie::LayoutV1<Hasher>>();
        Self {
            storage: StateStorage::new(store),
            root,
        }
    }

    /// The root of what was inserted so far.
    pub(crate) fn root(&self) -> H256 {
        self.root
    }

    /// Inserts pairs; the trie nodes that this adds and drops must be in the store before the next call.
    #[expect(clippy::type_complexity, reason = "keys with nodes, and keys")]
    pub(crate) fn insert(
        &mut self,
        pairs: &[(Vec<u8>, Vec<u8>)],
    ) -> Result<(Vec<(Vec<u8>, Vec<u8>)>, Vec<Vec<u8>>), LocalFault> {
        let backend: TrieBackend<_, Hasher> =
            TrieBackendBuilder::new(self.storage.clone(), self.root).build();
        let delta = pairs
            .iter()
            .map(|(key, value)| (&key[..], Some(&value[..])));
        let (root, nodes) = backend.storage_root(delta, STATE_VERSION);
        if let Some(fault) = self.storage.take_fault() {
            return Err(fault);
        }
        self.root = root;
        Ok(split_nodes(nodes))
    }
}
