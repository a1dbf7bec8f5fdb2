//! Dates as people here write them: 西暦 and 和暦, half and full width, with marks or characters between. What could be two days is
//! refused, never guessed.

use musubi_care::civil::Date;

/// A date and whether it had to be put into another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The day.
    pub date: Date,
    /// Whether the text was not `YYYY-MM-DD` already: the report says so.
    pub converted: bool,
}

/// Why a text is no date that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFault {
    /// Nothing stands there.
    #[error("nothing stands here: write the date as YYYY-MM-DD")]
    Empty,
    /// Two-digit years, or month and day in either order.
    #[error("this could be several days: write YYYY-MM-DD, or the era (令和8年4月1日)")]
    Ambiguous,
    /// A day that its era does not have.
    #[error(
        "that era does not have this day (令和 from 2019-05-01, 平成 from 1989-01-08, 昭和 from 1926-12-25): look it up"
    )]
    OutsideEra,
    /// A spreadsheet's day number.
    #[error(
        "this is a spreadsheet's day number: format the column as text YYYY-MM-DD and save again"
    )]
    SerialNumber,
    /// Year and month only.
    #[error("the day is missing: a dose needs its day")]
    Partial,
    /// Not in the calendar, or not a date at all.
    #[error("this is no day of the calendar: write YYYY-MM-DD")]
    NoDate,
}

/// An era: its names, its code in Japanese record layouts, the year before its first, and its days.
struct Era {
    names: [&'static str; 3],
    code: char,
    year_zero: i32,
    first: (i32, i32, i32),
    last: (i32, i32, i32),
}

const ERAS: [Era; 3] = [
    Era {
        names: ["令和", "R", "令"],
        code: '5',
        year_zero: 2018,
        first: (2019, 5, 1),
        last: (2299, 12, 31),
    },
    Era {
        names: ["平成", "H", "平"],
        code: '4',
        year_zero: 1988,
        first: (1989, 1, 8),
        last: (2019, 4, 30),
    },
    Era {
        names: ["昭和", "S", "昭"],
        code: '3',
        year_zero: 1925,
        first: (1926, 12, 25),
        last: (1989, 1, 7),
    },
];

/// Reads a date.
///
/// # Errors
/// Why not, and what to write instead.
pub fn read(text: &str) -> Result<Reading, DateFault> {
    let plain = halved(text);
    if plain.is_empty() {
        return Err(DateFault::Empty);
    }
    let date = of_era(&plain)
        .or_else(|| of_digits(&plain))
        .unwrap_or_else(|| of_parts(&plain, 0))?;
    Ok(Reading {
        date,
        converted: text != date.to_string(),
    })
}

/// The text in half width, without spaces, with a hyphen for every mark between numbers.
fn halved(text: &str) -> String {
    let half = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        '/' | '.' | '／' | '．' | '－' | '‐' | 'ー' | '−' | '年' | '月' => '-',
        _ => c,
    };
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '日');
    kept.map(half).map(|c| c.to_ascii_uppercase()).collect()
}

fn of_era(plain: &str) -> Option<Result<Date, DateFault>> {
    let named = ERAS.iter().find_map(|era| {
        let rest = era.names.iter().find_map(|name| plain.strip_prefix(name));
        rest.map(|rest| (era, rest))
    });
    let (era, rest) = named?;
    let first_year = rest.replacen('元', "1", 1);
    Some(of_parts(&first_year, era.year_zero).and_then(|date| era.holds(date)))
}

impl Era {
    fn holds(&self, date: Date) -> Result<Date, DateFault> {
        let fields = date.fields();
        if self.first <= fields && fields <= self.last {
            Ok(date)
        } else {
            Err(DateFault::OutsideEra)
        }
    }
}

/// Digits alone: `YYYYMMDD`, an era's code with `YYMMDD`, or something that nobody can be sure of.
fn of_digits(plain: &str) -> Option<Result<Date, DateFault>> {
    if !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match plain.len() {
        8 => day_of(&[plain.get(..4)?, plain.get(4..6)?, plain.get(6..)?], 0),
        7 => {
            let era = ERAS.iter().find(|era| plain.starts_with(era.code));
            let parts = [plain.get(1..3)?, plain.get(3..5)?, plain.get(5..)?];
            era.ok_or(DateFault::NoDate)
                .and_then(|era| day_of(&parts, era.year_zero).and_then(|date| era.holds(date)))
        }
        6 => Err(DateFault::Ambiguous),
        5 => Err(DateFault::SerialNumber),
        _ => Err(DateFault::NoDate),
    })
}

/// Year, month and day with marks between. Without an era the year has four digits and comes first.
fn of_parts(plain: &str, year_zero: i32) -> Result<Date, DateFault> {
    let parts: Vec<&str> = plain.trim_end_matches('-').split('-').collect();
    let are_digits = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let begins_with_year = year_zero != 0 || parts.first().is_some_and(|part| part.len() == 4);
    match parts.as_slice() {
        _ if !are_digits => Err(DateFault::NoDate),
        [_, _, _] if begins_with_year => day_of(&parts, year_zero),
        [_, _, _] => Err(DateFault::Ambiguous),
        [_, _] if begins_with_year => Err(DateFault::Partial),
        _ => Err(DateFault::NoDate),
    }
}

fn day_of(parts: &[&str], year_zero: i32) -> Result<Date, DateFault> {
    let mut numbers = parts.iter().map(|part| part.parse::<i32>().ok());
    let mut next = || numbers.next().flatten().ok_or(DateFault::NoDate);
    let (year, month, day) = (next()?, next()?, next()?);
    if year_zero != 0 && year == 0 {
        return Err(DateFault::NoDate);
    }
    Date::new(year.saturating_add(year_zero), month, day).ok_or(DateFault::NoDate)
}
