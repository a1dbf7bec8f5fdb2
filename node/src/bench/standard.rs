//! The standard set: flat out, at a quiet rate, and once more under the profiler; and the one JSON object that tells all of it.

use super::{
    Plan,
    figures::{Figures, Latency},
    place::Place,
};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Transactions per second of the quiet run.
pub const QUIET_RATE: u32 = 100;
/// How long the profiled run is.
const PROFILED: Duration = Duration::from_secs(15);

/// What the set came to.
#[derive(Clone, Debug, Serialize)]
pub struct Standard {
    /// Finalised transactions per second, flat out.
    pub throughput_tx_s: f64,
    /// How long a transaction took at the quiet rate.
    pub latency_ms: Latency,
    /// Processor time by cause, in microseconds for each transaction and validator.
    pub cpu_us_per_tx_by_cause: BTreeMap<String, f64>,
    /// As fast as transactions became final.
    pub flat_out: Figures,
    /// At [`QUIET_RATE`].
    pub quiet: Figures,
    /// Flat out with the profiler: slower, for its samples.
    pub profiled: Option<Figures>,
}

/// Runs the set.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn run(place: &Place, plan: &Plan) -> Result<Standard, String> {
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
    Ok(Standard {
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
            "== flat out\n{}\n\n== at {QUIET_RATE} transactions per second\n{}\n\n== flat out under the profiler\n{profiled}",
            self.flat_out.table(),
            self.quiet.table()
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
        ];
        let is_reached = checks.iter().all(Result::is_ok);
        let lines = checks.map(|check| check.unwrap_or_else(|missed| missed));
        let text = lines.join("\n");
        if is_reached { Ok(text) } else { Err(text) }
    }
}
