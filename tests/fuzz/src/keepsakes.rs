//! What a node is rebuilt from after a bad day: the texts of a backup, and the signed snapshot of a chain's state. An operator brings them;
//! where they lay meanwhile nobody knows.

#[path = "../../../node/src/backup/forms.rs"]
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "a file of the binary, which has no library"
)]
mod forms;
#[path = "../../../node/src/recovery/snapshot.rs"]
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::disallowed_methods,
    reason = "a file of the binary, which has no library"
)]
mod snapshot;

use codec::Encode as _;
use forms::{Facts, Sums, seal};
use snapshot::Snapshot;

/// Either text of a backup.
pub(crate) fn backup(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let facts = Facts::parse(text).ok();
    if let Some(facts) = &facts {
        assert_eq!(Facts::parse(&facts.to_text()).as_ref(), Ok(facts));
    }
    let sums = Sums::parse(text).filter(|sums| sums.files().next().is_some());
    if let Some(sums) = &sums {
        let written = sums.to_text();
        assert_eq!(Sums::parse(&written).as_ref(), Some(sums));
        assert_eq!(seal(&written).len(), 64);
    }
    facts.is_some() || sums.is_some()
}

/// A snapshot, with everything that proves it.
pub(crate) fn snapshot(bytes: &[u8]) -> bool {
    Snapshot::parse(bytes).is_ok_and(|snapshot| {
        assert_eq!(snapshot.encode(), bytes, "a snapshot has one form");
        true
    })
}
