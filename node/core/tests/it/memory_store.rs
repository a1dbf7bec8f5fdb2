//! A chain store in memory, with faults that a test can switch on.

use musubi_node_core::ports::{
    BlockBytes, BlockCommit, ChainStore, LocalFault, PoolJournal, SnapshotCommit, Undecided,
};
use musubi_primitives::{
    BlockHash, Pseudonym,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{NodeHash, Position},
    trail::TrailRow,
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

#[derive(Default)]
struct Contents {
    commits: Vec<BlockCommit>,
    nodes: BTreeMap<Vec<u8>, Vec<u8>>,
    mountain: BTreeMap<Position, NodeHash>,
    undecided: Vec<(Undecided, BlockBytes)>,
    attempts: BTreeMap<BlockHash, u32>,
    journal: BTreeMap<u64, Vec<u8>>,
}

/// The store; contents survive a restart of the pipeline that uses it.
#[derive(Default)]
pub(crate) struct MemoryStore {
    contents: Mutex<Contents>,
    /// While set, no trie node can be read.
    pub(crate) is_broken: AtomicBool,
    /// Number of trie nodes read.
    pub(crate) reads: AtomicU32,
}

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents
            .lock()
            .expect("no test panics while it holds the lock")
    }

    /// Pretends that the process died while it executed a block.
    pub(crate) fn crash_in(&self, hash: BlockHash) {
        *self.lock().attempts.entry(hash).or_default() += 1;
    }

    /// Removes every trie node: the disk lost them.
    pub(crate) fn lose_state(&self) {
        self.lock().nodes.clear();
    }

    fn commit_at(&self, height: u64) -> Option<BlockCommit> {
        let at = usize::try_from(height).ok()?;
        self.lock().commits.get(at).cloned()
    }
}

impl ChainStore for MemoryStore {
    fn tip(&self) -> Result<Option<(u64, BlockHash)>, LocalFault> {
        Ok(self
            .lock()
            .commits
            .last()
            .map(|commit| (commit.height, commit.block.hash)))
    }
    fn hash_at(&self, height: u64) -> Result<Option<BlockHash>, LocalFault> {
        Ok(self.commit_at(height).map(|commit| commit.block.hash))
    }
    fn block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let contents = self.lock();
        Ok(contents
            .commits
            .iter()
            .find(|commit| commit.block.hash == *hash)
            .map(|c| c.block.clone()))
    }
    fn height_of(&self, hash: &BlockHash) -> Result<Option<u64>, LocalFault> {
        let contents = self.lock();
        Ok(contents
            .commits
            .iter()
            .find(|commit| commit.block.hash == *hash)
            .map(|c| c.height))
    }
    fn certificate(&self, height: u64) -> Result<Option<CommitCertificate>, LocalFault> {
        Ok(self.commit_at(height).and_then(|commit| commit.certificate))
    }
    fn validators(&self, height: u64) -> Result<Option<ValidatorSet>, LocalFault> {
        Ok(self.commit_at(height).map(|commit| commit.validators))
    }
    fn events(&self, height: u64) -> Result<Option<Vec<u8>>, LocalFault> {
        Ok(self.commit_at(height).map(|commit| commit.events))
    }
    fn extrinsic(&self, hash: &[u8; 32]) -> Result<Option<(u64, u32)>, LocalFault> {
        let contents = self.lock();
        Ok(contents.commits.iter().find_map(|commit| {
            let at = commit
                .extrinsic_hashes
                .iter()
                .position(|held| held == hash)?;
            Some((commit.height, u32::try_from(at).ok()?))
        }))
    }
    fn trail(
        &self,
        _subject: &Pseudonym,
        _first: u64,
        _limit: u32,
    ) -> Result<Vec<(TrailRow, u64, u32)>, LocalFault> {
        Ok(Vec::new())
    }
    fn trail_of_block(&self, height: u64) -> Result<Vec<TrailRow>, LocalFault> {
        Ok(self
            .commit_at(height)
            .map(|commit| commit.trail_rows)
            .unwrap_or_default())
    }
    fn mountain_node(&self, position: Position) -> Result<Option<NodeHash>, LocalFault> {
        Ok(self.lock().mountain.get(&position).copied())
    }
    fn trie_node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LocalFault> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(LocalFault::new(
                "read a trie node",
                "the disk is broken, as the test asked",
            ));
        }
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(self.lock().nodes.get(key).cloned())
    }
    fn commit(&self, commit: BlockCommit) -> Result<(), LocalFault> {
        let mut contents = self.lock();
        assert_eq!(
            commit.height,
            contents.commits.len() as u64,
            "heights are contiguous"
        );
        contents.nodes.extend(commit.nodes_added.iter().cloned());
        contents
            .mountain
            .extend(commit.mountain_nodes.iter().copied());
        contents
            .undecided
            .retain(|(place, _)| place.height > commit.height);
        contents.commits.push(commit);
        Ok(())
    }
    fn keep_undecided(&self, undecided: &Undecided, block: &BlockBytes) -> Result<(), LocalFault> {
        self.lock()
            .undecided
            .push((undecided.clone(), block.clone()));
        Ok(())
    }
    fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault> {
        let contents = self.lock();
        let places = contents.undecided.iter().map(|(place, _)| place.clone());
        Ok(places
            .filter(|place| (place.height, place.round) == (height, round))
            .collect())
    }
    fn undecided_block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let contents = self.lock();
        Ok(contents
            .undecided
            .iter()
            .find(|(place, _)| place.hash == *hash)
            .map(|(_, b)| b.clone()))
    }
    fn note_attempt(&self, hash: &BlockHash) -> Result<u32, LocalFault> {
        let mut contents = self.lock();
        let attempts = contents.attempts.entry(*hash).or_default();
        *attempts += 1;
        Ok(*attempts - 1)
    }
    fn forget_attempts(&self, hash: &BlockHash) -> Result<(), LocalFault> {
        self.lock().attempts.remove(hash);
        Ok(())
    }
    fn history_start(&self) -> Result<u64, LocalFault> {
        Ok(1)
    }
    fn state_start(&self) -> Result<u64, LocalFault> {
        Ok(0)
    }
    fn prune(&self) -> Result<(), LocalFault> {
        Ok(())
    }
    fn import_state_nodes(
        &self,
        _height: u64,
        added: &[(Vec<u8>, Vec<u8>)],
        dropped: &[Vec<u8>],
    ) -> Result<(), LocalFault> {
        let mut contents = self.lock();
        for key in dropped {
            contents.nodes.remove(key);
        }
        contents.nodes.extend(added.iter().cloned());
        Ok(())
    }
    fn import_mountain_nodes(&self, nodes: &[(Position, NodeHash)]) -> Result<(), LocalFault> {
        self.lock().mountain.extend(nodes.iter().copied());
        Ok(())
    }
    fn discard_import(&self) -> Result<(), LocalFault> {
        Ok(())
    }
    fn install_snapshot(&self, _snapshot: SnapshotCommit) -> Result<(), LocalFault> {
        Err(LocalFault::new(
            "install a snapshot",
            "this store keeps whole histories",
        ))
    }
}

impl PoolJournal for MemoryStore {
    fn kept_extrinsics(&self) -> Result<Vec<(u64, Vec<u8>)>, LocalFault> {
        Ok(self
            .lock()
            .journal
            .iter()
            .map(|(number, bytes)| (*number, bytes.clone()))
            .collect())
    }
    fn journal_extrinsics(
        &self,
        kept: &[(u64, Vec<u8>)],
        dropped: &[u64],
    ) -> Result<(), LocalFault> {
        let mut contents = self.lock();
        contents.journal.extend(kept.iter().cloned());
        contents
            .journal
            .retain(|number, _| !dropped.contains(number));
        Ok(())
    }
}
