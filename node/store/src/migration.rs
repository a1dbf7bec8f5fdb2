//! Layouts of the database, oldest first, and the way from each to the next.

use crate::{
    keys::{self, Column},
    open::Store,
};
use codec::Encode;
use musubi_node_core::ports::LocalFault;
use rocksdb::WriteBatch;

/// The layout that this program writes.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// The step from layout `from` to `from + 1`: what it changes, as one batch.
struct Migration {
    from: u32,
    change: fn(&Store, &mut WriteBatch) -> Result<(), LocalFault>,
}

const MIGRATIONS: &[Migration] = &[Migration {
    from: 1,
    change: name_first_state,
}];

/// Brings a store from its layout to the newest; each step is one synced batch together with the new layout's number.
pub(crate) fn run(store: &Store, schema: u32) -> Result<(), LocalFault> {
    for step in MIGRATIONS.iter().filter(|step| step.from >= schema) {
        let mut batch = WriteBatch::default();
        (step.change)(store, &mut batch)?;
        let next = step.from.saturating_add(1);
        batch.put_cf(store.column(Column::Meta), keys::SCHEMA, next.encode());
        store.write_synced(&format!("migrate the store to layout {next}"), batch)?;
    }
    Ok(())
}

/// Layout 1 kept every state and did not say where states begin.
fn name_first_state(store: &Store, batch: &mut WriteBatch) -> Result<(), LocalFault> {
    let start: u64 = store.meta(keys::HISTORY_START)?.unwrap_or(0);
    batch.put_cf(
        store.column(Column::Meta),
        keys::STATE_START,
        start.encode(),
    );
    Ok(())
}
