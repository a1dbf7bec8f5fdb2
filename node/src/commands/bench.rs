//! `musubi bench`: how fast a running consortium is, and what a transaction costs it.

use crate::bench::{self, Plan, alone, people::Scale, place::Place};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{path::PathBuf, time::Duration};

/// Stack of the async runtime's threads, in bytes: answers to a node that joins execute the runtime on them.
const THREAD_STACK_BYTES: usize = 64 << 20;

/// Which consortium, and how hard.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BenchArguments {
    #[command(subcommand)]
    other: Option<OtherBench>,
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
    #[command(flatten)]
    telling: Telling,
}

/// Measurements that need no running consortium.
#[derive(Debug, Subcommand)]
pub enum OtherBench {
    /// One validator's path at one size of state after the other, and what joining costs there; in this process, on this disk.
    Alone(AloneArguments),
}

/// How large the state becomes, and how much is measured.
#[derive(Debug, Args)]
pub struct AloneArguments {
    /// An empty or new folder on the disk that is measured; a million records take about five gigabytes.
    #[arg(long, default_value = ".bench-alone")]
    folder: PathBuf,
    /// Sizes of state, in records, the smallest first.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    records: Vec<u64>,
    /// Transactions of the mix that are measured at each size.
    #[arg(long, default_value_t = 20_000)]
    transactions: u64,
    /// Families that are enrolled first.
    #[arg(long, default_value_t = 320)]
    families: usize,
    #[command(flatten)]
    telling: Telling,
}

/// What becomes of the figures.
#[derive(Debug, Args)]
struct Telling {
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(THREAD_STACK_BYTES)
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    if let Some(OtherBench::Alone(alone)) = &arguments.other {
        let report = runtime.block_on(alone::run(&alone.plan()?))?;
        return alone
            .telling
            .tell(&report, report.table(), || report.check());
    }
    let place = Place::find(&arguments.folder)?;
    let telling = &arguments.telling;
    let plan = arguments.plan();
    if arguments.standard {
        let standard = runtime.block_on(bench::standard::run(&place, &plan))?;
        return telling.tell(&standard, standard.table(), || standard.check());
    }
    let figures = runtime.block_on(bench::run(&place, &plan))?;
    telling.tell(&figures, figures.table(), || figures.check(arguments.rate))
}

impl Telling {
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
}

impl AloneArguments {
    fn plan(&self) -> Result<alone::Plan, String> {
        if !self.records.is_sorted() {
            return Err("--records: name the sizes from the smallest to the largest".to_owned());
        }
        Ok(alone::Plan {
            folder: self.folder.clone(),
            records: self.records.clone(),
            transactions: self.transactions,
            // Enough of them that a batch stays within each one's quota.
            scale: Scale {
                families: self.families,
                doctors: 16,
                officers: 16,
                gateways: 4,
            },
        })
    }
}

impl BenchArguments {
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
