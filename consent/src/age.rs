//! The two ages that change who decides: 15, from which a person may hold a signing certificate, and 18, of age (民法4条).
//!
//! An age is reached when the day before the birthday ends (年齢計算ニ関スル法律): at midnight, Japan time, with which the birthday
//! begins; who was born on 29 February reaches it on 1 March in other years. The register knows the date of birth; no document
//! that is signed or stored on the chain does.

use musubi_primitives::Moment;

/// From here on the child is asked too.
pub const CHILD_ASKED_YEARS: u16 = 15;
/// From here on nobody else decides.
pub const OF_AGE_YEARS: u16 = 18;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Japan is nine hours ahead of UTC and has no summer time.
const JAPAN_OFFSET_MS: i64 = 9 * 3600 * 1000;

/// A date of birth in the Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    year: u16,
    month: u16,
    day: u16,
}

impl std::fmt::Debug for BirthDate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BirthDate(redacted)")
    }
}

impl BirthDate {
    /// Reads `YYYY-MM-DD`. None for anything else, and for days that do not exist.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length| {
            let part = parts.next()?;
            let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse().ok()).flatten()
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let exists = 1868 <= year
            && (1..=12).contains(&month)
            && 1 <= day
            && day <= days_of_month(year, month);
        (exists && parts.next().is_none()).then_some(Self { year, month, day })
    }

    /// First moment at which the person is this many years old.
    #[must_use]
    pub fn reaches(self, years: u16) -> Moment {
        let year = self.year.saturating_add(years);
        let birthday = if self.day <= days_of_month(year, self.month) {
            days_since_1970(year, self.month, self.day)
        } else {
            days_since_1970(year, 3, 1)
        };
        let midnight = birthday
            .saturating_mul(DAY_MS)
            .saturating_sub(JAPAN_OFFSET_MS);
        Moment::try_from(midnight).unwrap_or_default()
    }
}

/// When a guardian's word for a person ends by age, if it was given at `signed_at`: at 15, where the child is asked too, and at 18 for
/// good.
#[must_use]
pub fn guardian_ends(born: BirthDate, signed_at: Moment) -> Moment {
    let asked = born.reaches(CHILD_ASKED_YEARS);
    if signed_at < asked {
        asked
    } else {
        born.reaches(OF_AGE_YEARS)
    }
}

fn days_of_month(year: u16, month: u16) -> u16 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 (Gregorian calendar; Howard Hinnant's algorithm, years from 1 March on).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years are below 2^16, so no sum here comes near 2^31"
)]
fn days_since_1970(year: u16, month: u16, day: u16) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendering::japan_date;

    fn reaches(born: &str, years: u16) -> (String, bool) {
        let moment = BirthDate::parse(born).unwrap().reaches(years);
        let before = japan_date(moment - 1);
        (japan_date(moment), before < japan_date(moment))
    }

    #[test]
    fn an_age_is_reached_as_the_birthday_begins_in_japan() {
        for (born, years, day) in [
            ("2011-11-22", 15, "2026-11-22"),
            ("2008-04-01", 18, "2026-04-01"),
            ("2012-02-29", 15, "2027-03-01"),
            ("2012-02-29", 16, "2028-02-29"),
            ("2010-12-31", 18, "2028-12-31"),
        ] {
            assert_eq!(reaches(born, years), (day.to_owned(), true), "{born}");
        }
        assert_eq!(BirthDate::parse("1950-01-01").unwrap().reaches(15), 0);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-4-1",
            "20260401",
            "2026-04-01-",
            "+026-04-01",
            "",
        ] {
            assert!(BirthDate::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_word_given_before_fifteen_ends_there_and_a_later_one_at_eighteen() {
        let born = BirthDate::parse("2011-11-22").unwrap();
        let fifteen = born.reaches(CHILD_ASKED_YEARS);
        assert_eq!(guardian_ends(born, fifteen - 1), fifteen);
        assert_eq!(guardian_ends(born, fifteen), born.reaches(OF_AGE_YEARS));
    }
}
