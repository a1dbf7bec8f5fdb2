//! Japanese civil dates: a day without a time or a zone, stored as a day number.
//!
//! Doses, births and expiries are civil dates (`child-health` convention: never an instant), so nothing here knows of clocks.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// First year a date may have: no subject of a health record is older.
pub const YEAR_MIN: i32 = 1900;
/// Last year a date may have: far past any expiry or forecast.
pub const YEAR_MAX: i32 = 2299;

const DAYS_PER_ERA: i32 = 146_097;
const DAYS_TO_EPOCH: i32 = 719_468;

/// A day of the Gregorian calendar, ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// Where "n months later" falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthsLater {
    /// The month has a day of the same number (応当日).
    SameDay(Date),
    /// It has none; this is its last day.
    NoSuchDay {
        /// Last day of the month that lacks the day.
        month_end: Date,
    },
}

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "read {text:?} as a date: expected an existing day as YYYY-MM-DD between {YEAR_MIN} and {YEAR_MAX}"
)]
pub struct DateError {
    text: String,
}

impl Date {
    /// The day `year`-`month`-`day`, if the calendar has it and the year lies within bounds.
    pub fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let in_year = (YEAR_MIN..=YEAR_MAX).contains(&year) && (1..=12).contains(&month);
        let exists = in_year && 1 <= day && day <= month_days(year, month);
        exists.then(|| Self(day_number(year, month, day)))
    }

    /// Reads `YYYY-MM-DD` and nothing else.
    ///
    /// # Errors
    /// When the text has another shape, or names a day that does not exist or lies out of bounds.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        parse_fields(text)
            .and_then(|(year, month, day)| Self::new(year, month, day))
            .ok_or_else(|| DateError {
                text: text.to_owned(),
            })
    }

    /// Year, month (1–12) and day (1–31).
    pub fn fields(self) -> (i32, i32, i32) {
        fields_of(self.0)
    }

    /// The day `days` later (earlier when negative).
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day before.
    #[must_use]
    pub fn eve(self) -> Self {
        self.plus_days(-1)
    }

    /// The day after.
    #[must_use]
    pub fn morrow(self) -> Self {
        self.plus_days(1)
    }

    /// Whole days from `earlier` to this day; negative when it is later.
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// The day of the same number `months` later, or the fact that there is none.
    pub fn months_later(self, months: i32) -> MonthsLater {
        let (year, month, day) = self.fields();
        let index = year
            .saturating_mul(12)
            .saturating_add(month - 1)
            .saturating_add(months);
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        let length = month_days(year, month);
        if day <= length {
            MonthsLater::SameDay(Self(day_number(year, month, day)))
        } else {
            MonthsLater::NoSuchDay {
                month_end: Self(day_number(year, month, length)),
            }
        }
    }

    /// The first of `month` in `year`; for rules about school and fiscal years.
    pub(crate) fn first_of(year: i32, month: i32) -> Self {
        Self(day_number(year, month, 1))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.fields();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

fn parse_fields(text: &str) -> Option<(i32, i32, i32)> {
    let digits_and_dashes = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 10 || !digits_and_dashes {
        return None;
    }
    let field = |range: core::ops::Range<usize>| text.get(range)?.parse().ok();
    Some((field(0..4)?, field(5..7)?, field(8..10)?))
}

fn is_leap(year: i32) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

fn month_days(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both conversions count years from 1 March, so that the leap day is the last day of a year and months need no table.
fn day_number(year: i32, month: i32, day: i32) -> i32 {
    let march_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (march_year.div_euclid(400), march_year.rem_euclid(400));
    let day_of_year = (153 * (month + 9).rem_euclid(12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH
}

fn fields_of(number: i32) -> (i32, i32, i32) {
    let from_era_zero = number.saturating_add(DAYS_TO_EPOCH);
    let (era, day_of_era) = (
        from_era_zero.div_euclid(DAYS_PER_ERA),
        from_era_zero.rem_euclid(DAYS_PER_ERA),
    );
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + i32::from(month <= 2), month, day)
}
