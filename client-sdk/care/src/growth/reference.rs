//! The published tables, read from data and checked: lines rise from percentile to percentile, bands follow one another.

use serde::{Deserialize, Serialize};

use crate::child::Sex;
use crate::civil::Date;
use crate::decimal::Thousandths;
use crate::growth::{CompletedAge, Measure, StandardWeight};

/// The format this module reads.
const FORMAT: &str = "musubi/growth/1";

/// Which reference, kept with every evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceId {
    /// For instance `jp-2023`.
    pub id: String,
    /// Year of the survey.
    pub survey_year: u16,
}

/// An age band of the tables. A child exactly on an edge belongs to the later band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// The day of birth.
    Birth,
    /// This many days after birth, and only that day.
    Day(u16),
    /// From so many completed months to under so many.
    Months(u16, u16),
}

impl Band {
    fn holds(self, age: CompletedAge) -> bool {
        match self {
            Self::Birth => age.days == 0,
            Self::Day(day) => age.days == i32::from(day),
            Self::Months(from, to) => (from..to).contains(&age.months),
        }
    }

    /// Whether the band begins at or before `age`.
    fn begins_by(self, age: CompletedAge) -> bool {
        match self {
            Self::Birth => true,
            Self::Day(day) => i32::from(day) <= age.days,
            Self::Months(from, _) => from <= age.months,
        }
    }
}

/// The percentile lines of one band.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// The band.
    pub band: Band,
    /// One value for each line of the reference, rising.
    pub values: Vec<Thousandths>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    measure: Measure,
    sex: Sex,
    rows: Vec<Lines>,
}

/// One survey's tables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    format: String,
    /// Which survey.
    #[serde(rename = "reference")]
    pub name: ReferenceId,
    /// The line that must be shown wherever the figures are.
    pub credit: String,
    /// Under which terms the figures are used.
    pub licence: String,
    /// Where they come from, and what has been compared.
    pub provenance: Vec<String>,
    /// Addresses behind the ids of `standard_weight`.
    pub sources: std::collections::BTreeMap<String, String>,
    /// The percentiles published, rising.
    pub lines: Vec<u8>,
    tables: Vec<Table>,
    /// Formulas of the standard weight by survey.
    pub standard_weight: Vec<StandardWeight>,
}

/// Why a text is not a reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Not JSON of this shape.
    #[error("read growth reference")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read growth reference: format is {found:?}, expected {FORMAT:?}")]
    Format {
        /// The format named in the file.
        found: String,
    },
    /// A row whose values are too few, too many, or not rising.
    #[error("read growth reference: {measure} row {band:?} does not rise over {lines} lines")]
    Row {
        /// The table.
        measure: Measure,
        /// The row.
        band: Band,
        /// Lines of the reference.
        lines: usize,
    },
}

impl Reference {
    /// Reads and checks a reference.
    ///
    /// # Errors
    /// When the text has another shape or format, or a row does not rise from line to line.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let reference: Self = serde_json::from_str(text)?;
        if reference.format != FORMAT {
            return Err(ReferenceError::Format {
                found: reference.format,
            });
        }
        let lines = reference.lines.len();
        for (measure, row) in reference
            .tables
            .iter()
            .flat_map(|table| table.rows.iter().map(|row| (table.measure, row)))
        {
            if row.values.len() != lines || !row.values.is_sorted_by(|low, high| low < high) {
                return Err(ReferenceError::Row {
                    measure,
                    band: row.band,
                    lines,
                });
            }
        }
        Ok(reference)
    }

    /// The lines for a child born on `birth` and measured on `on`; none where the survey publishes no band for that age.
    pub fn lines_at(&self, measure: Measure, sex: Sex, birth: Date, on: Date) -> Option<&Lines> {
        let age = CompletedAge::on(birth, on)?;
        self.rows(measure, sex)
            .iter()
            .find(|row| row.band.holds(age))
    }

    /// Lowest and highest published value around an age: of its band, or of the two bands it lies between.
    pub(crate) fn range_around(
        &self,
        measure: Measure,
        sex: Sex,
        birth: Date,
        on: Date,
    ) -> Option<(Thousandths, Thousandths)> {
        let age = CompletedAge::on(birth, on)?;
        let rows = self.rows(measure, sex);
        let here = rows.iter().find(|row| row.band.holds(age));
        let before = here.or_else(|| rows.iter().rfind(|row| row.band.begins_by(age)))?;
        let after = here.or_else(|| rows.iter().find(|row| !row.band.begins_by(age)))?;
        Some((*before.values.first()?, *after.values.last()?))
    }

    /// All rows of one table, in age order; empty when the reference has none.
    pub fn rows(&self, measure: Measure, sex: Sex) -> &[Lines] {
        let table = self
            .tables
            .iter()
            .find(|table| table.measure == measure && table.sex == sex);
        table.map_or(&[], |table| &table.rows)
    }
}
