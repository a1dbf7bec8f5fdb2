//! Prometheus metrics: what an operator watches. Labels are method names from a fixed table and outcomes, never anything about a person.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: &'static str,
    outcome: &'static str,
}

/// The metrics of a node; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: SharedRegistry,
    calls: Family<CallLabels, Counter>,
    batched: Counter,
    seconds: Histogram,
    height: Gauge,
    head_age_seconds: Gauge,
    peers: Gauge,
    waiting: Gauge,
}

#[derive(Clone)]
struct SharedRegistry(Arc<Mutex<Registry>>);

impl fmt::Debug for SharedRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registry")
    }
}

/// The facts that are read when somebody asks for the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauges {
    pub(crate) height: u64,
    pub(crate) head_age: Duration,
    pub(crate) peers: usize,
    pub(crate) waiting: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("musubi");
        let calls = Family::default();
        let batched = Counter::default();
        let seconds = Histogram::new(exponential_buckets(0.0005, 2.0, 14));
        let (height, head_age_seconds, peers, waiting) = (
            Gauge::default(),
            Gauge::default(),
            Gauge::default(),
            Gauge::default(),
        );
        registry.register(
            "rpc_calls",
            "JSON-RPC calls by method and outcome",
            calls.clone(),
        );
        registry.register(
            "rpc_batched_calls",
            "JSON-RPC calls that came in batches",
            batched.clone(),
        );
        registry.register(
            "rpc_call_seconds",
            "Time that a JSON-RPC call took, in seconds",
            seconds.clone(),
        );
        registry.register(
            "height",
            "Height of the newest finalised block",
            height.clone(),
        );
        registry.register(
            "head_age_seconds",
            "Age of the newest finalised block, in seconds",
            head_age_seconds.clone(),
        );
        registry.register("peers", "Connected member nodes", peers.clone());
        registry.register(
            "pool_transactions",
            "Transactions that wait for a block",
            waiting.clone(),
        );
        let registry = SharedRegistry(Arc::new(Mutex::new(registry)));
        Self {
            registry,
            calls,
            batched,
            seconds,
            height,
            head_age_seconds,
            peers,
            waiting,
        }
    }
}

impl Metrics {
    /// Lets another part of the node add its metrics.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self
            .registry
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn called(&self, method: &'static str, success: bool, took: Duration) {
        let outcome = if success { "success" } else { "error" };
        self.calls
            .get_or_create(&CallLabels { method, outcome })
            .inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn refused(&self, method: &'static str) {
        self.calls
            .get_or_create(&CallLabels {
                method,
                outcome: "refused",
            })
            .inc();
    }

    pub(crate) fn batched(&self) {
        self.batched.inc();
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, gauges: Gauges) -> Result<String, fmt::Error> {
        self.height
            .set(i64::try_from(gauges.height).unwrap_or(i64::MAX));
        self.head_age_seconds
            .set(i64::try_from(gauges.head_age.as_secs()).unwrap_or(i64::MAX));
        self.peers
            .set(i64::try_from(gauges.peers).unwrap_or(i64::MAX));
        self.waiting
            .set(i64::try_from(gauges.waiting).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(
            &mut text,
            &self
                .registry
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )?;
        Ok(text)
    }
}
