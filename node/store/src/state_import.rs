//! Joining by snapshot: a state that was fetched node by node, and the block that makes it the tip.

use crate::{keys::Column, open::Store, value::NodeValue};
use musubi_node_core::ports::{BlockCommit, ChainStore, LocalFault};
use rocksdb::WriteBatch;
use sp_runtime::traits::{BlakeTwo256, Hash as _};

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

    fn written_at(&self, node: &[u8]) -> Result<Option<u64>, LocalFault> {
        let value = self.get(Column::TrieNodes, node)?;
        value
            .map(|bytes| NodeValue::split(&bytes).map(|(height, _)| height))
            .transpose()
    }

    /// Makes a fetched block the tip of a store that has genesis only. The log keeps the order of writes, so that the synced batch
    /// brings the imported nodes to disk with it.
    pub(crate) fn install(&self, snapshot: &BlockCommit) -> Result<(), LocalFault> {
        let _writer = self.writer();
        self.check_installable(snapshot)?;
        let mut batch = WriteBatch::default();
        self.put_block(&mut batch, snapshot);
        self.put_trail(&mut batch, snapshot);
        self.drop_undecided(&mut batch, snapshot.height)?;
        self.put_starts(
            &mut batch,
            snapshot.height.saturating_add(1),
            snapshot.height,
        );
        self.write_synced(
            &format!("install the snapshot of block {}", snapshot.height),
            batch,
        )
    }

    fn check_installable(&self, snapshot: &BlockCommit) -> Result<(), LocalFault> {
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
        if snapshot.certificate.is_none() {
            return Err(refused("it has no certificate"));
        }
        match self.trie_node(&snapshot.state_root)? {
            Some(root) if BlakeTwo256::hash(&root).0 == snapshot.state_root => Ok(()),
            _ => Err(refused("the root of its state was not imported")),
        }
    }
}
