//! FHIR's partial dates: a year, a month or a day, and nothing in between.

use std::{cmp::Ordering, fmt, str::FromStr};

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, a real date of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartialDate {
    /// Year, 1 to 9999.
    pub year: u16,
    /// Month, if known.
    pub month: Option<u8>,
    /// Day, if known; only together with the month.
    pub day: Option<u8>,
}

/// Text that is no FHIR date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date YYYY, YYYY-MM or YYYY-MM-DD that exists in the calendar")]
pub struct ParseDateError;

impl PartialDate {
    /// Whether year, month and day are all known.
    pub fn is_full(&self) -> bool {
        self.day.is_some()
    }

    /// Which is earlier; none where one of them is less precise and the other lies within it.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let parts = |date: Self| {
            [
                Some(u32::from(date.year)),
                date.month.map(u32::from),
                date.day.map(u32::from),
            ]
        };
        let pairs = parts(self).into_iter().zip(parts(other));
        for (one, two) in pairs {
            match (one, two) {
                (Some(one), Some(two)) if one != two => return Some(one.cmp(&two)),
                (Some(_), None) | (None, Some(_)) => return None,
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        Some(Ordering::Equal)
    }

    /// The date part of a FHIR `dateTime` (everything before `T`); the time and offset must have FHIR's form.
    ///
    /// # Errors
    /// When either part has a wrong form.
    pub fn parse_date_time(text: &str) -> Result<Self, ParseDateError> {
        let Some((date, time)) = text.split_once('T') else {
            return text.parse();
        };
        let date: Self = date.parse()?;
        if date.is_full() && is_time_with_offset(time) {
            Ok(date)
        } else {
            Err(ParseDateError)
        }
    }
}

impl FromStr for PartialDate {
    type Err = ParseDateError;

    fn from_str(text: &str) -> Result<Self, ParseDateError> {
        let parts: Vec<&str> = text.split('-').collect();
        let (year, month, day) = match parts.as_slice() {
            [year] => (year, None, None),
            [year, month] => (year, Some(month), None),
            [year, month, day] => (year, Some(month), Some(day)),
            _ => return Err(ParseDateError),
        };
        let year = digits(year, 4)?;
        let month = month.map(|text| digits(text, 2)).transpose()?;
        let day = day.map(|text| digits(text, 2)).transpose()?;
        let date = Self {
            year,
            month: month.map(small).transpose()?,
            day: day.map(small).transpose()?,
        };
        if date.exists() {
            Ok(date)
        } else {
            Err(ParseDateError)
        }
    }
}

impl PartialDate {
    fn exists(self) -> bool {
        let month_ok = self.month.is_none_or(|month| (1..=12).contains(&month));
        let day_ok = self.day.is_none_or(|day| {
            self.month
                .is_some_and(|month| (1..=days_in_month(self.year, month)).contains(&day))
        });
        self.year >= 1 && month_ok && day_ok
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        self.month
            .map_or(Ok(()), |month| write!(f, "-{month:02}"))?;
        self.day.map_or(Ok(()), |day| write!(f, "-{day:02}"))
    }
}

fn digits(text: &str, count: usize) -> Result<u16, ParseDateError> {
    let well_formed = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed {
        text.parse().map_err(|_| ParseDateError)
    } else {
        Err(ParseDateError)
    }
}

fn small(number: u16) -> Result<u8, ParseDateError> {
    u8::try_from(number).map_err(|_| ParseDateError)
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// `HH:MM:SS[.fraction]` and `Z` or `±HH:MM`, as FHIR R4's dateTime demands.
fn is_time_with_offset(text: &str) -> bool {
    let Some(at) = text.find(['Z', '+', '-']) else {
        return false;
    };
    let (time, offset) = text.split_at(at);
    is_time(time) && (offset == "Z" || offset.get(1..).is_some_and(is_hours_and_minutes))
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction_ok = !fraction.is_empty()
        && fraction.len() <= 9
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let Some((hours_and_minutes, seconds)) = clock.rsplit_once(':') else {
        return false;
    };
    fraction_ok
        && is_hours_and_minutes(hours_and_minutes)
        && digits(seconds, 2).is_ok_and(|seconds| seconds <= 60)
}

fn is_hours_and_minutes(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else {
        return false;
    };
    digits(hours, 2).is_ok_and(|hours| hours < 24)
        && digits(minutes, 2).is_ok_and(|minutes| minutes < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_dates_read_back() {
        for text in ["2026", "2026-02", "2024-02-29", "2000-02-29"] {
            assert_eq!(
                text.parse::<PartialDate>().expect("a date").to_string(),
                text
            );
        }
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2026-13",
            "2026-00-01",
            "2026-1-1",
            "20260101",
            "",
            "2026-04-31",
            "-026",
            "２０２６",
        ] {
            assert_eq!(text.parse::<PartialDate>(), Err(ParseDateError), "{text}");
        }
    }

    #[test]
    fn a_time_needs_seconds_and_an_offset() {
        assert!(PartialDate::parse_date_time("2026-04-01T09:30:00+09:00").is_ok());
        assert!(PartialDate::parse_date_time("2026-04-01T09:30:00.5Z").is_ok());
        for text in [
            "2026-04-01T09:30:00",
            "2026-04-01T09:30+09:00",
            "2026-04T09:30:00Z",
            "2026-04-01T24:00:00Z",
            "2026-04-01T",
        ] {
            assert!(PartialDate::parse_date_time(text).is_err(), "{text}");
        }
    }
}
