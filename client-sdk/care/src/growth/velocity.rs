//! Changes between two measurements that staff should see. No thresholds of diagnosis: only what the chart itself shows.

use serde::Serialize;

use crate::child::Sex;
use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::growth::{Measure, Reference};

/// Crossing this many lines is a change worth a look.
const LINES_CROSSED_MIN: usize = 2;
/// After birth a child may lose weight for some days; later a loss is a change.
const LOSS_OF_THE_NEWBORN_DAYS: i32 = 14;

/// A value on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub measure: Measure,
    /// When.
    pub on: Date,
    /// The value.
    pub value: Thousandths,
}

/// A change worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The value fell.
    Fell {
        /// By so much.
        by: Thousandths,
    },
    /// Upwards over so many lines.
    CrossedUp {
        /// Lines.
        lines: usize,
    },
    /// Downwards over so many lines.
    CrossedDown {
        /// Lines.
        lines: usize,
    },
}

/// What changed from `earlier` to `later` of the same measure for a child born (or, corrected, due) on `birth`.
/// Crossings are found only where both ages have a published band.
pub fn changes(
    reference: &Reference,
    sex: Sex,
    birth: Date,
    earlier: Measurement,
    later: Measurement,
) -> Vec<Change> {
    if earlier.measure != later.measure || later.on <= earlier.on {
        return Vec::new();
    }
    fall(birth, earlier, later)
        .into_iter()
        .chain(crossing(reference, sex, birth, earlier, later))
        .collect()
}

fn fall(birth: Date, earlier: Measurement, later: Measurement) -> Option<Change> {
    let by = Thousandths(earlier.value.0.saturating_sub(later.value.0));
    let newborn =
        later.measure == Measure::Weight && later.on.days_since(birth) <= LOSS_OF_THE_NEWBORN_DAYS;
    (Thousandths(0) < by && !newborn).then_some(Change::Fell { by })
}

fn crossing(
    reference: &Reference,
    sex: Sex,
    birth: Date,
    earlier: Measurement,
    later: Measurement,
) -> Option<Change> {
    let reached = |at: Measurement| {
        reference
            .lines_at(at.measure, sex, birth, at.on)
            .map(|lines| lines.lines_reached(at.value))
    };
    let (before, after) = (reached(earlier)?, reached(later)?);
    let lines = before.abs_diff(after);
    if lines < LINES_CROSSED_MIN {
        None
    } else if before < after {
        Some(Change::CrossedUp { lines })
    } else {
        Some(Change::CrossedDown { lines })
    }
}
