//! Ages, weeks, intervals and years of Japanese law, as arithmetic on civil dates.
//!
//! Each function carries the id of the convention it implements; texts and sources of the conventions are in the schedule data.

use serde::{Deserialize, Serialize};

use crate::civil::{Date, MonthsLater};

/// The rule for an interval of months whose last month lacks the day (C-INT-MONTHS-END; municipalities differ).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthEnd {
    /// Wait until the first of the following month: satisfies both readings.
    FirstOfNextMonth,
    /// Permit from the last day of the month.
    LastOfMonth,
}

/// A minimum time between two doses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// N full days in between (C-INT-DAYS).
    Days(u16),
    /// N months (C-INT-MONTHS).
    Months(u16),
}

impl Gap {
    /// First day on which a dose may follow one given on `dose`.
    ///
    /// C-INT-DAYS: N full days lie in between, so the next day is N + 1 later. C-INT-MONTHS: from the same day N months later.
    pub fn first_day_after(self, dose: Date, month_end: MonthEnd) -> Date {
        match self {
            Self::Days(days) => dose.plus_days(i32::from(days) + 1),
            Self::Months(months) => match dose.months_later(i32::from(months)) {
                MonthsLater::SameDay(day) => day,
                MonthsLater::NoSuchDay { month_end: last } => match month_end {
                    MonthEnd::FirstOfNextMonth => last.morrow(),
                    MonthEnd::LastOfMonth => last,
                },
            },
        }
    }
}

/// The day on which someone born on `birth` reaches the age of `months`.
///
/// C-AGE-MONTH, C-AGE-YEAR: the eve of the same day. C-AGE-MONTH-END: where that day does not exist, the month's last day itself.
/// By C-UNTIL this day belongs both to "from n months" and to "until n months".
pub fn age_reached(birth: Date, months: u16) -> Date {
    match birth.months_later(i32::from(months)) {
        MonthsLater::SameDay(day) => day.eve(),
        MonthsLater::NoSuchDay { month_end } => month_end,
    }
}

/// [`age_reached`] for whole years (C-AGE-YEAR).
pub fn years_reached(birth: Date, years: u16) -> Date {
    age_reached(birth, years.saturating_mul(12))
}

/// First and last day of the fiscal year to which the n-th birthday's eve belongs (C-FISCAL).
pub fn fiscal_year_of_age(birth: Date, years: u16) -> (Date, Date) {
    let first_year = fiscal_year(years_reached(birth, years));
    (
        Date::first_of(first_year, 4),
        Date::first_of(first_year + 1, 4).eve(),
    )
}

/// The first day of primary school: the first 1 April after the day that follows the attainment of six, that day included (C-SCHOOL).
pub fn school_start(birth: Date) -> Date {
    let from = years_reached(birth, 6).morrow();
    let (year, _, _) = from.fields();
    let april_first = Date::first_of(year, 4);
    if from <= april_first {
        april_first
    } else {
        Date::first_of(year + 1, 4)
    }
}

fn fiscal_year(day: Date) -> i32 {
    let (year, month, _) = day.fields();
    if month < 4 { year - 1 } else { year }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn an_age_is_reached_on_the_eve_or_on_a_short_months_last_day() {
        let rows = [
            ("2026-01-15", 2, "2026-03-14"),
            ("2026-12-31", 2, "2027-02-28"),
            ("2023-12-31", 2, "2024-02-29"),
            ("2023-12-29", 2, "2024-02-28"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-28"),
            ("2026-03-01", 1, "2026-03-31"),
            ("2026-10-31", 1, "2026-11-30"),
        ];
        for (birth, months, reached) in rows {
            assert_eq!(
                age_reached(day(birth), months),
                day(reached),
                "{birth} + {months} months"
            );
        }
    }

    #[test]
    fn an_interval_counts_full_days_and_waits_out_a_short_month() {
        let wait = MonthEnd::FirstOfNextMonth;
        let rows = [
            (Gap::Days(27), "2026-03-16", "2026-04-13"),
            (Gap::Days(6), "2026-06-01", "2026-06-08"),
            (Gap::Months(6), "2026-08-31", "2027-03-01"),
            (Gap::Months(6), "2026-05-10", "2026-11-10"),
        ];
        for (gap, dose, next) in rows {
            assert_eq!(
                gap.first_day_after(day(dose), wait),
                day(next),
                "{gap:?} after {dose}"
            );
        }
        assert_eq!(
            Gap::Months(6).first_day_after(day("2026-08-31"), MonthEnd::LastOfMonth),
            day("2027-02-28")
        );
    }

    #[test]
    fn a_child_of_april_first_belongs_to_the_earlier_year() {
        assert_eq!(school_start(day("2020-04-01")), day("2026-04-01"));
        assert_eq!(school_start(day("2020-04-02")), day("2027-04-01"));
        assert_eq!(school_start(day("2020-02-29")), day("2026-04-01"));
        assert_eq!(
            fiscal_year_of_age(day("2010-04-01"), 16),
            (day("2025-04-01"), day("2026-03-31"))
        );
        assert_eq!(
            fiscal_year_of_age(day("2010-04-02"), 16),
            (day("2026-04-01"), day("2027-03-31"))
        );
    }
}
