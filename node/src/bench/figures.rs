//! The figures of a run: a table for people, JSON for programs, and the comparison with what the architecture asks for.

use super::{finality::Finality, mix::Mix, mix::Shares, usage::Spent};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// Latencies in milliseconds, from hand-over to being seen final on another node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half are faster.
    pub p50: f64,
    /// Nineteen of twenty are faster.
    pub p95: f64,
    /// Ninety-nine of a hundred are faster.
    pub p99: f64,
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Finalised transactions per second.
    pub throughput_tx_s: f64,
    /// How long they took.
    pub latency_ms: Latency,
    /// How many became final.
    pub finalised: u64,
    /// How many the pool refused.
    pub refused: u64,
    /// How many broke a rule of the runtime: none should.
    pub failed: u64,
    /// What was said about both, some of it.
    pub complaints: Vec<String>,
    /// What was made, by kind.
    pub mix: Shares,
    /// Blocks that were seen.
    pub blocks: u64,
    /// The longest time between two of them, in milliseconds.
    pub longest_gap_ms: f64,
    /// How long the mix was driven, in seconds.
    pub seconds: f64,
    /// Processor time of each validator for each transaction, in microseconds.
    pub cpu_us_per_tx: f64,
    /// The same by cause, where the nodes were sampled.
    pub cpu_us_per_tx_by_cause: BTreeMap<String, f64>,
    /// Keys of state at the end.
    pub state_keys: u64,
    /// Bytes on one validator's disk for each transaction.
    pub disk_bytes_per_tx: f64,
    /// What each validator spent.
    pub validators: Vec<Spent>,
}

/// A figure that a run is held against.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    name: &'static str,
    reached: f64,
    bound: f64,
    at_least: bool,
}

/// At most this rate, the latency figures of the architecture hold (transactions per second).
const QUIET_RATE: f64 = 150.0;
const THROUGHPUT_MIN: f64 = 3_000.0;
const P50_MAX: f64 = 150.0;
const P99_MAX: f64 = 500.0;

impl Figures {
    /// Sums a run up.
    pub fn new(finality: &Finality, mix: &Mix, driven: Duration, validators: Vec<Spent>) -> Self {
        let finalised = finality.latencies.len() as u64;
        let seconds = driven.as_secs_f64();
        let each = |total: u64| per(total, finalised) / validators.len().max(1) as f64;
        Self {
            throughput_tx_s: finalised as f64 / seconds.max(f64::MIN_POSITIVE),
            latency_ms: Latency::of(&finality.latencies),
            finalised,
            refused: finality.refused_count,
            failed: finality.failed_count,
            complaints: finality.complaints.clone(),
            mix: mix.shares,
            blocks: finality.blocks,
            longest_gap_ms: finality.longest_gap.as_secs_f64() * 1_000.0,
            seconds,
            cpu_us_per_tx: each(validators.iter().map(|spent| spent.cpu_us).sum()),
            cpu_us_per_tx_by_cause: BTreeMap::new(),
            state_keys: 0,
            disk_bytes_per_tx: each(validators.iter().map(|spent| spent.disk_bytes).sum()),
            validators,
        }
    }

    /// Splits the processor time as the samples are split.
    pub fn with_causes(mut self, samples: &BTreeMap<String, u64>) -> Self {
        let all: u64 = samples.values().sum();
        let share = |count: &u64| self.cpu_us_per_tx * per(*count, all);
        let causes = samples
            .iter()
            .map(|(cause, count)| (cause.clone(), share(count)));
        self.cpu_us_per_tx_by_cause = causes.collect();
        self
    }

    /// Notes how large the state has become.
    pub fn with_keys(self, state_keys: u64) -> Self {
        Self { state_keys, ..self }
    }

    /// For people.
    pub fn table(&self) -> String {
        let Latency { p50, p95, p99 } = self.latency_ms;
        let mut text = format!(
            "throughput     {:>10.0} tx/s   ({} transactions, {:.0} s, {} blocks)\n\
             latency        {p50:>10.0} ms p50, {p95:.0} ms p95, {p99:.0} ms p99, on another node\n\
             processor      {:>10.0} µs per transaction and validator\n\
             disk           {:>10.0} bytes per transaction and validator\n\
             state          {:>10} keys\n\
             refused        {:>10}        failed {}",
            self.throughput_tx_s,
            self.finalised,
            self.seconds,
            self.blocks,
            self.cpu_us_per_tx,
            self.disk_bytes_per_tx,
            self.state_keys,
            self.refused,
            self.failed,
        );
        if !self.cpu_us_per_tx_by_cause.is_empty() {
            append(&mut text, format_args!("\nprocessor by cause, µs/tx:"));
        }
        let mut causes: Vec<(&String, &f64)> = self.cpu_us_per_tx_by_cause.iter().collect();
        causes.sort_by(|one, other| other.1.total_cmp(one.1));
        for (cause, time) in causes {
            append(&mut text, format_args!(" {cause} {time:.0}"));
        }
        for spent in &self.validators {
            self.describe(&mut text, spent);
        }
        for complaint in &self.complaints {
            append(&mut text, format_args!("\nrefusal: {complaint}"));
        }
        text
    }

    fn describe(&self, text: &mut String, spent: &Spent) {
        let memory = spent.memory_bytes >> 20;
        append(
            text,
            format_args!(
                "\n{:<14} {:>10.0} µs/tx, {memory} MiB:",
                spent.name,
                per(spent.cpu_us, self.finalised)
            ),
        );
        let mut threads: Vec<(&String, &u64)> = spent.cpu_us_by_thread.iter().collect();
        threads.sort_by(|one, other| other.1.cmp(one.1));
        for (name, time) in threads {
            append(
                text,
                format_args!(" {name} {:.0}", per(*time, self.finalised)),
            );
        }
    }

    /// Compares with the figures of the architecture.
    ///
    /// # Errors
    /// The lines that name what was missed.
    pub fn check(&self, rate: Option<u32>) -> Result<String, String> {
        Target::verdict(&self.targets(rate))
    }

    fn targets(&self, rate: Option<u32>) -> Vec<Target> {
        let mut targets = vec![
            Target::most("failed transactions", self.failed as f64, 0.0),
            Target::most("refused transactions", self.refused as f64, 0.0),
        ];
        match rate {
            None => targets.push(Target::least(
                "throughput, tx/s",
                self.throughput_tx_s,
                THROUGHPUT_MIN,
            )),
            Some(rate) if f64::from(rate) <= QUIET_RATE => targets.extend([
                Target::most("latency p50, ms", self.latency_ms.p50, P50_MAX),
                Target::most("latency p99, ms", self.latency_ms.p99, P99_MAX),
            ]),
            Some(_) => {}
        }
        targets
    }
}

impl Target {
    /// A figure that may be at most `bound`.
    pub fn most(name: &'static str, reached: f64, bound: f64) -> Self {
        Self {
            name,
            reached,
            bound,
            at_least: false,
        }
    }

    /// A figure that must be at least `bound`.
    pub fn least(name: &'static str, reached: f64, bound: f64) -> Self {
        Self {
            at_least: true,
            ..Self::most(name, reached, bound)
        }
    }

    /// A line for each.
    ///
    /// # Errors
    /// The same lines, when one was missed.
    pub fn verdict(targets: &[Self]) -> Result<String, String> {
        let lines: Vec<String> = targets.iter().map(Self::line).collect();
        let text = lines.join("\n");
        if targets.iter().all(Self::is_reached) {
            Ok(text)
        } else {
            Err(text)
        }
    }

    fn is_reached(&self) -> bool {
        if self.at_least {
            self.reached >= self.bound
        } else {
            self.reached <= self.bound
        }
    }

    fn line(&self) -> String {
        let Self {
            name,
            reached,
            bound,
            at_least,
        } = self;
        let verdict = if self.is_reached() {
            "ok    "
        } else {
            "MISSED"
        };
        let sense = if *at_least { "at least" } else { "at most" };
        format!("{verdict} {name}: {reached:.0}, {sense} {bound:.0}")
    }
}

impl Latency {
    fn of(latencies: &[Duration]) -> Self {
        let mut sorted = latencies.to_vec();
        sorted.sort_unstable();
        let at = |percent| percentile(&sorted, percent);
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}

/// The latency that `percent` of all do not exceed, in milliseconds; zero when there are none.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
}

fn per(total: u64, count: u64) -> f64 {
    total as f64 / count.max(1) as f64
}

fn append(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("text takes text");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(throughput: f64, p50: u64) -> Figures {
        Figures {
            throughput_tx_s: throughput,
            latency_ms: Latency::of(&[Duration::from_millis(p50)]),
            finalised: 1,
            refused: 0,
            failed: 0,
            complaints: Vec::new(),
            mix: Shares::default(),
            blocks: 1,
            longest_gap_ms: 0.0,
            seconds: 1.0,
            cpu_us_per_tx: 0.0,
            cpu_us_per_tx_by_cause: BTreeMap::new(),
            state_keys: 0,
            disk_bytes_per_tx: 0.0,
            validators: Vec::new(),
        }
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let expected = Latency {
            p50: 100.0,
            p95: 190.0,
            p99: 198.0,
        };
        assert_eq!(Latency::of(&sorted), expected);
        assert_eq!(Latency::of(&[]), Latency::default());
    }

    #[test]
    fn flat_out_is_held_against_throughput_and_a_quiet_rate_against_latency() {
        assert!(figures(3_000.0, 9_999).check(None).is_ok());
        assert!(figures(2_999.0, 1).check(None).is_err());
        assert!(figures(100.0, 150).check(Some(100)).is_ok());
        let missed = figures(100.0, 151).check(Some(100)).unwrap_err();
        assert!(missed.contains("MISSED latency p50"), "{missed}");
    }

    #[test]
    fn causes_share_the_processor_time_as_their_samples() {
        let spent = Figures {
            cpu_us_per_tx: 200.0,
            ..figures(1.0, 1)
        };
        let samples = [("trie".to_owned(), 3), ("rpc".to_owned(), 1)].into();
        let split = spent.with_causes(&samples).cpu_us_per_tx_by_cause;
        assert_eq!(
            split,
            [("trie".to_owned(), 150.0), ("rpc".to_owned(), 50.0)].into()
        );
    }

    #[test]
    fn a_failed_transaction_spoils_every_run() {
        let spoilt = Figures {
            failed: 1,
            ..figures(9_000.0, 1)
        };
        assert!(spoilt.check(None).is_err() && spoilt.check(Some(1_000)).is_err());
    }
}
