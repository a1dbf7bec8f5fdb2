//! No hidden count can be computed: an auditor that tries every table against what was published finds at least two numbers for each.

use musubi_care::figures::{Published, Table, Threshold};
use proptest::prelude::*;

/// Every table of counts from zero to `most` that says what was published; a hidden count that is not zero is known not to be zero.
fn tables(truth: &[Vec<u32>], published: &Published, most: u32) -> Vec<Vec<u32>> {
    let cells: Vec<(u32, Option<u32>)> = truth
        .iter()
        .flatten()
        .copied()
        .zip(published.counts.iter().flatten().copied())
        .collect();
    let mut found = Vec::new();
    extend(&cells, published, most, &mut Vec::new(), &mut found);
    found
}

fn extend(
    cells: &[(u32, Option<u32>)],
    published: &Published,
    most: u32,
    so_far: &mut Vec<u32>,
    found: &mut Vec<Vec<u32>>,
) {
    let columns = published.columns.len();
    if so_far.len().is_multiple_of(columns) && !so_far.is_empty() {
        let row = so_far.len() / columns - 1;
        let sum: u32 = so_far[row * columns..].iter().sum();
        if !agrees(published.row_totals[row], sum) {
            return;
        }
    }
    let Some((truth, shown)) = cells.get(so_far.len()) else {
        if fits(so_far, published) {
            found.push(so_far.clone());
        }
        return;
    };
    let range = shown.map_or((*truth).min(1)..=most, |count| count..=count);
    for count in range {
        so_far.push(count);
        extend(cells, published, most, so_far, found);
        so_far.pop();
    }
}

/// Whether a sum may be this: any, unless another one was published.
fn agrees(published: Option<u32>, sum: u32) -> bool {
    published.is_none_or(|total| total == sum)
}

fn fits(table: &[u32], published: &Published) -> bool {
    let columns = published.columns.len();
    let column_fits = published
        .column_totals
        .iter()
        .enumerate()
        .all(|(column, total)| agrees(*total, table.iter().skip(column).step_by(columns).sum()));
    column_fits && agrees(published.total, table.iter().sum())
}

fn table(counts: &[Vec<u32>], adds_down: bool) -> Table {
    let names = |many: usize| (0..many).map(|at| at.to_string()).collect::<Vec<String>>();
    let mut table = Table::new(names(counts.len()), names(counts[0].len()), adds_down);
    for (row, counts) in counts.iter().enumerate() {
        for (column, count) in counts.iter().enumerate() {
            table.add(row, column, *count);
        }
    }
    table
}

fn audit(counts: &[Vec<u32>], adds_down: bool, threshold: u32) {
    let published = table(counts, adds_down).publish(Threshold::new(threshold).unwrap());
    let most = counts.iter().flatten().max().unwrap() + 3;
    let possible = tables(counts, &published, most);
    let shown = published.counts.iter().flatten();
    for (at, (truth, shown)) in counts.iter().flatten().zip(shown).enumerate() {
        match shown {
            Some(count) => {
                assert_eq!(count, truth, "what is published is true");
                assert!(
                    *truth == 0 || threshold <= *truth,
                    "{truth} is small and published: {published:?}"
                );
            }
            None => {
                let first = possible[0][at];
                assert!(
                    possible.iter().any(|table| table[at] != first),
                    "{at} of {counts:?} follows from {published:?}"
                );
            }
        }
    }
    let totals = published
        .row_totals
        .iter()
        .chain(&published.column_totals)
        .chain([&published.total]);
    for total in totals.copied().flatten() {
        assert!(
            total == 0 || threshold <= total,
            "a total of {total} is small and published"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_hidden_count_follows_from_the_published_ones(
        counts in (1..3_usize, 2..4_usize).prop_flat_map(|(rows, columns)| {
            proptest::collection::vec(proptest::collection::vec(0..7_u32, columns), rows)
        }),
        adds_down in any::<bool>(),
        threshold in 2..5_u32,
    ) {
        audit(&counts, adds_down, threshold);
    }
}

#[test]
fn the_known_traps() {
    // Two hidden ones with sum two: both would be one.
    audit(&[vec![1, 1, 5]], true, 3);
    // One small count alone in its row and column.
    audit(&[vec![1, 6], vec![6, 6]], true, 3);
    // Nothing but one person.
    audit(&[vec![1, 0], vec![0, 0]], true, 3);
    // Zeros all around.
    audit(&[vec![2, 0, 0], vec![0, 6, 6]], true, 3);
}

#[test]
fn nothing_is_hidden_where_nothing_is_small() {
    let published = table(&[vec![20, 30], vec![0, 15]], true).publish(Threshold::USUAL);
    assert!(published.counts.iter().flatten().all(Option::is_some));
    assert_eq!(
        (
            published.row_totals,
            published.column_totals,
            published.total
        ),
        (vec![Some(50), Some(15)], vec![Some(20), Some(45)], Some(65))
    );
}
