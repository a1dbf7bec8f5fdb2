//! The chain's port: reads by key, one batch for each block.

use crate::{
    keys::{self, Column},
    open::Store,
    value::{self, BlockValue, NodeValue, UndecidedBlockValue, UndecidedValue},
};
use codec::Encode;
use musubi_node_core::ports::{
    BlockBytes, BlockCommit, ChainStore, LocalFault, SnapshotCommit, Undecided,
};
use musubi_primitives::{
    BlockHash, Pseudonym,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::{NodeHash, Position},
    trail::TrailRow,
};
use rocksdb::{Direction, IteratorMode, WriteBatch};

impl ChainStore for Store {
    fn tip(&self) -> Result<Option<(u64, BlockHash)>, LocalFault> {
        self.meta(keys::TIP)
    }

    fn hash_at(&self, height: u64) -> Result<Option<BlockHash>, LocalFault> {
        self.get_front(Column::Blocks, keys::height(height))
    }

    fn block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let Some(height) = self.height_of(hash)? else {
            return Ok(None);
        };
        match self.block_value(height)? {
            Some(block) if block.hash == *hash => Ok(Some(BlockBytes {
                hash: block.hash,
                bytes: block.bytes,
            })),
            Some(_) => Err(LocalFault::new(
                format!("read block {hash}"),
                format!("height {height} holds another block"),
            )),
            None => Ok(None),
        }
    }

    fn height_of(&self, hash: &BlockHash) -> Result<Option<u64>, LocalFault> {
        self.get_decoded(Column::Heights, hash.0)
    }

    fn certificate(&self, height: u64) -> Result<Option<CommitCertificate>, LocalFault> {
        self.get_decoded(Column::Certificates, keys::height(height))
    }

    fn validators(&self, height: u64) -> Result<Option<ValidatorSet>, LocalFault> {
        self.get_decoded(Column::Validators, keys::height(height))
    }

    fn events(&self, height: u64) -> Result<Option<Vec<u8>>, LocalFault> {
        self.get(Column::Events, keys::height(height))
    }

    fn extrinsic(&self, hash: &[u8; 32]) -> Result<Option<(u64, u32)>, LocalFault> {
        self.get(Column::Extrinsics, hash)?
            .map(|bytes| value::height_and_place(&bytes))
            .transpose()
    }

    fn trail(
        &self,
        subject: &Pseudonym,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(TrailRow, u64, u32)>, LocalFault> {
        let start = keys::trail_index(subject, first);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.iterate_prefix(Column::TrailIndex, subject.0.to_vec(), &start)
            .take(limit)
            .map(|entry| {
                let (height, place) = value::height_and_place(&entry?.1)?;
                Ok((self.trail_row(height, place)?, height, place))
            })
            .collect()
    }

    fn trail_of_block(&self, height: u64) -> Result<Vec<TrailRow>, LocalFault> {
        let prefix = keys::height(height);
        self.iterate_prefix(Column::TrailRows, prefix.to_vec(), &prefix)
            .map(|entry| value::decode("a trail row", &entry?.1))
            .collect()
    }

    fn mountain_node(&self, position: Position) -> Result<Option<NodeHash>, LocalFault> {
        self.get_decoded(Column::MountainNodes, keys::mountain_node(position))
    }

    fn trie_node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LocalFault> {
        let value = self
            .db
            .get_pinned_cf(self.column(Column::TrieNodes), key)
            .map_err(|error| LocalFault::new("read a trie node", error))?;
        value
            .map(|bytes| Ok(NodeValue::split(&bytes)?.1.to_vec()))
            .transpose()
    }

    fn commit(&self, commit: BlockCommit) -> Result<(), LocalFault> {
        let _writer = self.writer();
        self.check_next(&commit)?;
        let mut batch = WriteBatch::default();
        self.put_block(&mut batch, &commit);
        self.put_state(&mut batch, &commit);
        self.put_trail(&mut batch, &commit);
        self.drop_undecided(&mut batch, commit.height)?;
        if commit.height == 0 {
            self.put_starts(&mut batch, 0, 0);
        }
        self.write_synced(&format!("commit block {}", commit.height), batch)
    }

    fn keep_undecided(&self, undecided: &Undecided, block: &BlockBytes) -> Result<(), LocalFault> {
        let Undecided {
            height,
            round,
            hash,
            ..
        } = undecided;
        let mut batch = WriteBatch::default();
        batch.put_cf(
            self.column(Column::Undecided),
            keys::undecided(*height, *round, hash),
            UndecidedValue::of(undecided).encode(),
        );
        let value = UndecidedBlockValue {
            height: *height,
            bytes: block.bytes.clone(),
        };
        batch.put_cf(self.column(Column::UndecidedBlocks), hash.0, value.encode());
        self.write_synced(&format!("keep undecided block {hash}"), batch)
    }

    fn undecided(&self, height: u64, round: u32) -> Result<Vec<Undecided>, LocalFault> {
        let prefix = keys::undecided_round(height, round);
        self.iterate_prefix(Column::Undecided, prefix.to_vec(), &prefix)
            .map(|entry| {
                let (key, bytes) = entry?;
                let value: UndecidedValue = value::decode("an undecided block's place", &bytes)?;
                Ok(value.at(height, round, hash_at_end(&key)?))
            })
            .collect()
    }

    fn undecided_block(&self, hash: &BlockHash) -> Result<Option<BlockBytes>, LocalFault> {
        let value: Option<UndecidedBlockValue> =
            self.get_decoded(Column::UndecidedBlocks, hash.0)?;
        Ok(value.map(|value| BlockBytes {
            hash: *hash,
            bytes: value.bytes,
        }))
    }

    fn note_attempt(&self, hash: &BlockHash) -> Result<u32, LocalFault> {
        let _writer = self.writer();
        let before: u32 = self.get_decoded(Column::Attempts, hash.0)?.unwrap_or(0);
        let mut batch = WriteBatch::default();
        batch.put_cf(
            self.column(Column::Attempts),
            hash.0,
            before.saturating_add(1).encode(),
        );
        self.write_unsynced("note the execution of a block", batch)?;
        Ok(before)
    }

    fn forget_attempts(&self, hash: &BlockHash) -> Result<(), LocalFault> {
        let mut batch = WriteBatch::default();
        batch.delete_cf(self.column(Column::Attempts), hash.0);
        self.write_unsynced("forget the executions of a block", batch)
    }

    fn history_start(&self) -> Result<u64, LocalFault> {
        Ok(self.meta::<u64>(keys::HISTORY_START)?.unwrap_or(0).max(1))
    }

    fn state_start(&self) -> Result<u64, LocalFault> {
        Ok(self.meta(keys::STATE_START)?.unwrap_or(0))
    }

    fn prune(&self) -> Result<(), LocalFault> {
        self.prune_states()
    }

    fn import_state_nodes(
        &self,
        height: u64,
        added: &[(Vec<u8>, Vec<u8>)],
        dropped: &[Vec<u8>],
    ) -> Result<(), LocalFault> {
        self.write_state_nodes(height, added, dropped)
    }

    fn import_mountain_nodes(&self, nodes: &[(Position, NodeHash)]) -> Result<(), LocalFault> {
        self.write_mountain_nodes(nodes)
    }

    fn discard_import(&self) -> Result<(), LocalFault> {
        self.forget_import()
    }

    fn install_snapshot(&self, snapshot: SnapshotCommit) -> Result<(), LocalFault> {
        self.install(&snapshot)
    }
}

impl Store {
    fn block_value(&self, height: u64) -> Result<Option<BlockValue>, LocalFault> {
        self.get_decoded(Column::Blocks, keys::height(height))
    }

    fn trail_row(&self, height: u64, place: u32) -> Result<TrailRow, LocalFault> {
        self.get_decoded(Column::TrailRows, keys::trail_row(height, place))?
            .ok_or_else(|| {
                LocalFault::new(
                    format!("read trail row {place} of block {height}"),
                    "it is missing",
                )
            })
    }

    /// Heights follow one another: a gap or a second block at a height would make two histories.
    fn check_next(&self, commit: &BlockCommit) -> Result<(), LocalFault> {
        let next = self
            .tip()?
            .map_or(0, |(height, _)| height.saturating_add(1));
        if commit.height == next {
            return Ok(());
        }
        Err(LocalFault::new(
            format!("commit block {}", commit.height),
            format!("the next height is {next}"),
        ))
    }

    fn put_block(&self, batch: &mut WriteBatch, commit: &BlockCommit) {
        let key = keys::height(commit.height);
        self.put_bytes(batch, commit.height, &commit.block);
        self.put_decision(
            batch,
            commit.height,
            commit.certificate.as_ref(),
            &commit.validators,
        );
        batch.put_cf(self.column(Column::Events), key, &commit.events);
        for (place, hash) in (0u32..).zip(&commit.extrinsic_hashes) {
            let at = keys::trail_row(commit.height, place);
            batch.put_cf(self.column(Column::Extrinsics), hash, at);
        }
        self.put_mountain_nodes(batch, &commit.mountain_nodes);
        self.put_tip(batch, commit.height, &commit.block.hash);
    }

    pub(crate) fn put_bytes(&self, batch: &mut WriteBatch, height: u64, block: &BlockBytes) {
        let value = BlockValue {
            hash: block.hash,
            bytes: block.bytes.clone(),
        };
        let key = keys::height(height);
        batch.put_cf(self.column(Column::Blocks), key, value.encode());
        batch.put_cf(self.column(Column::Heights), block.hash.0, height.encode());
    }

    pub(crate) fn put_decision(
        &self,
        batch: &mut WriteBatch,
        height: u64,
        certificate: Option<&CommitCertificate>,
        validators: &ValidatorSet,
    ) {
        let key = keys::height(height);
        batch.put_cf(self.column(Column::Validators), key, validators.encode());
        if let Some(certificate) = certificate {
            batch.put_cf(self.column(Column::Certificates), key, certificate.encode());
        }
    }

    pub(crate) fn put_mountain_nodes(
        &self,
        batch: &mut WriteBatch,
        nodes: &[(Position, NodeHash)],
    ) {
        for (position, node) in nodes {
            let key = keys::mountain_node(*position);
            batch.put_cf(self.column(Column::MountainNodes), key, node.encode());
        }
    }

    pub(crate) fn put_tip(&self, batch: &mut WriteBatch, height: u64, hash: &BlockHash) {
        let tip = (height, *hash).encode();
        batch.put_cf(self.column(Column::Meta), keys::TIP, tip);
    }

    fn put_state(&self, batch: &mut WriteBatch, commit: &BlockCommit) {
        for (key, node) in &commit.nodes_added {
            let value = NodeValue::join(commit.height, node);
            batch.put_cf(self.column(Column::TrieNodes), key, value);
        }
        if !commit.nodes_dropped.is_empty() {
            let key = keys::height(commit.height);
            batch.put_cf(
                self.column(Column::DroppedNodes),
                key,
                commit.nodes_dropped.encode(),
            );
        }
    }

    fn put_trail(&self, batch: &mut WriteBatch, commit: &BlockCommit) {
        for (place, row) in (0u32..).zip(&commit.trail_rows) {
            let at = keys::trail_row(commit.height, place);
            batch.put_cf(self.column(Column::TrailRows), at, row.encode());
            let index = keys::trail_index(&row.subject, row.index);
            batch.put_cf(self.column(Column::TrailIndex), index, at);
        }
    }

    pub(crate) fn put_starts(&self, batch: &mut WriteBatch, history: u64, state: u64) {
        let meta = self.column(Column::Meta);
        batch.put_cf(meta, keys::HISTORY_START, history.encode());
        batch.put_cf(meta, keys::STATE_START, state.encode());
    }

    /// Undecided blocks up to a decided height have no use left.
    pub(crate) fn drop_undecided(
        &self,
        batch: &mut WriteBatch,
        height: u64,
    ) -> Result<(), LocalFault> {
        let end = keys::height(height.saturating_add(1));
        for entry in self.iterate(
            Column::Undecided,
            IteratorMode::From(&[], Direction::Forward),
        ) {
            let (key, _) = entry?;
            if *key >= end[..] {
                break;
            }
            let hash = hash_at_end(&key)?;
            batch.delete_cf(self.column(Column::Undecided), &key);
            batch.delete_cf(self.column(Column::UndecidedBlocks), hash.0);
            batch.delete_cf(self.column(Column::Attempts), hash.0);
        }
        Ok(())
    }
}

fn hash_at_end(key: &[u8]) -> Result<BlockHash, LocalFault> {
    key.split_last_chunk::<32>()
        .map(|(_, hash)| BlockHash(*hash))
        .ok_or_else(|| LocalFault::new("read an undecided block's key", "it has no hash"))
}
