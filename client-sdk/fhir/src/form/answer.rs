//! One answer: a value of one of the types that items have, read from JSON and compared.

use crate::{
    date::PartialDate,
    element::Element,
    form::{
        instant::{Instant, seconds_of_day},
        item::ItemKind,
    },
    issue::{Issue, IssueCode},
};
use serde_json::Value;
use std::cmp::Ordering;

/// The code system of units.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";

/// A decimal number. It is held as the nearest double, which keeps the order of what was written.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Decimal(f64);

impl Decimal {
    /// The number, unless it is none.
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// An answer's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `valueBoolean`.
    Boolean(bool),
    /// `valueDecimal`.
    Decimal(Decimal),
    /// `valueInteger`.
    Integer(i32),
    /// `valueDate`.
    Date(PartialDate),
    /// `valueDateTime`.
    DateTime(Instant),
    /// `valueTime`: seconds and nanoseconds of the day.
    Time(i64, u32),
    /// `valueString` or `valueUri`.
    Text(String),
    /// `valueCoding`: system (may be empty) and code.
    Coding(String, String),
    /// `valueQuantity`: number and UCUM code of its unit.
    Quantity(Decimal, String),
}

/// The types of `value[x]` and `answer[x]` that are read, and what they are called.
const TYPES: [&str; 10] = [
    "Boolean", "Decimal", "Integer", "Date", "DateTime", "Time", "String", "Uri", "Coding",
    "Quantity",
];

impl Answer {
    /// Reads `value[x]` (or another `prefix`) of an element.
    ///
    /// # Errors
    /// Where and what was expected.
    pub(super) fn read(holder: &Element<'_>, prefix: &str) -> Result<(Self, &'static str), Issue> {
        let present = TYPES
            .into_iter()
            .filter(|kind| holder.child(&format!("{prefix}{kind}")).is_present());
        let present: Vec<&'static str> = present.collect();
        let [kind] = present.as_slice() else {
            let expected = format!("exactly one of {prefix}Boolean, {prefix}Decimal, …");
            return Err(holder.issue(IssueCode::Structure, &expected));
        };
        let element = holder.child(&format!("{prefix}{kind}"));
        let answer = element
            .value()
            .and_then(|value| parse(kind, value))
            .ok_or_else(|| element.issue(IssueCode::Value, expected(kind)))?;
        Ok((answer, kind))
    }

    /// Which of the two is less; none for values that have no order, or not with each other.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Decimal(one), Self::Decimal(two)) => one.partial_cmp(two),
            (Self::Integer(one), Self::Integer(two)) => Some(one.cmp(two)),
            (Self::Date(one), Self::Date(two)) => one.compare(*two),
            (Self::DateTime(one), Self::DateTime(two)) => one.compare(*two),
            (Self::Time(one, nanos), Self::Time(two, more)) => Some((one, nanos).cmp(&(two, more))),
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Quantity(one, unit), Self::Quantity(two, other)) if unit == other => {
                one.partial_cmp(two)
            }
            _ => None,
        }
    }

    /// Whether the two are the same value. A coding without system equals any of its code.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Coding(system, code), Self::Coding(another, same)) => {
                code == same && (system == another || system.is_empty() || another.is_empty())
            }
            _ => self == other || self.compare(other) == Some(Ordering::Equal),
        }
    }
}

/// Whether a value of this type answers an item of this kind.
pub(super) fn fits(kind: ItemKind, value: &str) -> bool {
    match kind {
        ItemKind::Group | ItemKind::Display => false,
        ItemKind::Boolean => value == "Boolean",
        ItemKind::Decimal => value == "Decimal",
        ItemKind::Integer => value == "Integer",
        ItemKind::Date => value == "Date",
        ItemKind::DateTime => value == "DateTime",
        ItemKind::Time => value == "Time",
        ItemKind::String | ItemKind::Text => value == "String",
        ItemKind::Url => value == "Uri",
        ItemKind::Choice => matches!(value, "Coding" | "Integer" | "Date" | "Time" | "String"),
        ItemKind::OpenChoice => matches!(value, "Coding" | "String"),
        ItemKind::Quantity => value == "Quantity",
    }
}

fn parse(kind: &str, value: &Value) -> Option<Answer> {
    match kind {
        "Boolean" => value.as_bool().map(Answer::Boolean),
        "Decimal" => decimal(value).map(Answer::Decimal),
        "Integer" => integer(value).map(Answer::Integer),
        "Date" => value.as_str()?.parse().ok().map(Answer::Date),
        "DateTime" => Instant::parse(value.as_str()?).map(Answer::DateTime),
        "Time" => time(value.as_str()?),
        "String" | "Uri" => text(value).map(Answer::Text),
        "Coding" => coding(value),
        "Quantity" => quantity(value),
        _ => None,
    }
}

fn expected(kind: &str) -> &'static str {
    match kind {
        "Boolean" => "expected true or false",
        "Decimal" => "expected a number",
        "Integer" => "expected a whole number from -2147483648 to 2147483647",
        "Date" => "expected a date YYYY, YYYY-MM or YYYY-MM-DD that exists",
        "DateTime" => "expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+09:00 that exists",
        "Time" => "expected hh:mm:ss",
        "Coding" => "expected a coding with a code",
        "Quantity" => "expected a value and a UCUM code (system http://unitsofmeasure.org)",
        _ => "expected a string that is not empty",
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_f64().and_then(Decimal::new)
}

fn integer(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
}

fn time(text: &str) -> Option<Answer> {
    // The clock of a moment has the same form as a time, so the one check serves both.
    PartialDate::parse_date_time(&format!("2000-01-01T{text}Z")).ok()?;
    let (seconds, nanoseconds) = seconds_of_day(text)?;
    Some(Answer::Time(seconds, nanoseconds))
}

fn coding(value: &Value) -> Option<Answer> {
    let code = text(&value["code"])?;
    let system = match &value["system"] {
        Value::Null => String::new(),
        Value::String(system) => system.clone(),
        _ => return None,
    };
    Some(Answer::Coding(system, code))
}

fn quantity(value: &Value) -> Option<Answer> {
    let number = decimal(&value["value"])?;
    let unit = text(&value["code"])?;
    (value["system"] == UCUM).then_some(Answer::Quantity(number, unit))
}
