//! A made-up history to write into a store: each block changes some keys of a state and carries one trail row.

use codec::Encode;
use musubi_node_core::ports::{BlockBytes, BlockCommit, ChainStore};
use musubi_node_store::{Retention, Store, StoreOptions};
use musubi_primitives::{
    BlockHash, MemberId, Pseudonym, VerifyingKey,
    finality::{CommitCertificate, Validator, ValidatorSet},
    mountain_range::{MountainRange, leaf_hash},
    trail::{TrailFact, TrailRow},
};
use sp_core::H256;
use sp_runtime::{
    generic,
    traits::{BlakeTwo256, Header as _},
};
use sp_state_machine::{Backend, TrieBackend, TrieBackendBuilder, TrieBackendStorage};
use sp_trie::{LayoutV1, PrefixedMemoryDB, empty_trie_root, prefixed_key};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// What a state holds.
pub(crate) type Model = BTreeMap<Vec<u8>, Vec<u8>>;

type Header = generic::Header<u32, BlakeTwo256>;

/// Options for a store of the made-up chain.
pub(crate) fn options(path: &Path, retention: Retention) -> StoreOptions {
    StoreOptions {
        path: path.to_owned(),
        chain: "made-up".to_owned(),
        genesis: History::default().genesis(),
        retention,
        cache_bytes: 1 << 20,
    }
}

/// Opens a store that must open.
pub(crate) fn open(path: &Path, retention: Retention) -> Arc<Store> {
    Arc::new(Store::open(options(path, retention)).expect("the store is sound"))
}

/// Reads trie nodes of a store.
#[derive(Clone)]
pub(crate) struct Nodes(pub(crate) Arc<Store>);

impl TrieBackendStorage<BlakeTwo256> for Nodes {
    fn get(&self, key: &H256, prefix: hash_db::Prefix<'_>) -> Result<Option<Vec<u8>>, String> {
        self.0
            .trie_node(&prefixed_key::<BlakeTwo256>(key, prefix))
            .map_err(|fault| fault.to_string())
    }
}

/// Trie nodes in memory.
#[derive(Clone, Default)]
struct MemoryNodes(Arc<BTreeMap<Vec<u8>, Vec<u8>>>);

impl TrieBackendStorage<BlakeTwo256> for MemoryNodes {
    fn get(&self, key: &H256, prefix: hash_db::Prefix<'_>) -> Result<Option<Vec<u8>>, String> {
        Ok(self
            .0
            .get(&prefixed_key::<BlakeTwo256>(key, prefix))
            .cloned())
    }
}

/// The whole of a state in a store, or why it cannot be read.
pub(crate) fn read_state(store: &Arc<Store>, root: [u8; 32]) -> Result<Model, String> {
    let backend: TrieBackend<_, BlakeTwo256> =
        TrieBackendBuilder::new(Nodes(store.clone()), H256(root)).build();
    backend.pairs(Default::default())?.collect()
}

/// A growing history, with everything a store must be able to say about it.
#[derive(Clone)]
pub(crate) struct History {
    /// Every block, from genesis on.
    pub(crate) commits: Vec<BlockCommit>,
    /// The state after each block.
    pub(crate) states: Vec<Model>,
    /// Keys of the trie nodes of each state.
    pub(crate) node_keys: Vec<BTreeSet<Vec<u8>>>,
    nodes: MemoryNodes,
    range: MountainRange,
}

impl Default for History {
    fn default() -> Self {
        let mut history = Self {
            commits: Vec::new(),
            states: Vec::new(),
            node_keys: Vec::new(),
            nodes: MemoryNodes::default(),
            range: MountainRange::default(),
        };
        history.extend(&[(b"spec".to_vec(), Some(b"1".to_vec()))]);
        history
    }
}

impl History {
    /// Hash of the first block.
    pub(crate) fn genesis(&self) -> BlockHash {
        self.commits[0].block.hash
    }

    /// Appends a block that sets and removes keys.
    pub(crate) fn extend(&mut self, delta: &[(Vec<u8>, Option<Vec<u8>>)]) -> BlockCommit {
        let height = self.commits.len() as u64;
        let (root, changes) = self.apply(delta);
        let (added, dropped) = self.split(changes);
        let parent = self
            .commits
            .last()
            .map_or(H256::zero(), |commit| H256(commit.block.hash.0));
        let header = Header::new(
            height as u32,
            H256::zero(),
            root,
            parent,
            Default::default(),
        );
        let hash = BlockHash(header.hash().0);
        let mut mountain_nodes = Vec::new();
        self.range.append(leaf_hash(&hash.0), |position, node| {
            mountain_nodes.push((position, node));
        });
        let commit = BlockCommit {
            block: BlockBytes {
                hash,
                bytes: (header, Vec::<Vec<u8>>::new()).encode(),
            },
            height,
            state_root: root.0,
            certificate: (height > 0).then(|| CommitCertificate {
                height,
                round: 0,
                block: hash,
                signatures: vec![],
            }),
            validators: validators(),
            nodes_added: added,
            nodes_dropped: dropped,
            mountain_nodes,
            events: height.encode(),
            trail_rows: vec![row(height)],
            extrinsic_hashes: vec![extrinsic(height)],
        };
        self.commits.push(commit.clone());
        commit
    }

    fn apply(
        &mut self,
        delta: &[(Vec<u8>, Option<Vec<u8>>)],
    ) -> (H256, PrefixedMemoryDB<BlakeTwo256>) {
        let before = self
            .commits
            .last()
            .map_or_else(empty_trie_root::<LayoutV1<BlakeTwo256>>, |commit| {
                H256(commit.state_root)
            });
        let backend: TrieBackend<_, BlakeTwo256> =
            TrieBackendBuilder::new(self.nodes.clone(), before).build();
        let changes = delta
            .iter()
            .map(|(key, value)| (&key[..], value.as_deref()));
        let result = backend.storage_root(changes, sp_core::storage::StateVersion::V1);
        let mut model = self.states.last().cloned().unwrap_or_default();
        for (key, value) in delta {
            match value {
                Some(value) => model.insert(key.clone(), value.clone()),
                None => model.remove(key),
            };
        }
        self.states.push(model);
        result
    }

    #[expect(clippy::type_complexity, reason = "keys with nodes, and keys")]
    fn split(
        &mut self,
        mut changes: PrefixedMemoryDB<BlakeTwo256>,
    ) -> (Vec<(Vec<u8>, Vec<u8>)>, Vec<Vec<u8>>) {
        let (mut added, mut dropped) = (Vec::new(), Vec::new());
        let mut keys = self.node_keys.last().cloned().unwrap_or_default();
        let mut nodes = (*self.nodes.0).clone();
        for (key, (node, references)) in changes.drain() {
            if references > 0 {
                keys.insert(key.clone());
                nodes.insert(key.clone(), node.clone());
                added.push((key, node));
            } else if references < 0 {
                keys.remove(&key);
                dropped.push(key);
            }
        }
        self.nodes = MemoryNodes(Arc::new(nodes));
        self.node_keys.push(keys);
        (added, dropped)
    }

    /// Writes every block that a store does not have yet.
    pub(crate) fn write(&self, store: &Store) {
        self.write_until(store, self.commits.len());
    }

    /// Writes blocks below `end` that a store does not have yet.
    pub(crate) fn write_until(&self, store: &Store, end: usize) {
        let next = store
            .tip()
            .expect("readable")
            .map_or(0, |(height, _)| height + 1);
        for commit in &self.commits[next as usize..end] {
            store.commit(commit.clone()).expect("the disk is sound");
        }
    }

    /// Whether all that a store says about a height is true. What it cannot read must be a fault, never a wrong answer.
    pub(crate) fn agrees(&self, store: &Arc<Store>, height: u64) -> Result<(), String> {
        let commit = &self.commits[height as usize];
        let text = |fault: musubi_node_core::ports::LocalFault| format!("fault: {fault}");
        let wrong = |what: &str| Err(format!("wrong: {what} at {height}"));
        if store.hash_at(height).map_err(text)? != Some(commit.block.hash) {
            return wrong("hash");
        }
        if store.block(&commit.block.hash).map_err(text)?.as_ref() != Some(&commit.block) {
            return wrong("block");
        }
        if store.certificate(height).map_err(text)? != commit.certificate {
            return wrong("certificate");
        }
        if store.validators(height).map_err(text)?.as_ref() != Some(&commit.validators) {
            return wrong("validators");
        }
        if store.events(height).map_err(text)?.as_ref() != Some(&commit.events) {
            return wrong("events");
        }
        if store.extrinsic(&extrinsic(height)).map_err(text)? != Some((height, 0)) {
            return wrong("extrinsic");
        }
        if store.trail_of_block(height).map_err(text)? != commit.trail_rows {
            return wrong("trail rows");
        }
        let trail = store.trail(&subject(), height, 1).map_err(text)?;
        if trail != [(row(height), height, 0)] {
            return wrong("trail index");
        }
        for (position, node) in &commit.mountain_nodes {
            if store.mountain_node(*position).map_err(text)? != Some(*node) {
                return wrong("mountain range");
            }
        }
        if height >= store.state_start().map_err(text)? {
            match read_state(store, commit.state_root) {
                Ok(state) if state == self.states[height as usize] => (),
                Ok(_) => return wrong("state"),
                Err(error) => return Err(format!("fault: {error}")),
            }
        }
        Ok(())
    }
}

/// A history of `blocks` blocks from a seed; keys come and go, values return to what they were.
pub(crate) fn random_history(seed: u64, blocks: usize) -> History {
    let mut history = History::default();
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = move |bound: u64| {
        // Knuth's MMIX multiplier; quality matters little here, repeatability does.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for _ in 0..blocks {
        let delta: BTreeMap<_, _> = (0..next(6))
            .map(|_| {
                let key = format!("key-{}", next(12)).into_bytes();
                let length = [1, 8, 40][next(3) as usize];
                let value = (next(3) > 0).then(|| vec![next(3) as u8; length]);
                (key, value)
            })
            .collect();
        history.extend(&delta.into_iter().collect::<Vec<_>>());
    }
    history
}

fn subject() -> Pseudonym {
    Pseudonym([5; 32])
}

fn row(height: u64) -> TrailRow {
    let fact = TrailFact::FreezeSwitched {
        frozen: height.is_multiple_of(2),
    };
    TrailRow {
        subject: subject(),
        index: height,
        at: height * 1_000,
        fact,
    }
}

fn extrinsic(height: u64) -> [u8; 32] {
    leaf_hash(&height.to_be_bytes())
}

fn validators() -> ValidatorSet {
    let validator = Validator {
        key: VerifyingKey([8; 32]),
        member: MemberId(0),
        power: 1,
    };
    ValidatorSet::new(vec![validator]).expect("one validator is a set")
}
