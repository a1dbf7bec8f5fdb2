//! Ages of growth: completed months by the calendar, and for preterm infants the corrected age beside the actual one.

use serde::Serialize;

use crate::age::age_reached;
use crate::civil::Date;

/// Days from week 0 day 0 to term.
pub const TERM_DAYS: u16 = 280;
/// Born before this many days of pregnancy (37 weeks 0 days), a child is preterm.
const PRETERM_DAYS: u16 = 259;
/// Under two years length is measured lying.
const STANDING_FROM_MONTHS: u16 = 24;

/// An age in days, and in completed months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CompletedAge {
    /// Days since birth.
    pub days: i32,
    /// Completed months: the n-th is complete on the monthly day itself, which begins the later band.
    pub months: u16,
}

/// Both ages of a child; staff choose which one to evaluate by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GrowthAges {
    /// By the birth date.
    pub actual: CompletedAge,
    /// By the day of term, for the preterm once that day has come.
    pub corrected: Option<CompletedAge>,
    /// The birth date to evaluate by when staff choose the corrected age.
    pub corrected_birth: Option<Date>,
}

/// How length is usually taken at an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Posture {
    /// Lying, under two years.
    Lying,
    /// Standing, from two years.
    Standing,
}

impl CompletedAge {
    /// The age on `on`; none before birth and past a thousand years.
    pub fn on(birth: Date, on: Date) -> Option<Self> {
        let days = on.days_since(birth);
        if days < 0 {
            return None;
        }
        // A month has 28 days at least, so this many months cannot be complete; from there downwards the first complete one is it.
        let above = u16::try_from(days / 28).ok()?;
        let months = (0..=above)
            .rev()
            .find(|months| *months == 0 || age_reached(birth, *months) < on)?;
        Some(Self { days, months })
    }
}

/// Ages on `on` of a child born on `birth` after `gestation_days` of pregnancy (week x day y is 7x + y), if known.
pub fn growth_ages(birth: Date, gestation_days: Option<u16>, on: Date) -> Option<GrowthAges> {
    let actual = CompletedAge::on(birth, on)?;
    let preterm = gestation_days.filter(|days| *days < PRETERM_DAYS);
    let corrected_birth = preterm.map(|days| birth.plus_days(i32::from(TERM_DAYS - days)));
    let corrected = corrected_birth.and_then(|term| CompletedAge::on(term, on));
    Some(GrowthAges {
        actual,
        corrected,
        corrected_birth,
    })
}

/// How length is usually taken at this age (S-NIPH2012).
pub fn usual_posture(age: CompletedAge) -> Posture {
    if age.months < STANDING_FROM_MONTHS {
        Posture::Lying
    } else {
        Posture::Standing
    }
}
