//! The standard set: idle, flat out, at a quiet rate, once more under the profiler, and with validators that die; and the one JSON object that
//! tells all of it.

use super::{
    Plan,
    figures::{Figures, Latency, Target},
    outages::Outages,
    place::Place,
    usage::{Spent, Usage},
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Transactions per second of the quiet run.
pub const QUIET_RATE: u32 = 100;
/// How long the profiled run is.
const PROFILED: Duration = Duration::from_secs(15);
/// How long the nodes are watched before they have anything to do.
const IDLE: Duration = Duration::from_secs(30);
const IDLE_MEMORY_MAX: f64 = 150.0;
const IDLE_PERCENT_MAX: f64 = 3.0;
const ONE_DEAD_MAX: f64 = 1_000.0;
const QUORUM_BACK_MAX: f64 = 5_000.0;
const COLD_START_MAX: f64 = 2_000.0;

/// What the set came to.
#[derive(Clone, Debug, Serialize)]
pub struct Standard {
    /// Finalised transactions per second, flat out.
    pub throughput_tx_s: f64,
    /// How long a transaction took at the quiet rate.
    pub latency_ms: Latency,
    /// Processor time by cause, in microseconds for each transaction and validator.
    pub cpu_us_per_tx_by_cause: BTreeMap<String, f64>,
    /// Nodes that have nothing to do.
    pub idle: Idle,
    /// When validators die.
    pub outages: Outages,
    /// As fast as transactions became final.
    pub flat_out: Figures,
    /// At [`QUIET_RATE`].
    pub quiet: Figures,
    /// Flat out with the profiler: slower, for its samples.
    pub profiled: Option<Figures>,
}

/// What nodes cost that have nothing to do; each figure is the dearest node's.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Idle {
    /// Memory in use, in MiB.
    pub memory_mib: f64,
    /// Share of one core, in percent.
    pub core_percent: f64,
}

impl Idle {
    async fn measure(place: &Place) -> Self {
        let before = Usage::of(&place.nodes);
        tokio::time::sleep(IDLE).await;
        let spent = Usage::of(&place.nodes).since(&before);
        let dearest =
            |figure: fn(&Spent) -> u64| spent.iter().map(figure).max().unwrap_or_default();
        Self {
            memory_mib: dearest(|spent| spent.memory_bytes) as f64 / f64::from(1 << 20),
            core_percent: dearest(|spent| spent.cpu_us) as f64 / IDLE.as_micros() as f64 * 100.0,
        }
    }
}

/// Runs the set. It ends two of the consortium's nodes.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn run(place: &Place, plan: &Plan) -> Result<Standard, String> {
    super::wait_for_nodes(place, plan).await?;
    let idle = Idle::measure(place).await;
    let flat_out = super::run(place, plan).await?;
    let quiet = Plan {
        rate: Some(QUIET_RATE),
        ..*plan
    };
    let quiet = super::run(place, &quiet).await?;
    let profiled = Plan {
        duration: PROFILED.min(plan.duration),
        profile: true,
        ..*plan
    };
    // Without perf on this machine there is no split by cause, and all else stands.
    let profiled = super::run(place, &profiled)
        .await
        .map_err(|error| tracing::warn!(error, "no profile"))
        .ok();
    let outages = Outages::measure(place, plan).await?;
    Ok(Standard {
        idle,
        outages,
        throughput_tx_s: flat_out.throughput_tx_s,
        latency_ms: quiet.latency_ms,
        cpu_us_per_tx_by_cause: profiled
            .as_ref()
            .map(|figures| figures.cpu_us_per_tx_by_cause.clone())
            .unwrap_or_default(),
        flat_out,
        quiet,
        profiled,
    })
}

impl Standard {
    /// For people.
    pub fn table(&self) -> String {
        let profiled = self.profiled.as_ref();
        let profiled = profiled.map_or_else(
            || "no profile: perf (Debian: linux-perf) is not there or may not sample".to_owned(),
            Figures::table,
        );
        format!(
            "== idle\n\
             dearest node   {:>10.0} MiB, {:.1} % of a core\n\n\
             == flat out\n{}\n\n== at {QUIET_RATE} transactions per second\n{}\n\n== flat out under the profiler\n{profiled}\n\n\
             == validators die\n{}",
            self.idle.memory_mib,
            self.idle.core_percent,
            self.flat_out.table(),
            self.quiet.table(),
            self.outages.table(),
        )
    }

    /// Compares with the figures of the architecture.
    ///
    /// # Errors
    /// The lines that name what was missed.
    pub fn check(&self) -> Result<String, String> {
        let checks = [
            self.flat_out.check(None),
            self.quiet.check(Some(QUIET_RATE)),
            Target::verdict(&[
                Target::most("idle memory, MiB", self.idle.memory_mib, IDLE_MEMORY_MAX),
                Target::most(
                    "idle, % of a core",
                    self.idle.core_percent,
                    IDLE_PERCENT_MAX,
                ),
                Target::most(
                    "one dead, longest gap, ms",
                    self.outages.one_dead_longest_gap_ms,
                    ONE_DEAD_MAX,
                ),
                Target::most(
                    "quorum back, ms",
                    self.outages.quorum_back_ms,
                    QUORUM_BACK_MAX,
                ),
                Target::most("cold start, ms", self.outages.cold_start_ms, COLD_START_MAX),
            ]),
        ];
        let is_reached = checks.iter().all(Result::is_ok);
        let lines = checks.map(|check| check.unwrap_or_else(|missed| missed));
        let text = lines.join("\n");
        if is_reached { Ok(text) } else { Err(text) }
    }
}
