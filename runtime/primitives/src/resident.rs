//! People as the chain knows them: pseudonyms, service domains, parental authority, card bindings.

use crate::{id::Moment, member::code};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

code! {
    /// A service domain. A person has a separate pseudonym and account in each, so that shops cannot be joined to clinics.
    ServiceDomain {
        /// Maternal and child health.
        Health = 0,
        /// Regional points.
        Points = 1,
        /// Bookings and locks.
        Booking = 2,
        /// Shelters.
        Shelter = 3,
        /// Counters and applications.
        Counter = 4,
        /// Mailbox.
        Mailbox = 5,
    }
}

code! {
    /// Parental authority (民法818条, 824条の2): alone, or together with another holder who may object.
    Authority {
        /// This guardian decides alone.
        Single = 0,
        /// This guardian decides; another holder of joint authority may object, which pauses.
        Joint = 1,
    }
}

code! {
    /// The state of a card binding.
    BindingState {
        /// This card may sign for the person.
        Active = 0,
        /// A newer card took its place.
        Replaced = 1,
        /// Reported lost or stopped; a person at a counter lifts it.
        Suspended = 2,
        /// For ever unusable.
        Revoked = 3,
    }
}

/// As whom a person signs for a subject.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum SignerRole {
    /// The subject.
    #[codec(index = 0)]
    #[serde(rename = "self")]
    Subject,
    /// 親権者.
    #[codec(index = 1)]
    ParentalAuthority,
    /// 未成年後見人.
    #[codec(index = 2)]
    GuardianOfMinor,
    /// 児童相談所長.
    #[codec(index = 3)]
    ChildWelfareDirector,
    /// 里親等.
    #[codec(index = 4)]
    FosterParent,
    /// 代理人: by a letter of proxy or a court's decision, for an adult.
    #[codec(index = 5)]
    Proxy,
}

const DAY: Moment = 24 * 60 * 60 * 1_000;
/// Japan is nine hours ahead of UTC, all year.
const JAPAN: Moment = 9 * 60 * 60 * 1_000;

/// Whether a moment is midnight, Japan time, of a 1 April: the common date on which guardianships end, so that no birthday shows.
pub fn is_common_date(moment: Moment) -> bool {
    let local = moment.saturating_add(JAPAN);
    local.is_multiple_of(DAY) && month_and_day(local / DAY) == (4, 1)
}

/// The first common date at least `days` days after `now`.
pub fn common_date_after(now: Moment, days: u16) -> Moment {
    let earliest = now
        .saturating_add(JAPAN)
        .saturating_add(DAY.saturating_mul(days.into()));
    let first_day = earliest.div_ceil(DAY);
    let day = (first_day..first_day.saturating_add(366))
        .find(|day| month_and_day(*day) == (4, 1))
        .unwrap_or(first_day);
    day.saturating_mul(DAY).saturating_sub(JAPAN)
}

/// Month and day of a day counted from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn month_and_day(days: u64) -> (u64, u64) {
    // Years start on 1 March there, so that the leap day is the last one; 719,468 days lie between 0000-03-01 and 1970-01-01.
    let day_of_era = days.saturating_add(719_468) % 146_097;
    let leap_days = (day_of_era / 1_460)
        .saturating_add(day_of_era / 146_096)
        .saturating_sub(day_of_era / 36_524);
    let year_of_era = day_of_era.saturating_sub(leap_days) / 365;
    let before_year = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let day_of_year = day_of_era.saturating_sub(before_year);
    let shifted_month = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let before_month = shifted_month.saturating_mul(153).saturating_add(2) / 5;
    let month = shifted_month.saturating_add(2) % 12;
    (
        month.saturating_add(1),
        day_of_year.saturating_sub(before_month).saturating_add(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-04-01T00:00+09:00.
    const APRIL_2026: Moment = 1_774_969_200_000;

    #[test]
    fn common_dates_are_first_of_april_in_japan() {
        assert!(is_common_date(APRIL_2026));
        assert!(
            !is_common_date(APRIL_2026 + JAPAN),
            "midnight in London is not midnight in Hokkaido"
        );
        assert!(!is_common_date(APRIL_2026 + DAY));
        assert_eq!(common_date_after(APRIL_2026 - 1, 0), APRIL_2026);
        assert_eq!(common_date_after(APRIL_2026, 0), APRIL_2026);
        assert_eq!(common_date_after(APRIL_2026, 1), APRIL_2026 + 365 * DAY);
    }

    #[test]
    fn there_is_one_common_date_a_year_through_leap_years() {
        let mut date = APRIL_2026;
        for year in 2027..2130u64 {
            let leap = year.is_multiple_of(4) && year != 2100;
            let next = common_date_after(date, 1);
            assert_eq!(next - date, DAY * if leap { 366 } else { 365 }, "{year}");
            assert!(is_common_date(next));
            date = next;
        }
    }
}
