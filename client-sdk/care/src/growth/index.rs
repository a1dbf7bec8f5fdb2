//! カウプ指数 and 肥満度, exactly: fractions are compared before they are rounded for printing.

use serde::{Deserialize, Serialize};

use crate::child::Sex;
use crate::decimal::Thousandths;
use crate::growth::CompletedAge;
use crate::rules::Confidence;

const MONTHS_FROM: u16 = 12;
const MONTHS_BELOW: u16 = 72;
const HEIGHT_FROM: Thousandths = Thousandths(70_000);
const HEIGHT_BELOW: Thousandths = Thousandths(120_000);
const WEIGHT_FROM: Thousandths = Thousandths(1_000);
const WEIGHT_BELOW: Thousandths = Thousandths(200_000);
/// One kilogram in the unit of the standard weight's exact value.
const KILOGRAM: i128 = 1_000_000_000_000;

/// a·h² + b·h + c, with h in centimetres and the result in kilograms; coefficients in millionths.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardWeight {
    /// Year of the survey.
    pub survey_year: u16,
    male: [i64; 3],
    female: [i64; 3],
    /// How well the coefficients are known.
    pub confidence: Confidence,
    /// Ids of sources.
    pub sources: Vec<String>,
    /// Remark.
    pub note: String,
}

/// 肥満度 with what it was reckoned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OverweightDegree {
    /// Year of the survey whose formula was used.
    pub survey_year: u16,
    /// Standard weight in kilograms, rounded to grams.
    pub standard_weight: Thousandths,
    /// Percent, rounded to thousandths.
    pub percent: Thousandths,
    /// Class by the exact value.
    pub class: OverweightClass,
}

/// Classes for toddlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OverweightClass {
    /// やせすぎ: −20 % or less.
    VeryThin,
    /// やせ: over −20 % to −15 %.
    Thin,
    /// ふつう: over −15 % to under +15 %.
    Normal,
    /// ふとりぎみ: +15 % to under +20 %.
    SlightlyOverweight,
    /// ややふとりすぎ: +20 % to under +30 %.
    Overweight,
    /// ふとりすぎ: +30 % or more.
    VeryOverweight,
}

/// Why no degree can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DegreeError {
    /// Under one year, or six years and more.
    #[error("reckon 肥満度: the formula is for 1 year to under 6 years")]
    Age,
    /// Under 70 cm, or 120 cm and more.
    #[error("reckon 肥満度: the formula is for 70 cm to under 120 cm")]
    Height,
    /// No child's weight.
    #[error("reckon 肥満度: the weight is not between 1 kg and 200 kg")]
    Weight,
}

/// Weight in grams ÷ height in cm² × 10, rounded to thousandths. A number only: one fixed band for all ages misjudges.
/// None for a height that is not positive, and where the result does not fit.
pub fn kaup_index(weight: Thousandths, height: Thousandths) -> Option<Thousandths> {
    let (grams, height) = (i64::from(weight.0), i64::from(height.0));
    if height <= 0 {
        return None;
    }
    // Grams × 10 × 1000, over a height squared that is in millionths of cm².
    let index = rounded_ratio(
        i128::from(grams) * 10_000_000_000,
        i128::from(height) * i128::from(height),
    );
    i32::try_from(index).ok().map(Thousandths)
}

/// (weight − standard weight) ÷ standard weight × 100, by `formula`.
///
/// # Errors
/// Outside the ages and heights for which the formula was made, and for a weight that no child has.
pub fn overweight_degree(
    formula: &StandardWeight,
    sex: Sex,
    age: CompletedAge,
    weight: Thousandths,
    height: Thousandths,
) -> Result<OverweightDegree, DegreeError> {
    if !(MONTHS_FROM..MONTHS_BELOW).contains(&age.months) {
        return Err(DegreeError::Age);
    }
    if !(HEIGHT_FROM..HEIGHT_BELOW).contains(&height) {
        return Err(DegreeError::Height);
    }
    if !(WEIGHT_FROM..WEIGHT_BELOW).contains(&weight) {
        return Err(DegreeError::Weight);
    }
    let standard = formula.exact(sex, height);
    let excess = i128::from(weight.0) * (KILOGRAM / 1000) - standard;
    let percent = rounded_ratio(excess * 100_000, standard);
    Ok(OverweightDegree {
        survey_year: formula.survey_year,
        standard_weight: thousandths(rounded_ratio(standard, KILOGRAM / 1000))?,
        percent: thousandths(percent)?,
        class: OverweightClass::of(excess, standard),
    })
}

impl StandardWeight {
    /// In 10⁻¹² kg, without rounding.
    fn exact(&self, sex: Sex, height: Thousandths) -> i128 {
        let [a, b, c] = match sex {
            Sex::Male => self.male,
            Sex::Female => self.female,
        }
        .map(i128::from);
        let height = i128::from(height.0);
        a * height * height + b * height * 1_000 + c * 1_000_000
    }
}

impl OverweightClass {
    /// By excess ÷ standard × 100, held against the limits without dividing.
    fn of(excess: i128, standard: i128) -> Self {
        let reaches = |percent: i128| standard * percent <= excess * 100;
        let exceeds = |percent: i128| standard * percent < excess * 100;
        if reaches(30) {
            Self::VeryOverweight
        } else if reaches(20) {
            Self::Overweight
        } else if reaches(15) {
            Self::SlightlyOverweight
        } else if exceeds(-15) {
            Self::Normal
        } else if exceeds(-20) {
            Self::Thin
        } else {
            Self::VeryThin
        }
    }
}

/// Rounded half away from zero; `whole` is positive.
fn rounded_ratio(part: i128, whole: i128) -> i128 {
    let size = (part.abs() * 2 + whole) / (whole * 2);
    size * part.signum()
}

fn thousandths(value: i128) -> Result<Thousandths, DegreeError> {
    i32::try_from(value)
        .map(Thousandths)
        .map_err(|_| DegreeError::Weight)
}
