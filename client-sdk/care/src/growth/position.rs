//! Where a value lies among the published lines of its band.

use serde::Serialize;

use crate::child::Sex;
use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::growth::{Band, Lines, Measure, Reference, ReferenceId};

/// A place among percentile lines, named by their percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Under the lowest line; how far is not said.
    Below(u8),
    /// Exactly on a line.
    On(u8),
    /// Between two neighbouring lines.
    Between(u8, u8),
    /// Over the highest line; how far is not said.
    Above(u8),
}

/// A value with its place and the reference that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// The reference.
    pub reference: ReferenceId,
    /// What was measured.
    pub measure: Measure,
    /// The value.
    pub value: Thousandths,
    /// The band of the child's age.
    pub band: Band,
    /// The place.
    pub position: Position,
}

impl Reference {
    /// Places `value`, measured on `on`, for a child born (or, corrected, due) on `birth`; none where no band is published.
    pub fn evaluate(
        &self,
        measure: Measure,
        sex: Sex,
        birth: Date,
        on: Date,
        value: Thousandths,
    ) -> Option<Evaluation> {
        let lines = self.lines_at(measure, sex, birth, on)?;
        let position = lines.position(&self.lines, value)?;
        Some(Evaluation {
            reference: self.name.clone(),
            measure,
            value,
            band: lines.band,
            position,
        })
    }
}

impl Lines {
    /// The place of `value`; `percentiles` names the lines in order.
    pub fn position(&self, percentiles: &[u8], value: Thousandths) -> Option<Position> {
        let reached = self.lines_reached(value);
        let last = reached.checked_sub(1);
        let under = last.and_then(|at| percentiles.get(at)).copied();
        let over = percentiles.get(reached).copied();
        let on_line = last.and_then(|at| self.values.get(at)) == Some(&value);
        match (under, over) {
            (Some(line), _) if on_line => Some(Position::On(line)),
            (Some(low), Some(high)) => Some(Position::Between(low, high)),
            (None, Some(lowest)) => Some(Position::Below(lowest)),
            (Some(highest), None) => Some(Position::Above(highest)),
            (None, None) => None,
        }
    }

    /// How many lines `value` has reached.
    pub(crate) fn lines_reached(&self, value: Thousandths) -> usize {
        self.values.iter().filter(|line| **line <= value).count()
    }
}
