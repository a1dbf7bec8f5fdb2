//! `musubi bench`: how fast a running consortium is, and what a transaction costs it.

use crate::bench::{self, Plan, people::Scale, place::Place};
use clap::Args;
use serde::Serialize;
use std::{path::PathBuf, time::Duration};

/// Which consortium, and how hard.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// Folder of a consortium whose nodes run on this machine, as musubi spec demo laid it out.
    #[arg(long, default_value = ".demo")]
    folder: PathBuf,
    /// How long the mix is driven, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Transactions per second; without it as fast as they become final.
    #[arg(long)]
    rate: Option<u32>,
    /// The most transactions on their way at once, when no rate is given.
    #[arg(long, default_value_t = 1_500)]
    in_flight: usize,
    /// Run the standard set: flat out, at a hundred transactions per second, and flat out under the profiler.
    #[arg(long, conflicts_with_all = ["rate", "profile"])]
    standard: bool,
    /// Sample the nodes by perf, for processor time by cause.
    #[arg(long)]
    profile: bool,
    /// Families that are enrolled first.
    #[arg(long, default_value_t = 320)]
    families: usize,
    /// Write the figures to this file, in JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fail unless the figures of the architecture are reached.
    #[arg(long)]
    check: bool,
}

/// Runs `musubi bench`.
///
/// # Errors
/// What went wrong, or with `--check` which figures were missed.
pub fn run(arguments: &BenchArguments) -> Result<String, String> {
    let place = Place::find(&arguments.folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    let plan = arguments.plan();
    if arguments.standard {
        let standard = runtime.block_on(bench::standard::run(&place, &plan))?;
        return arguments.tell(&standard, standard.table(), || standard.check());
    }
    let figures = runtime.block_on(bench::run(&place, &plan))?;
    arguments.tell(&figures, figures.table(), || figures.check(arguments.rate))
}

impl BenchArguments {
    /// Writes the figures, and holds them against the architecture's where that is wanted.
    fn tell(
        &self,
        figures: &impl Serialize,
        table: String,
        check: impl FnOnce() -> Result<String, String>,
    ) -> Result<String, String> {
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(figures).map_err(|error| error.to_string())?;
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        if !self.check {
            return Ok(table);
        }
        let joined = |verdict: String| format!("{table}\n{verdict}");
        check().map(joined).map_err(joined)
    }

    fn plan(&self) -> Plan {
        Plan {
            duration: Duration::from_secs(self.seconds),
            rate: self.rate,
            in_flight_max: self.in_flight,
            profile: self.profile,
            scale: Scale {
                families: self.families,
                // Each account may have 64 transactions waiting, a gateway 4,096.
                doctors: self.in_flight.div_ceil(64).saturating_mul(2).clamp(4, 96),
                officers: self.in_flight.div_ceil(64).saturating_mul(2).clamp(4, 96),
                gateways: 4,
            },
        }
    }
}
