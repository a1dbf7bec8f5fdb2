//! A table of counts and its public form: small counts hidden, and enough others that no hidden one can be computed.

use crate::figures::network::{Edge, Network};
use serde::Serialize;

/// Counts from one up to, not including, this number are hidden (primary suppression).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u32);

impl Threshold {
    /// The default of ten: what Japan's national open health data hide.
    pub const USUAL: Self = Self(10);

    /// A threshold of at least two: one hides nothing.
    pub fn new(least: u32) -> Option<Self> {
        (2..=1000).contains(&least).then_some(Self(least))
    }

    /// Whether a count is small.
    pub fn hides(self, count: u32) -> bool {
        (1..self.0).contains(&count)
    }
}

/// Counts by row and column. Each person is counted in exactly one cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    rows: Vec<String>,
    columns: Vec<String>,
    counts: Vec<Vec<u32>>,
    adds_down: bool,
}

/// What may be published; none is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// By row and column.
    pub counts: Vec<Vec<Option<u32>>>,
    /// Sum of each row.
    pub row_totals: Vec<Option<u32>>,
    /// Sum of each column; empty where adding rows up has no meaning.
    pub column_totals: Vec<Option<u32>>,
    /// Sum of all; hidden where adding rows up has no meaning.
    pub total: Option<u32>,
}

impl Table {
    /// A table of zeros. `adds_down` says whether rows are parts of one whole, so that columns have totals.
    pub fn new(rows: Vec<String>, columns: Vec<String>, adds_down: bool) -> Self {
        let counts = vec![vec![0; columns.len()]; rows.len()];
        Self {
            rows,
            columns,
            counts,
            adds_down,
        }
    }

    /// Counts one more, unless there is no such cell.
    pub fn count(&mut self, row: usize, column: usize) {
        self.add(row, column, 1);
    }

    /// Counts `more`, unless there is no such cell.
    pub fn add(&mut self, row: usize, column: usize, more: u32) {
        let cell = self.counts.get_mut(row).and_then(|row| row.get_mut(column));
        if let Some(cell) = cell {
            *cell = cell.saturating_add(more);
        }
    }

    /// The counts by row and column, nothing hidden: for those who may know them.
    pub fn counts(&self) -> &[Vec<u32>] {
        &self.counts
    }

    /// The names of rows and columns.
    pub fn names(&self) -> (&[String], &[String]) {
        (&self.rows, &self.columns)
    }

    /// What may be published: every count from one to below the threshold is hidden, totals included, and then as many others as it
    /// takes until each hidden one could be another number as well, even for a reader who knows that no hidden one is zero.
    pub fn publish(&self, threshold: Threshold) -> Published {
        let mut network = self.network(threshold);
        network.protect();
        self.shown(&network)
    }

    /// Rows and columns as the two sides of a network in which every total is a flow: source → row → column → sink → source.
    fn network(&self, threshold: Threshold) -> Network {
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let (source, sink) = (rows + columns, rows + columns + 1);
        let mut network = Network::new(rows + columns + 2);
        let mut add = |from, to, flow, offered: bool, cost| {
            let edge = Edge::new(from, to, flow, cost);
            network.add(edge.secret(threshold.hides(flow)).offered(offered));
        };
        for (row, counts) in self.counts.iter().enumerate() {
            for (column, count) in counts.iter().enumerate() {
                add(row, rows + column, *count, true, cell_cost(*count));
            }
        }
        for (row, total) in self.row_sums().into_iter().enumerate() {
            add(source, row, total, true, TOTAL_COST);
        }
        for (column, total) in self.column_sums().into_iter().enumerate() {
            add(rows + column, sink, total, self.adds_down, TOTAL_COST);
        }
        let all = self.row_sums().into_iter().fold(0, u32::saturating_add);
        add(sink, source, all, self.adds_down, 4 * TOTAL_COST);
        network
    }

    fn shown(&self, network: &Network) -> Published {
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let mut values = network.edges().map(Edge::shown);
        let mut take = |many: usize| values.by_ref().take(many).collect::<Vec<Option<u32>>>();
        let counts = (0..rows).map(|_| take(columns)).collect();
        let row_totals = take(rows);
        let column_totals = take(columns);
        let total = take(1).into_iter().next().flatten();
        Published {
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            counts,
            row_totals,
            column_totals: if self.adds_down {
                column_totals
            } else {
                Vec::new()
            },
            total,
        }
    }

    fn row_sums(&self) -> Vec<u32> {
        let sum = |counts: &Vec<u32>| counts.iter().copied().fold(0, u32::saturating_add);
        self.counts.iter().map(sum).collect()
    }

    fn column_sums(&self) -> Vec<u32> {
        let of = |column: usize| {
            let counts = self.counts.iter().filter_map(|row| row.get(column));
            counts.copied().fold(0, u32::saturating_add)
        };
        (0..self.columns.len()).map(of).collect()
    }
}

/// A total tells more than a cell: it is hidden last.
const TOTAL_COST: u64 = 1 << 40;

/// The smaller the count the less is lost; a zero is hidden only if no other cell serves.
fn cell_cost(count: u32) -> u64 {
    if count == 0 {
        1 << 36
    } else {
        u64::from(count) + 16
    }
}

impl Published {
    /// The table as aligned text; what is hidden shows as `*`.
    pub fn text(&self) -> String {
        let mut lines = vec![self.line("", &self.columns, "計")];
        for ((name, counts), total) in self.rows.iter().zip(&self.counts).zip(&self.row_totals) {
            let cells: Vec<String> = counts.iter().copied().map(shown).collect();
            lines.push(self.line(name, &cells, &shown(*total)));
        }
        if !self.column_totals.is_empty() {
            let cells: Vec<String> = self.column_totals.iter().copied().map(shown).collect();
            lines.push(self.line("計", &cells, &shown(self.total)));
        }
        lines.join("\n")
    }

    fn line(&self, name: &str, cells: &[String], total: &str) -> String {
        format!("{name}\t{}\t{total}", cells.join("\t"))
    }
}

fn shown(count: Option<u32>) -> String {
    count.map_or_else(|| "*".to_owned(), |count| count.to_string())
}
