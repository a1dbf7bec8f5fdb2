//! The database's tables. A change here raises [`VERSION`], and every index is filled anew.

/// Version of these tables.
pub(crate) const VERSION: i64 = 2;

/// All tables, from nothing.
pub(crate) const CREATE: &str = "
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 0),
    version INTEGER NOT NULL,
    genesis BLOB NOT NULL,
    first INTEGER NOT NULL,
    height INTEGER NOT NULL
) STRICT;
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    time INTEGER NOT NULL,
    round INTEGER NOT NULL,
    signers INTEGER NOT NULL,
    extrinsics INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT;
CREATE INDEX blocks_by_time ON blocks (time);
CREATE TABLE extrinsics (hash BLOB PRIMARY KEY, height INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- id: height of the block, then 20 bits of place in it. grant_state: 0 as it should be, 1 a read without a grant, 2 before the first height.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject BLOB,
    number INTEGER,
    member INTEGER,
    purpose TEXT,
    grant_state INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX events_by_outcome ON events (outcome, id);
CREATE INDEX events_by_purpose ON events (purpose, id) WHERE purpose IS NOT NULL;
CREATE INDEX events_without_grant ON events (id) WHERE grant_state = 1;
CREATE TABLE mentions (name BLOB NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (name, event)) STRICT, WITHOUT ROWID;
CREATE TABLE consents (
    consent BLOB PRIMARY KEY,
    subject BLOB NOT NULL,
    recipient INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    categories BLOB NOT NULL,
    state TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_by_change ON consents (changed_at);
CREATE TABLE permits (request BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE break_glass (
    request BLOB PRIMARY KEY,
    subject BLOB NOT NULL,
    member INTEGER NOT NULL,
    reason TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    reviewed_at INTEGER,
    justified INTEGER,
    overdue INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE erasures (
    record BLOB NOT NULL,
    holder INTEGER NOT NULL,
    receipt BLOB NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (record, holder)
) STRICT, WITHOUT ROWID;
CREATE TABLE proposals (
    proposal INTEGER PRIMARY KEY,
    member INTEGER NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE votes (
    proposal INTEGER NOT NULL,
    member INTEGER NOT NULL,
    approve INTEGER NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (proposal, member)
) STRICT, WITHOUT ROWID;
";

/// Everything away, whatever an earlier version made; children before parents is no matter without foreign keys.
pub(crate) const DROP: &str = "
DROP TABLE IF EXISTS progress;
DROP TABLE IF EXISTS blocks;
DROP TABLE IF EXISTS extrinsics;
DROP TABLE IF EXISTS events;
DROP TABLE IF EXISTS mentions;
DROP TABLE IF EXISTS consents;
DROP TABLE IF EXISTS permits;
DROP TABLE IF EXISTS break_glass;
DROP TABLE IF EXISTS erasures;
DROP TABLE IF EXISTS proposals;
DROP TABLE IF EXISTS votes;
";
