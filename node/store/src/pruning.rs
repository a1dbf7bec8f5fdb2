//! Forgetting old states.
//!
//! State `s` is kept while `s` is among the newest heights that [`Retention`] names. Block `h` journals the nodes that its state no longer
//! refers to; states up to `h - 1` still need them, so they go once `h - 1` has left the window. A node that came back in a later block
//! carries that block's height and stays: its own later journal entry decides about it.

use crate::{
    keys::{self, Column},
    open::{Retention, Store},
    value::NodeValue,
};
use codec::Encode;
use musubi_node_core::ports::{ChainStore, LocalFault};
use rocksdb::WriteBatch;

impl Store {
    /// Deletes what no kept state needs, one journalled height at a time so that a commit never waits long.
    pub(crate) fn prune_states(&self) -> Result<(), LocalFault> {
        let Retention::Heights(window) = self.options.retention else {
            return Ok(());
        };
        let Some((tip, _)) = self.tip()? else {
            return Ok(());
        };
        let first_kept = tip.saturating_add(1).saturating_sub(window.max(1));
        let start = self.state_start()?;
        for height in start.saturating_add(1)..=first_kept {
            self.prune_height(height)?;
        }
        Ok(())
    }

    /// Makes `height` the first kept state. Thousands of nodes are looked up for one block: that happens before writers are held up.
    fn prune_height(&self, height: u64) -> Result<(), LocalFault> {
        let judged_at = self.tip()?;
        let mut gone = self.gone_since(height)?;
        let _writer = self.writer();
        if self.tip()? != judged_at {
            // A commit in between can have brought back a node that was judged gone.
            gone = self.gone_since(height)?;
        }
        let mut batch = WriteBatch::default();
        for node in gone {
            batch.delete_cf(self.column(Column::TrieNodes), &node);
        }
        batch.delete_cf(self.column(Column::DroppedNodes), keys::height(height));
        batch.put_cf(
            self.column(Column::Meta),
            keys::STATE_START,
            height.encode(),
        );
        self.write_unsynced(&format!("prune states before {height}"), batch)
    }

    /// The nodes that no state from `height` on needs, of those that its block dropped.
    fn gone_since(&self, height: u64) -> Result<Vec<Vec<u8>>, LocalFault> {
        let dropped: Vec<Vec<u8>> = self
            .get_decoded(Column::DroppedNodes, keys::height(height))?
            .unwrap_or_default();
        let mut gone = Vec::with_capacity(dropped.len());
        for node in dropped {
            if self.is_gone_since(&node, height)? {
                gone.push(node);
            }
        }
        Ok(gone)
    }

    fn is_gone_since(&self, node: &[u8], height: u64) -> Result<bool, LocalFault> {
        match self.get(Column::TrieNodes, node)? {
            Some(bytes) => Ok(NodeValue::split(&bytes)?.0 < height),
            None => Ok(false),
        }
    }
}
