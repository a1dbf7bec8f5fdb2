//! A moment of a FHIR `dateTime`, so that moments of different zones can be compared.

use crate::date::PartialDate;
use std::cmp::Ordering;

/// A date, or a moment to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// Only a date was given.
    Day(PartialDate),
    /// Seconds since 1970-01-01T00:00:00Z, and nanoseconds.
    Moment(i64, u32),
}

impl Instant {
    /// Reads a `dateTime`.
    pub fn parse(text: &str) -> Option<Self> {
        let date = PartialDate::parse_date_time(text).ok()?;
        let Some((_, time)) = text.split_once('T') else {
            return Some(Self::Day(date));
        };
        let at = time.find(['Z', '+', '-'])?;
        let (clock, offset) = time.split_at(at);
        let (seconds, nanoseconds) = seconds_of_day(clock)?;
        let days = days_since_1970(date)?;
        let total = days * 86_400 + seconds - offset_seconds(offset)?;
        Some(Self::Moment(total, nanoseconds))
    }

    /// Which is earlier; none between a date and a moment, whose order depends on the zone.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Day(one), Self::Day(two)) => one.compare(two),
            (Self::Moment(..), Self::Moment(..)) => Some(self.moment().cmp(&other.moment())),
            (Self::Day(_), Self::Moment(..)) | (Self::Moment(..), Self::Day(_)) => None,
        }
    }

    fn moment(self) -> (i64, u32) {
        match self {
            Self::Moment(seconds, nanoseconds) => (seconds, nanoseconds),
            Self::Day(_) => (0, 0),
        }
    }
}

/// Seconds and nanoseconds of `HH:MM:SS[.fraction]`, whose form has been checked.
pub(super) fn seconds_of_day(clock: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = whole.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    Some((hours * 3600 + minutes * 60 + seconds, nanoseconds))
}

fn offset_seconds(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let (sign, rest) = offset.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let size = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    Some(if sign == "-" { -size } else { size })
}

/// Days of the proleptic Gregorian calendar, counted from years that begin in March, so that a leap day ends its year.
fn days_since_1970(date: PartialDate) -> Option<i64> {
    let (month, day) = (i64::from(date.month?), i64::from(date.day?));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_different_zones_are_compared_as_moments() {
        let moment = |text| Instant::parse(text).expect("a moment");
        assert_eq!(moment("1970-01-01T00:00:00Z"), Instant::Moment(0, 0));
        assert_eq!(
            moment("2026-04-01T09:00:00+09:00"),
            moment("2026-04-01T00:00:00Z")
        );
        assert_eq!(
            moment("2026-03-31T23:59:59.5Z").compare(moment("2026-04-01T09:00:00+09:00")),
            Some(Ordering::Less)
        );
        assert_eq!(
            moment("2026-04-01").compare(moment("2026-04-01T00:00:00Z")),
            None
        );
    }
}
