//! The state that calls are weighed on: in memory, but read as after a restart, with an empty trie cache for every block.

use crate::chain::Chain;
use hash_db::{HashDB, Prefix};
use musubi_runtime::{Hash, PreVerified};
use sp_externalities::{Extensions, set_and_run_with_externalities};
use sp_runtime::{StateVersion, traits::BlakeTwo256};
use sp_state_machine::{
    Backend, Ext, IterArgs, OverlayedChanges, TrieBackendBuilder, TrieBackendStorage,
};
use sp_trie::{
    PrefixedMemoryDB,
    cache::{CacheSize, SharedTrieCache},
};
use std::{collections::BTreeSet, ops::Div, sync::Mutex};

/// Room for all the nodes that one block touches.
const CACHE_BYTES: usize = 64 << 20;

/// How often each block is run.
const RUNS: usize = 7;

/// A whole state.
pub(crate) struct Ground {
    nodes: PrefixedMemoryDB<BlakeTwo256>,
    root: Hash,
}

/// What a block cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// Time of this thread on a processor, in nanoseconds.
    pub(crate) nanoseconds: u64,
    /// Different trie nodes that were fetched.
    pub(crate) nodes_read: u64,
    /// Trie nodes that the new state has and the old had not.
    pub(crate) nodes_written: u64,
}

impl Cost {
    /// What remains without another, cheaper block.
    pub(crate) fn without(self, other: Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds.saturating_sub(other.nanoseconds),
            nodes_read: self.nodes_read.saturating_sub(other.nodes_read),
            nodes_written: self.nodes_written.saturating_sub(other.nodes_written),
        }
    }

    /// The higher of each figure.
    pub(crate) fn dearest(self, other: Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds.max(other.nanoseconds),
            nodes_read: self.nodes_read.max(other.nodes_read),
            nodes_written: self.nodes_written.max(other.nodes_written),
        }
    }
}

impl Div<u64> for Cost {
    type Output = Self;

    /// A share, rounded up.
    fn div(self, parts: u64) -> Self {
        Self {
            nanoseconds: self.nanoseconds.div_ceil(parts),
            nodes_read: self.nodes_read.div_ceil(parts),
            nodes_written: self.nodes_written.div_ceil(parts),
        }
    }
}

/// Trie nodes that remember which of them were fetched.
struct Counted<'a> {
    nodes: &'a PrefixedMemoryDB<BlakeTwo256>,
    fetched: &'a Mutex<BTreeSet<Hash>>,
}

impl TrieBackendStorage<BlakeTwo256> for Counted<'_> {
    fn get(&self, key: &Hash, prefix: Prefix<'_>) -> Result<Option<Vec<u8>>, String> {
        let mut fetched = self.fetched.lock().map_err(|error| error.to_string())?;
        fetched.insert(*key);
        Ok(HashDB::get(self.nodes, key, prefix))
    }
}

impl Ground {
    /// Starts from a chain's newest state.
    pub(crate) fn of(chain: &Chain) -> Self {
        Self {
            nodes: chain.state.backend_storage().clone(),
            root: *chain.state.root(),
        }
    }

    /// Runs `block` on the state with cold caches, works the new root out, and says what both cost; with `keep` the changes stay.
    pub(crate) fn block<R>(&mut self, keep: bool, block: impl FnOnce() -> R) -> (R, Cost) {
        let fetched = Mutex::default();
        let counted = Counted {
            nodes: &self.nodes,
            fetched: &fetched,
        };
        let shared = SharedTrieCache::new(CacheSize::new(CACHE_BYTES), None);
        let cache = shared.local_cache_untrusted();
        let backend = TrieBackendBuilder::new(counted, self.root)
            .with_cache(cache)
            .build();
        let mut overlay = OverlayedChanges::default();
        let mut extensions = Extensions::default();
        extensions.register(PreVerified::new(|_| true));
        let start = processor_time();
        let result = set_and_run_with_externalities(
            &mut Ext::new(&mut overlay, &backend, Some(&mut extensions)),
            block,
        );
        let changes = overlay
            .drain_storage_changes(&backend, StateVersion::V1)
            .expect("the state is in memory");
        let nanoseconds = processor_time() - start;
        drop(backend);
        let mut nodes = changes.transaction;
        let written = nodes.keys().values().filter(|count| **count > 0).count();
        let read = fetched.lock().map_or(0, |fetched| fetched.len());
        if keep {
            self.root = changes.transaction_storage_root;
            self.nodes.consolidate(core::mem::take(&mut nodes));
        }
        let cost = Cost {
            nanoseconds,
            nodes_read: read as u64,
            nodes_written: written as u64,
        };
        (result, cost)
    }

    /// Runs a block again and again without keeping it; the least time counts, since others disturb this machine and nobody speeds it up.
    pub(crate) fn weigh(&mut self, block: impl Fn()) -> Cost {
        (0..RUNS)
            .map(|_| self.block(false, &block).1)
            .min()
            .unwrap_or_default()
    }

    /// Lets something happen to a copy of the state.
    pub(crate) fn branch(&self, happen: impl FnOnce(&mut Self)) {
        happen(&mut Self {
            nodes: self.nodes.clone(),
            root: self.root,
        });
    }

    /// How many entries the state has.
    pub(crate) fn entries(&self) -> usize {
        let backend: sp_state_machine::TrieBackend<_, BlakeTwo256> =
            TrieBackendBuilder::new(&self.nodes, self.root).build();
        backend
            .keys(IterArgs::default())
            .map_or(0, |keys| keys.count())
    }
}

/// Nanoseconds that this thread has spent on a processor, as Linux counts them: other programs on the machine do not add to it. The count of a
/// running thread is brought up to date when it yields.
fn processor_time() -> u64 {
    std::thread::yield_now();
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .expect("Linux counts a thread's time")
}
