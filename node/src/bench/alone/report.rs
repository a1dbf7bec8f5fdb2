//! The figures of one validator alone: a line for each size of state, JSON for programs, and the comparison with the architecture's.

use super::{joining::Joiner, path::Walked};
use crate::bench::figures::Target;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// The size of state at which a join is held against its bound, in records.
const JOIN_RECORDS: u64 = 1_000_000;
const JOIN_MAX: f64 = 60.0;
const THROUGHPUT_MIN: f64 = 10_000.0;
const GROWTH_MAX: f64 = 2.0;

/// What one size of state came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Mark {
    /// Records that were committed to get there.
    pub records: u64,
    /// Keys of state.
    pub state_keys: u64,
    /// How long the filling from the size before took, in seconds.
    pub fill_s: f64,
    /// How long a node without data took to join, in seconds.
    pub join_s: f64,
    /// Transactions that were walked through.
    pub transactions: u64,
    /// Blocks that held them.
    pub blocks: u64,
    /// Transactions per second.
    pub throughput_tx_s: f64,
    /// Processor time for each, in microseconds.
    pub cpu_us_per_tx: f64,
    /// The same by name of thread.
    pub cpu_us_per_tx_by_thread: BTreeMap<String, f64>,
}

impl Mark {
    /// Sums up what was measured.
    pub fn new(records: u64, filled: Duration, joiner: &Joiner, walked: Walked) -> Self {
        let each = |time: u64| time as f64 / walked.transactions.max(1) as f64;
        let seconds = walked.took.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            records,
            state_keys: joiner.joined.keys,
            fill_s: filled.as_secs_f64(),
            join_s: joiner.took.as_secs_f64(),
            transactions: walked.transactions,
            blocks: walked.blocks,
            throughput_tx_s: walked.transactions as f64 / seconds,
            cpu_us_per_tx: each(walked.cpu_us),
            cpu_us_per_tx_by_thread: walked
                .cpu_us_by_thread
                .iter()
                .map(|(name, time)| (name.clone(), each(*time)))
                .collect(),
        }
    }
}

/// All sizes.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One after the other, the smallest first.
    pub sizes: Vec<Mark>,
    /// Processor time for a transaction at the largest size, by that at the smallest.
    pub growth: f64,
}

impl Report {
    /// Sums up.
    pub fn new(sizes: Vec<Mark>) -> Self {
        let cost = |mark: Option<&Mark>| mark.map_or(0.0, |mark| mark.cpu_us_per_tx);
        let growth = cost(sizes.last()) / cost(sizes.first()).max(f64::MIN_POSITIVE);
        Self { sizes, growth }
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut text =
            "   records       keys    fill s    join s      tx/s   µs/tx   by thread, µs/tx"
                .to_owned();
        for mark in &self.sizes {
            let mut threads: Vec<_> = mark.cpu_us_per_tx_by_thread.iter().collect();
            threads.sort_by(|one, other| other.1.total_cmp(one.1));
            let threads: Vec<_> = threads
                .iter()
                .map(|(name, time)| format!("{name} {time:.0}"))
                .collect();
            let line = format_args!(
                "\n{:>10} {:>10} {:>9.1} {:>9.1} {:>9.0} {:>7.0}   {}",
                mark.records,
                mark.state_keys,
                mark.fill_s,
                mark.join_s,
                mark.throughput_tx_s,
                mark.cpu_us_per_tx,
                threads.join(", "),
            );
            text.write_fmt(line).expect("text takes text");
        }
        format!(
            "{text}\ncost at the largest by cost at the smallest: {:.2}",
            self.growth
        )
    }

    /// Compares with the figures of the architecture. Joining is compared only where the state was made as large as it says.
    ///
    /// # Errors
    /// The lines that name what was missed.
    pub fn check(&self) -> Result<String, String> {
        let fastest = self.sizes.iter().map(|mark| mark.throughput_tx_s);
        let fastest = fastest.fold(0.0, f64::max);
        let mut targets = vec![
            Target::least("one validator alone, tx/s", fastest, THROUGHPUT_MIN),
            Target::most("growth of cost, %", self.growth * 100.0, GROWTH_MAX * 100.0),
        ];
        let large = self
            .sizes
            .iter()
            .filter(|mark| mark.records >= JOIN_RECORDS);
        targets.extend(large.map(|mark| Target::most("join, s", mark.join_s, JOIN_MAX)));
        Target::verdict(&targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(records: u64, cpu_us_per_tx: f64, join_s: f64) -> Mark {
        Mark {
            records,
            cpu_us_per_tx,
            join_s,
            throughput_tx_s: 10_000.0,
            ..Mark::default()
        }
    }

    #[test]
    fn growth_is_of_the_largest_by_the_smallest_and_may_not_double() {
        let report = Report::new(vec![mark(10, 100.0, 1.0), mark(1_000, 199.0, 1.0)]);
        assert!((report.growth - 1.99).abs() < 1e-9);
        assert!(report.check().is_ok(), "{:?}", report.check());
        let report = Report::new(vec![mark(10, 100.0, 1.0), mark(1_000, 201.0, 1.0)]);
        assert!(report.check().unwrap_err().contains("MISSED growth"));
    }

    #[test]
    fn a_join_is_held_against_its_bound_where_the_state_is_large_enough() {
        assert!(Report::new(vec![mark(999_999, 1.0, 61.0)]).check().is_ok());
        let late = Report::new(vec![mark(1_000_000, 1.0, 61.0)]).check();
        assert!(late.unwrap_err().contains("MISSED join"));
    }
}
