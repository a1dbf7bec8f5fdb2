//! Joining by snapshot: a state and a history that come in pieces, and the block that makes them the newest.

use crate::{
    keys::{self, Column},
    open::Store,
    value::NodeValue,
};
use musubi_node_core::ports::{ChainStore, LocalFault, SnapshotCommit};
use musubi_primitives::mountain_range::{NodeHash, Position};
use rocksdb::{IteratorMode, WriteBatch};
use sp_runtime::traits::{BlakeTwo256, Hash as _};

/// How many leftovers of an import are deleted in one batch.
const DELETIONS_MAX: usize = 16_384;

impl Store {
    /// Nodes that were here before stay as they are, whoever adds or drops them: genesis must stay whole until the snapshot is installed.
    pub(crate) fn write_state_nodes(
        &self,
        height: u64,
        added: &[(Vec<u8>, Vec<u8>)],
        dropped: &[Vec<u8>],
    ) -> Result<(), LocalFault> {
        let mut batch = WriteBatch::default();
        let column = self.column(Column::TrieNodes);
        for key in dropped {
            if self.written_at(key)? == Some(height) {
                batch.delete_cf(column, key);
            }
        }
        for (key, node) in added {
            if self.written_at(key)?.is_none() {
                batch.put_cf(column, key, NodeValue::join(height, node));
            }
        }
        self.write_unsynced(&format!("import the state of block {height}"), batch)
    }

    pub(crate) fn write_mountain_nodes(
        &self,
        nodes: &[(Position, NodeHash)],
    ) -> Result<(), LocalFault> {
        let mut batch = WriteBatch::default();
        self.put_mountain_nodes(&mut batch, nodes);
        self.write_unsynced("import the mountain range of headers", batch)
    }

    fn written_at(&self, node: &[u8]) -> Result<Option<u64>, LocalFault> {
        let value = self.get(Column::TrieNodes, node)?;
        value
            .map(|bytes| NodeValue::split(&bytes).map(|(height, _)| height))
            .transpose()
    }

    /// At genesis, whatever genesis did not write comes from an import that was never installed.
    pub(crate) fn forget_import(&self) -> Result<(), LocalFault> {
        let _writer = self.writer();
        if !matches!(self.tip()?, Some((0, _))) {
            return Ok(());
        }
        self.delete_where(Column::TrieNodes, |_, value| {
            Ok(NodeValue::split(value)?.0 > 0)
        })?;
        let first_leaf = keys::mountain_node(Position {
            height: 0,
            index: 0,
        });
        self.delete_where(Column::MountainNodes, |key, _| Ok(key != first_leaf))
    }

    fn delete_where(
        &self,
        column: Column,
        is_leftover: impl Fn(&[u8], &[u8]) -> Result<bool, LocalFault>,
    ) -> Result<(), LocalFault> {
        let mut batch = WriteBatch::default();
        for entry in self.iterate(column, IteratorMode::Start) {
            let (key, value) = entry?;
            if is_leftover(&key, &value)? {
                batch.delete_cf(self.column(column), &key);
            }
            if batch.len() >= DELETIONS_MAX {
                let full = std::mem::take(&mut batch);
                self.write_unsynced("forget an unfinished import", full)?;
            }
        }
        self.write_unsynced("forget an unfinished import", batch)
    }

    /// Makes a fetched block the tip of a store that has genesis only. The log keeps the order of writes, so that the synced batch
    /// brings the imported nodes to disk with it.
    pub(crate) fn install(&self, snapshot: &SnapshotCommit) -> Result<(), LocalFault> {
        let _writer = self.writer();
        self.check_installable(snapshot)?;
        let height = snapshot.height;
        let mut batch = WriteBatch::default();
        for (below, parent) in (1u64..).zip(&snapshot.parents) {
            self.put_bytes(&mut batch, height.saturating_sub(below), parent);
        }
        self.put_bytes(&mut batch, height, &snapshot.block);
        self.put_decision(
            &mut batch,
            height,
            Some(&snapshot.certificate),
            &snapshot.validators,
        );
        self.put_mountain_nodes(&mut batch, &snapshot.mountain_nodes);
        self.put_tip(&mut batch, height, &snapshot.block.hash);
        self.put_starts(&mut batch, height.saturating_add(1), height);
        self.drop_undecided(&mut batch, height)?;
        self.write_synced(&format!("install the snapshot of block {height}"), batch)
    }

    fn check_installable(&self, snapshot: &SnapshotCommit) -> Result<(), LocalFault> {
        let refused = |cause: &str| {
            LocalFault::new(
                format!("install the snapshot of block {}", snapshot.height),
                cause,
            )
        };
        match self.tip()? {
            Some((0, _)) if snapshot.height > 0 => (),
            Some(_) => return Err(refused("the store already has blocks after genesis")),
            None => return Err(refused("the store has no genesis")),
        }
        match self.trie_node(&snapshot.state_root)? {
            Some(root) if BlakeTwo256::hash(&root).0 == snapshot.state_root => Ok(()),
            _ => Err(refused("the root of its state was not imported")),
        }
    }
}
