//! Dates as they stand in files: read, or refused with what to write.

use musubi_care::civil::Date;
use musubi_portability::japanese_date::{DateFault, read};
use proptest::prelude::*;

#[test]
fn every_way_of_writing_one_day_is_read() {
    for text in [
        "2026-04-01",
        "2026/4/1",
        "2026.04.01",
        "20260401",
        "2026年4月1日",
        "２０２６／０４／０１",
        "令和8年4月1日",
        "令和８年４月１日",
        "R8.4.1",
        "r8-04-01",
        "Ｒ８．４．１",
        "令8.4.1",
        "5080401",
        " 2026-04-01 ",
        "令和 8年 4月 1日",
    ] {
        let reading = read(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(reading.date.to_string(), "2026-04-01", "{text}");
        assert_eq!(reading.converted, text != "2026-04-01", "{text}");
    }
    for (text, day) in [
        ("令和元年5月1日", "2019-05-01"),
        ("平成31年4月30日", "2019-04-30"),
        ("S64.1.7", "1989-01-07"),
        ("H元.1.8", "1989-01-08"),
        ("4310430", "2019-04-30"),
    ] {
        assert_eq!(read(text).unwrap().date.to_string(), day, "{text}");
    }
}

#[test]
fn what_could_be_several_days_or_none_is_refused_with_its_reason() {
    for (text, fault) in [
        ("", DateFault::Empty),
        ("　", DateFault::Empty),
        ("08/04/01", DateFault::Ambiguous),
        ("4/1/2026", DateFault::Ambiguous),
        ("080401", DateFault::Ambiguous),
        ("46113", DateFault::SerialNumber),
        ("2026-04", DateFault::Partial),
        ("令和8年4月", DateFault::Partial),
        ("平成32年4月1日", DateFault::OutsideEra),
        ("令和1年4月30日", DateFault::OutsideEra),
        ("昭和64年1月8日", DateFault::OutsideEra),
        ("2026-02-29", DateFault::NoDate),
        ("令和0年5月1日", DateFault::NoDate),
        ("9080401", DateFault::NoDate),
        ("未接種", DateFault::NoDate),
        ("2026-04-01T09:00", DateFault::NoDate),
    ] {
        assert_eq!(read(text), Err(fault), "{text}");
    }
}

proptest! {
    #[test]
    fn every_day_reads_back_in_both_calendars(offset in 0..40_000_i32) {
        let day = Date::new(1926, 12, 25).unwrap().plus_days(offset);
        let (year, month, date) = day.fields();
        let (era, zero) = if day < Date::new(1989, 1, 8).unwrap() {
            ("昭和", 1925)
        } else if day < Date::new(2019, 5, 1).unwrap() {
            ("平成", 1988)
        } else {
            ("令和", 2018)
        };
        prop_assert_eq!(read(&format!("{era}{}年{month}月{date}日", year - zero)).unwrap().date, day);
        prop_assert_eq!(read(&format!("{year}{month:02}{date:02}")).unwrap().date, day);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,20}") {
        let _ = read(&text);
    }
}
