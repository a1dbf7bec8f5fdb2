//! What a node shows its operators beside the API's own metrics: consensus, vault, revocation answers, backups, and what the process uses.
//!
//! Everything is read when somebody asks for `/metrics`. Nothing here has a label about a person.

pub mod calls;
mod process;

use crate::{backup::checkpoint::FOLDER, config::NodeConfig, desk::Office};
use musubi_node_api::Metrics;
use musubi_node_consensus::Status;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge, info::Info},
};
use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The parts of a node that its operators watch.
pub struct Observed {
    consensus: Arc<Status>,
    office: Arc<Office>,
    validates: bool,
    data: PathBuf,
    checkpoint_made_at: Arc<AtomicU64>,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}

impl Observed {
    /// Watches these parts.
    pub fn new(
        consensus: Arc<Status>,
        office: Arc<Office>,
        config: &NodeConfig,
        validates: bool,
        checkpoint_made_at: Arc<AtomicU64>,
    ) -> Self {
        Self {
            consensus,
            office,
            validates,
            data: config.data.clone(),
            checkpoint_made_at,
        }
    }

    /// Adds what is watched to the node's metrics.
    pub fn register(self, metrics: &Metrics) {
        metrics.register(|registry| {
            let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
            registry.register("build", "The program that runs", version);
            registry.register_collector(Box::new(self));
        });
    }

    fn consensus(&self, out: &mut Figures<'_>) -> fmt::Result {
        let now = self.consensus.snapshot();
        out.gauge(
            "consensus_height",
            "Height that consensus works on",
            now.height,
        )?;
        out.gauge(
            "consensus_round",
            "Round within that height",
            now.round.into(),
        )?;
        out.gauge("consensus_peers", "Peers of the consensus swarm", now.peers)?;
        out.counter(
            "consensus_nil_votes",
            "Votes for no block that this node cast",
            now.nil_votes,
        )?;
        out.counter(
            "consensus_equivocations",
            "Proofs of double votes and double proposals seen",
            now.equivocations,
        )?;
        out.gauge(
            "consensus_safety_failure",
            "1 when consensus stopped because its write-ahead log failed",
            now.safety_failure.into(),
        )?;
        out.gauge(
            "validates",
            "1 when this node is a validator",
            self.validates.into(),
        )
    }

    fn desks(&self, out: &mut Figures<'_>) -> fmt::Result {
        let backlog = self.office.backlog();
        out.gauge(
            "vault_unacknowledged_records",
            "Records kept here that the chain was not told of yet",
            backlog.unacknowledged,
        )?;
        out.gauge(
            "vault_kept_bytes",
            "Bytes of sealed records kept here",
            backlog.bytes_kept,
        )?;
        out.gauge(
            "vault_damaged_records",
            "Records kept here that are damaged or missing and not made good yet",
            backlog.repairs.damaged,
        )?;
        out.counter(
            "vault_damage_found",
            "Records found damaged or missing",
            backlog.repairs.found,
        )?;
        out.counter(
            "vault_repairs",
            "Damaged records made good from another holder",
            backlog.repairs.mended,
        )?;
        out.counter(
            "vault_false_answers",
            "Answers of other holders that were not what the chain holds",
            backlog.repairs.false_answers,
        )?;
        out.counter(
            "vault_quota_refusals",
            "Records not taken because their author's share of this vault is full",
            backlog.quota_refusals,
        )?;
        out.counter(
            "revocation_answers",
            "Revocation answers that were believed",
            backlog.revocation.answered,
        )?;
        out.counter(
            "revocation_attempts_in_vain",
            "Attempts to get a revocation answer that brought none",
            backlog.revocation.in_vain,
        )
    }

    fn machine(&self, out: &mut Figures<'_>) -> fmt::Result {
        let made_at = self.checkpoint_made_at.load(Ordering::Relaxed) / 1_000;
        out.gauge(
            "checkpoint_timestamp_seconds",
            "When the last checkpoint for a backup was made, in seconds since 1970; 0 for never since the start",
            made_at,
        )?;
        let left = u64::from(self.data.join(FOLDER).exists());
        out.gauge(
            "checkpoint_left",
            "1 while a checkpoint lies on the node's disk",
            left,
        )?;
        out.gauge(
            "disk_free_bytes",
            "Free bytes on the disk of the data folder",
            process::disk_free(&self.data),
        )?;
        out.gauge(
            "process_resident_bytes",
            "Memory of the process",
            process::resident_bytes(),
        )?;
        out.gauge(
            "process_open_files",
            "Open files of the process",
            process::open_files(),
        )?;
        out.counter(
            "process_cpu_milliseconds",
            "Processor time of the process",
            process::cpu_milliseconds(),
        )
    }
}

impl Collector for Observed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut figures = Figures(encoder);
        self.consensus(&mut figures)?;
        self.desks(&mut figures)?;
        self.machine(&mut figures)
    }
}

/// One figure after the other.
struct Figures<'a>(DescriptorEncoder<'a>);

impl Figures<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.figure(name, help, &ConstGauge::new(value))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.figure(name, help, &ConstCounter::new(value))
    }

    fn figure(&mut self, name: &str, help: &str, value: &impl EncodeMetric) -> fmt::Result {
        let metric = self
            .0
            .encode_descriptor(name, help, None, value.metric_type())?;
        value.encode(metric)
    }
}
