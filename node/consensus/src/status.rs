//! Where consensus stands: a few numbers for `/readyz` and `/metrics`, read without waiting for anybody.

use arc_malachitebft_app_channel::app::metrics::Metrics;
use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Live numbers of one engine.
#[derive(Debug)]
pub struct Status {
    height: AtomicU64,
    round: AtomicU32,
    decided: watch::Sender<u64>,
    decided_at: AtomicU64,
    nil_votes: AtomicU64,
    equivocations: AtomicU64,
    engine: EngineMetrics,
}

/// The engine's own metrics, which have no `Debug`.
struct EngineMetrics(Metrics);

impl std::fmt::Debug for EngineMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EngineMetrics")
    }
}

/// The numbers of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Height that consensus works on.
    pub height: u64,
    /// Round within it.
    pub round: u32,
    /// Newest height decided and committed since the start; the tip at the start before that.
    pub decided: u64,
    /// Milliseconds since 1970 when it was; at the start, when the engine started. Readiness looks at its age.
    pub decided_at: u64,
    /// Peers connected.
    pub peers: u64,
    /// Votes for "no block this round" that this node has cast.
    pub nil_votes: u64,
    /// Proofs of double votes and double proposals seen.
    pub equivocations: u64,
    /// The engine has stopped voting because its write-ahead log failed: it waits for an operator, and must not be restarted blindly.
    pub safety_failure: bool,
}

impl Status {
    pub(crate) fn new(tip: u64, engine: Metrics) -> Self {
        Self {
            height: AtomicU64::new(tip),
            round: AtomicU32::new(0),
            decided: watch::Sender::new(tip),
            decided_at: AtomicU64::new(now()),
            nil_votes: AtomicU64::new(0),
            equivocations: AtomicU64::new(0),
            engine: EngineMetrics(engine),
        }
    }

    /// The numbers now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            height: self.height.load(Ordering::Relaxed),
            round: self.round.load(Ordering::Relaxed),
            decided: *self.decided.borrow(),
            decided_at: self.decided_at.load(Ordering::Relaxed),
            peers: u64::try_from(self.engine.0.connected_peers.get()).unwrap_or(0),
            nil_votes: self.nil_votes.load(Ordering::Relaxed),
            equivocations: self.equivocations.load(Ordering::Relaxed),
            safety_failure: self.engine.0.node_safety_failure.get() != 0,
        }
    }

    /// Follows the newest height decided and committed.
    pub fn decided(&self) -> watch::Receiver<u64> {
        self.decided.subscribe()
    }

    pub(crate) fn started_round(&self, height: u64, round: u32) {
        self.height.store(height, Ordering::Relaxed);
        self.round.store(round, Ordering::Relaxed);
    }

    pub(crate) fn committed(&self, height: u64) {
        self.decided_at.store(now(), Ordering::Relaxed);
        self.decided.send_replace(height);
    }

    pub(crate) fn voted_nil(&self) {
        self.nil_votes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn saw_equivocations(&self, count: u64) {
        self.equivocations.fetch_add(count, Ordering::Relaxed);
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|age| u64::try_from(age.as_millis()).ok())
        .unwrap_or(0)
}
