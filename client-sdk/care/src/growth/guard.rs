//! Guards against slips at the scales and the keyboard: a value that a unit mix-up would explain is not taken until someone confirms it.
//!
//! The bounds are the authors' suggestion, wide enough for any living child, and no judgement of growth.

use serde::Serialize;

use crate::child::Sex;
use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::growth::{Measure, Measurement, Reference};

/// A child does not shrink by more than this between two measurements, in centimetres.
const FALL_MAX: Thousandths = Thousandths(2_000);

/// Why a value must be confirmed before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Not a positive number.
    NotPositive,
    /// Measured before birth.
    BeforeBirth,
    /// In range if it was written in the smaller unit: grams for kilograms, millimetres for centimetres.
    SmallerUnit,
    /// In range if it was written in the larger unit: kilograms in a field for grams, metres for centimetres.
    LargerUnit,
    /// Outside the wide range for the age.
    OutOfRange {
        /// Lowest value taken without a question.
        low: Thousandths,
        /// Highest value taken without a question.
        high: Thousandths,
    },
    /// Length or head shrank by more than two centimetres.
    Shrank {
        /// By so much.
        by: Thousandths,
    },
}

/// What makes the value doubtful; none when it can be taken. Above the ages of the reference only the fall is judged.
pub fn plausibility(
    reference: &Reference,
    sex: Sex,
    birth: Date,
    measured: Measurement,
    previous: Option<Measurement>,
) -> Option<Doubt> {
    if measured.value.0 <= 0 {
        return Some(Doubt::NotPositive);
    }
    if measured.on < birth {
        return Some(Doubt::BeforeBirth);
    }
    let range = reference
        .range_around(measured.measure, sex, birth, measured.on)
        .map(|(low, high)| wide(measured.measure, low, high));
    range
        .and_then(|range| out_of_range(measured, range))
        .or_else(|| shrank(measured, previous))
}

/// Half the 3rd to double the 97th for weight; four fifths to six fifths for lengths.
fn wide(measure: Measure, low: Thousandths, high: Thousandths) -> (Thousandths, Thousandths) {
    match measure {
        Measure::Weight => (Thousandths(low.0 / 2), Thousandths(high.0 * 2)),
        Measure::Height | Measure::Head => {
            (Thousandths(low.0 / 5 * 4), Thousandths(high.0 / 5 * 6))
        }
    }
}

fn out_of_range(measured: Measurement, (low, high): (Thousandths, Thousandths)) -> Option<Doubt> {
    let value = measured.value.0;
    let fits = |value: i64| i64::from(low.0) <= value && value <= i64::from(high.0);
    let (smaller, larger) = match measured.measure {
        Measure::Weight => (1000, 1000),
        Measure::Height | Measure::Head => (10, 100),
    };
    if fits(i64::from(value)) {
        None
    } else if fits(i64::from(value) / smaller) {
        Some(Doubt::SmallerUnit)
    } else if fits(i64::from(value) * larger) {
        Some(Doubt::LargerUnit)
    } else {
        Some(Doubt::OutOfRange { low, high })
    }
}

fn shrank(measured: Measurement, previous: Option<Measurement>) -> Option<Doubt> {
    let previous = previous
        .filter(|previous| previous.measure == measured.measure && previous.on <= measured.on)?;
    let by = Thousandths(previous.value.0.saturating_sub(measured.value.0));
    (measured.measure != Measure::Weight && FALL_MAX < by).then_some(Doubt::Shrank { by })
}
