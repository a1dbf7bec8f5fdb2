//! Reading: dates and decimals survive the round trip, and no text, however broken, makes a reader panic.

use musubi_care::cases::CaseFile;
use musubi_care::civil::Date;
use musubi_care::decimal::Thousandths;
use musubi_care::growth::Reference;
use musubi_care::presets::{GROWTH_2023, SCHEDULE_2026};
use musubi_care::rules::RuleSet;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::calendar::Calendar;

const CASES: &str = include_str!("../data/vaccine-cases.json");

fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// `text` with the byte at `at` (taken round) replaced by one printable character.
fn spoiled(text: &str, at: usize, by: char) -> String {
    let at = at % text.len();
    let at = (at..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let rest = text[at..].chars().skip(1);
    text[..at].chars().chain([by]).chain(rest).collect()
}

#[test]
fn every_day_of_the_walked_calendar_is_read_and_written_alike() {
    let calendar = Calendar::walk();
    let first = Date::parse("1994-01-01").unwrap();
    for (number, at) in (0..).zip(0..calendar.day(2065, 12, 31)) {
        let date = Date::parse(&calendar.text(at)).unwrap();
        assert_eq!(date, first.plus_days(number));
        assert_eq!(date.to_string(), calendar.text(at));
    }
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "2100-02-29",
        "1899-12-31",
        "2300-01-01",
        "2026-4-01",
        "2026/04/01",
        "２０２６-04-01",
        "",
    ] {
        assert!(Date::parse(text).is_err(), "{text}");
    }
    assert!(Date::parse("2000-02-29").is_ok());
}

proptest! {
    #![proptest_config(fixed(2_000))]

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,40}") {
        let _ = (Date::parse(&text), Thousandths::parse(&text), RuleSet::parse(&text), CaseFile::parse(&text), Reference::parse(&text));
    }

    #[test]
    fn a_decimal_survives_the_round_trip(value in -999_999_999..=999_999_999_i32) {
        prop_assert_eq!(Thousandths::parse(&Thousandths(value).to_string()), Ok(Thousandths(value)));
    }

    #[test]
    fn a_date_survives_the_round_trip(days in 0..146_000_i32) {
        let date = Date::parse("1900-01-01").unwrap().plus_days(days);
        prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
    }
}

proptest! {
    #![proptest_config(fixed(60))]

    #[test]
    fn a_spoiled_file_is_read_or_refused(at in any::<usize>(), by in "[ -~]") {
        let by = by.chars().next().unwrap_or(' ');
        let _ = (RuleSet::parse(&spoiled(SCHEDULE_2026, at, by)), CaseFile::parse(&spoiled(CASES, at, by)), Reference::parse(&spoiled(GROWTH_2023, at, by)));
    }
}
