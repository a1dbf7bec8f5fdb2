//! Growth against the national reference: position between published percentile lines, indices, changes, ages and slips of the unit.
//!
//! All of it is a screening aid in whole thousandths. A value is placed between two published lines and never beyond them:
//! below the lowest and above the highest it is only "below" and "above". What is evaluated keeps the reference it was
//! evaluated by, since values change when the reference does.

mod age;
mod guard;
mod index;
mod position;
mod reference;
mod velocity;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::decimal::Thousandths;

pub use age::{CompletedAge, GrowthAges, Posture, TERM_DAYS, growth_ages, usual_posture};
pub use guard::{Doubt, plausibility};
pub use index::{
    DegreeError, OverweightClass, OverweightDegree, StandardWeight, kaup_index, overweight_degree,
};
pub use position::{Evaluation, Position};
pub use reference::{Band, Lines, Reference, ReferenceError, ReferenceId};
pub use velocity::{Change, Measurement, changes};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Body weight in kilograms.
    Weight,
    /// Length lying or height standing, in centimetres.
    Height,
    /// Head circumference in centimetres.
    #[serde(rename = "head_circumference")]
    Head,
}

impl Measure {
    /// The value with as many decimals as the published tables have: two for kilograms, one for centimetres.
    pub fn printed(self, value: Thousandths) -> String {
        let (step, decimals) = match self {
            Self::Weight => (10, 2),
            Self::Height | Self::Head => (100, 1),
        };
        let rounded = (value.0 + step / 2).div_euclid(step);
        let unit = 1000 / step;
        format!(
            "{}.{:0decimals$}",
            rounded.div_euclid(unit),
            rounded.rem_euclid(unit)
        )
    }

    /// The unit's symbol.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Weight => "kg",
            Self::Height | Self::Head => "cm",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}
