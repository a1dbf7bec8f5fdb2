//! Moments and FHIR's partial dates, on one line of milliseconds. A date without a time is a Japanese civil date (UTC+9).

use musubi_fhir::PartialDate;
use musubi_primitives::Moment;

const DAY: i64 = 24 * 3600 * 1000;
const MINUTE: i64 = 60 * 1000;
/// Japan's offset from UTC, all year.
const JAPAN: i64 = 9 * 60 * MINUTE;

/// Milliseconds since 1970 from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First millisecond.
    pub start: i64,
    /// First millisecond after it.
    pub end: i64,
}

impl Span {
    /// A single moment.
    pub fn at(moment: Moment) -> Self {
        let start = i64::try_from(moment).unwrap_or(i64::MAX);
        Self {
            start,
            end: start.saturating_add(1),
        }
    }

    /// What a FHIR `date`, `dateTime` or `instant` stands for; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((date, time)) = text.split_once('T') else {
            return text.parse().ok().map(Self::of_date);
        };
        PartialDate::parse_date_time(text).ok()?;
        let day = Self::of_date(date.parse().ok()?)
            .start
            .saturating_add(JAPAN);
        let at = time.find(['Z', '+', '-'])?;
        let (clock, offset) = time.split_at(at);
        let start = day
            .saturating_add(clock_millis(clock)?)
            .saturating_sub(offset_millis(offset)?);
        let width = if clock.contains('.') { 1 } else { 1000 };
        Some(Self {
            start,
            end: start.saturating_add(width),
        })
    }

    fn of_date(date: PartialDate) -> Self {
        let year = i64::from(date.year);
        let (start, end) = match (date.month, date.day) {
            (Some(month), Some(day)) => {
                let start = days(year, month.into(), day.into());
                (start, start + 1)
            }
            (Some(month), None) => (
                days(year, month.into(), 1),
                days(year, i64::from(month) + 1, 1),
            ),
            (None, _) => (days(year, 1, 1), days(year + 1, 1, 1)),
        };
        let millis = |days: i64| days.saturating_mul(DAY).saturating_sub(JAPAN);
        Self {
            start: millis(start),
            end: millis(end),
        }
    }

    /// Whether the two have a moment in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of `other` lies within this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Days since 1970-01-01 of a day of the Gregorian calendar; month 13 is January of the next year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 12 {
        (year + 1, month - 12)
    } else {
        (year, month)
    };
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn clock_millis(clock: &str) -> Option<i64> {
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = whole.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis.parse::<i64>().ok()?)
}

fn offset_millis(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let (sign, rest) = offset.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let millis = (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * MINUTE;
    Some(if sign == "-" { -millis } else { millis })
}

/// A moment as FHIR's `instant`, in UTC.
pub fn instant(moment: Moment) -> String {
    let (date, of_day) = (date_of(moment, 0), moment % 86_400_000);
    let (seconds, millis) = (of_day / 1000, of_day % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{date}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

/// The Japanese civil date of a moment.
pub fn japanese_date(moment: Moment) -> String {
    date_of(moment, 9 * 3600 * 1000)
}

fn date_of(moment: Moment, offset: Moment) -> String {
    let day = i64::try_from(moment.saturating_add(offset) / 86_400_000).unwrap_or(i64::MAX / DAY);
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_and_read_back() {
        for moment in [0, 951_782_400_123, 1_795_651_200_000, 4_102_444_799_999] {
            let span = Span::parse(&instant(moment)).expect("an instant");
            assert_eq!(span, Span::at(moment), "{}", instant(moment));
        }
        assert_eq!(instant(1_795_651_200_000), "2026-11-26T00:00:00.000Z");
        assert_eq!(
            japanese_date(1_795_651_200_000 + 15 * 3_600_000),
            "2026-11-27"
        );
    }

    #[test]
    fn a_date_is_a_day_in_japan_and_partial_dates_are_longer() {
        let day = Span::parse("2024-02-29").expect("a leap day");
        assert_eq!(
            Span::parse("2024-02-29T00:00:00+09:00").map(|time| time.start),
            Some(day.start)
        );
        assert_eq!(day.end - day.start, DAY);
        let month = Span::parse("2023-12").expect("a month");
        assert_eq!((month.end - month.start) / DAY, 31);
        let year = Span::parse("2024").expect("a year");
        assert_eq!((year.end - year.start) / DAY, 366);
        assert!(year.contains(day) && day.overlaps(year) && !month.overlaps(day));
    }

    #[test]
    fn what_is_no_date_has_no_span() {
        for text in [
            "",
            "2024-13",
            "2024-02-30",
            "2024-02-29T25:00:00Z",
            "yesterday",
            "2024-02-29T10:00",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }
}
