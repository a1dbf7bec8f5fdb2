//! The pool's journal: what was admitted and not yet finalised, so that a restart forgets nobody's extrinsic.

use crate::{keys::Column, open::Store, value};
use musubi_node_core::ports::{LocalFault, PoolJournal};
use rocksdb::{IteratorMode, WriteBatch};

impl PoolJournal for Store {
    fn kept_extrinsics(&self) -> Result<Vec<(u64, Vec<u8>)>, LocalFault> {
        self.iterate(Column::PoolJournal, IteratorMode::Start)
            .map(|entry| {
                let (key, bytes) = entry?;
                Ok((value::number(&key)?, bytes.into_vec()))
            })
            .collect()
    }

    fn journal_extrinsics(
        &self,
        kept: &[(u64, Vec<u8>)],
        dropped: &[u64],
    ) -> Result<(), LocalFault> {
        let mut batch = WriteBatch::default();
        let column = self.column(Column::PoolJournal);
        for (number, bytes) in kept {
            batch.put_cf(column, number.to_be_bytes(), bytes);
        }
        for number in dropped {
            batch.delete_cf(column, number.to_be_bytes());
        }
        self.write_unsynced("journal the pool", batch)
    }
}
