//! A search as it is asked: parameters that are known, each value read at the door.

use crate::{
    instant::Span,
    outcome::Outcome,
    served::{Comparison, Parameter, Served},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_primitives::Pseudonym;

/// How many entries a page has unless the client says.
const COUNT_DEFAULT: usize = 50;
/// The most entries of a page.
pub(crate) const COUNT_MAX: usize = 200;

/// Name of the parameter that says where the next page begins.
pub(crate) const CURSOR: &str = "_cursor";

/// Parameters that are about the answer, or that clients send out of habit.
const ABOUT_THE_ANSWER: [&str; 3] = ["_format", "_pretty", "_total"];

/// One condition: any of its values must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) parameter: Parameter,
    pub(crate) values: Vec<Wanted>,
}

/// One value of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// System if one is named (empty for "none"), and code unless any serves.
    Token {
        system: Option<String>,
        code: Option<String>,
    },
    /// A span of time and how the resource's must lie to it.
    Date(Prefix, Span),
    /// The text as it stands.
    Text(String),
}

/// FHIR's prefixes of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    StartsAfter,
    EndsBefore,
}

/// Where a page begins: after this time and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) start: i64,
    pub(crate) id: String,
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Whose, if a patient is named.
    pub(crate) patient: Option<Pseudonym>,
    /// These ids only.
    pub(crate) ids: Option<Vec<String>>,
    /// All must hold.
    pub(crate) conditions: Vec<Condition>,
    /// Entries of a page.
    pub(crate) count: usize,
    /// Where it begins.
    pub(crate) after: Option<Cursor>,
    /// The parameters that were taken account of, but for the cursor: the self link.
    pub(crate) used: Vec<(String, String)>,
}

const ID: Parameter = Parameter {
    name: "_id",
    by: Comparison::Token,
    paths: &["id"],
};
const LAST_UPDATED: Parameter = Parameter {
    name: "_lastUpdated",
    by: Comparison::Date,
    paths: &["meta.lastUpdated"],
};

impl Query {
    /// Reads the parameters of a search of a type.
    ///
    /// # Errors
    /// 400 with the parameter that is unknown or has a wrong value.
    pub(crate) fn parse(
        served: &Served,
        pairs: &[(String, String)],
        is_lenient: bool,
        base: &str,
    ) -> Result<Self, Outcome> {
        let mut query = Self {
            count: COUNT_DEFAULT,
            ..Self::default()
        };
        for (name, value) in pairs {
            match name.as_str() {
                "_count" => query.count = count(value)?,
                CURSOR => query.after = Some(Cursor::parse(value)?),
                "_id" => query.ids = Some(value.split(',').map(str::to_owned).collect()),
                name if ABOUT_THE_ANSWER.contains(&name) => continue,
                _ => query.condition(served, name, value, is_lenient, base)?,
            }
            if name != CURSOR {
                query.used.push((name.clone(), value.clone()));
            }
        }
        if let Some(ids) = &query.ids {
            let values = ids.iter().map(|id| Wanted::Token {
                system: None,
                code: Some(id.clone()),
            });
            query.conditions.push(Condition {
                parameter: ID,
                values: values.collect(),
            });
        }
        Ok(query)
    }

    fn condition(
        &mut self,
        served: &Served,
        name: &str,
        value: &str,
        is_lenient: bool,
        base: &str,
    ) -> Result<(), Outcome> {
        let known = served
            .parameters
            .iter()
            .chain([&LAST_UPDATED])
            .find(|parameter| parameter.name == name);
        let Some(parameter) = known else {
            if is_lenient {
                return Ok(());
            }
            return Err(unknown(served, name));
        };
        if parameter.by == Comparison::Reference {
            let named = patient(value, base).ok_or_else(|| {
                Outcome::invalid(format!(
                    "{name}: expected Patient/ and 64 hexadecimal digits, one patient a search"
                ))
            })?;
            let is_other = self.patient.is_some_and(|earlier| earlier != named);
            if is_other {
                return Err(Outcome::invalid(format!("{name}: one patient a search")));
            }
            self.patient = Some(named);
            return Ok(());
        }
        let values = value.split(',').map(|one| wanted(parameter, one));
        self.conditions.push(Condition {
            parameter: *parameter,
            values: values.collect::<Result<_, _>>()?,
        });
        Ok(())
    }
}

fn unknown(served: &Served, name: &str) -> Outcome {
    let names = served.parameters.iter().map(|parameter| parameter.name);
    let names: Vec<&str> = names.chain(["_id", "_lastUpdated", "_count"]).collect();
    Outcome::new(
        axum::http::StatusCode::BAD_REQUEST,
        "not-supported",
        format!(
            "{name}: {} is searched by {}",
            served.of.as_str(),
            names.join(", ")
        ),
    )
}

fn count(value: &str) -> Result<usize, Outcome> {
    let count: usize = value
        .parse()
        .map_err(|_| Outcome::invalid("_count: expected a number"))?;
    Ok(count.min(COUNT_MAX))
}

fn wanted(parameter: &Parameter, value: &str) -> Result<Wanted, Outcome> {
    let wrong =
        |expected: &str| Outcome::invalid(format!("{}: expected {expected}", parameter.name));
    if value.is_empty() {
        return Err(wrong("a value"));
    }
    match parameter.by {
        Comparison::Token => Ok(token(value)),
        Comparison::Date => {
            let (prefix, rest) = Prefix::split(value);
            // A plus sign in a query stands for a space: +09:00 that was not percent-encoded.
            let span = Span::parse(&rest.replace(' ', "+")).ok_or_else(|| {
                wrong("[eq|ne|lt|gt|le|ge|sa|eb]YYYY-MM-DD, or with a time and an offset")
            })?;
            Ok(Wanted::Date(prefix, span))
        }
        Comparison::Text | Comparison::Canonical | Comparison::Reference => {
            Ok(Wanted::Text(value.to_owned()))
        }
    }
}

fn token(value: &str) -> Wanted {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match value.split_once('|') {
        Some((system, code)) => Wanted::Token {
            system: Some(system.to_owned()),
            code: some(code),
        },
        None => Wanted::Token {
            system: None,
            code: some(value),
        },
    }
}

impl Prefix {
    fn split(value: &str) -> (Self, &str) {
        let known = [
            ("eq", Self::Equal),
            ("ne", Self::NotEqual),
            ("lt", Self::Less),
            ("gt", Self::Greater),
            ("le", Self::LessOrEqual),
            ("ge", Self::GreaterOrEqual),
            ("sa", Self::StartsAfter),
            ("eb", Self::EndsBefore),
        ];
        known
            .iter()
            .find_map(|(text, prefix)| Some((*prefix, value.strip_prefix(text)?)))
            .unwrap_or((Self::Equal, value))
    }

    /// Whether a resource's time lies to the wanted one as the prefix says (FHIR R4, search, section "date").
    pub(crate) fn holds(self, wanted: Span, actual: Span) -> bool {
        match self {
            Self::Equal => wanted.contains(actual),
            Self::NotEqual => !wanted.contains(actual),
            Self::Less => actual.start < wanted.start,
            Self::Greater => wanted.end < actual.end,
            Self::LessOrEqual => actual.start < wanted.start || wanted.contains(actual),
            Self::GreaterOrEqual => wanted.end < actual.end || wanted.contains(actual),
            Self::StartsAfter => wanted.end <= actual.start,
            Self::EndsBefore => actual.end <= wanted.start,
        }
    }
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Outcome> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let text = String::from_utf8(bytes).ok()?;
            let (start, id) = text.split_once(' ')?;
            Some(Self {
                start: start.parse().ok()?,
                id: id.to_owned(),
            })
        };
        read().ok_or_else(|| Outcome::invalid("_cursor: follow the link that the page before gave"))
    }

    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {}", self.start, self.id))
    }
}

/// The pseudonym in a reference to a Patient of this facade: relative, absolute, or the bare id.
pub(crate) fn patient(reference: &str, base: &str) -> Option<Pseudonym> {
    let relative = reference
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(reference);
    let id = relative.strip_prefix("Patient/").unwrap_or(relative);
    let is_plain = id.len() == 64 && !id.starts_with("0x");
    is_plain.then(|| id.parse().ok()).flatten()
}

/// A reference to the Patient of a pseudonym.
pub(crate) fn reference(subject: &Pseudonym) -> String {
    format!("Patient/{}", id(&subject.0))
}

/// 32 bytes as a FHIR id: 64 hexadecimal digits, exactly as many as an id may have.
pub(crate) fn id(bytes: &[u8; 32]) -> String {
    hex::encode(bytes)
}

/// A text as it stands in a query (RFC 3986: all but the unreserved characters are percent-encoded).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::served::Type;

    fn parse(text: &str) -> Result<Query, Outcome> {
        let pairs: Vec<(String, String)> = text
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Query::parse(Type::Immunization.served(), &pairs, false, "http://x/fhir")
    }

    #[test]
    fn a_patient_is_named_in_three_ways() {
        let id = "ab".repeat(32);
        for text in [
            id.clone(),
            format!("Patient/{id}"),
            format!("http://x/fhir/Patient/{id}"),
        ] {
            let query = parse(&format!("patient={text}")).expect("a search");
            assert_eq!(query.patient, Some(Pseudonym([0xab; 32])), "{text}");
        }
        assert!(
            parse("patient=Patient/12").is_err() && parse("patient=http://y/Patient/12").is_err()
        );
    }

    #[test]
    fn what_is_not_known_or_not_readable_is_refused_by_name() {
        for text in [
            "color=red",
            "date=yesterday",
            "_count=many",
            "_cursor=!!",
            "status=",
        ] {
            let refused = parse(text).expect_err(text).resource().to_string();
            let name = text.split('=').next().unwrap_or_default();
            assert!(refused.contains(name), "{refused}");
        }
    }

    #[test]
    fn a_cursor_reads_back_and_pages_are_bounded() {
        let cursor = Cursor {
            start: -5,
            id: "ab".to_owned(),
        };
        assert_eq!(Cursor::parse(&cursor.to_text()), Ok(cursor));
        assert_eq!(parse("_count=9999").map(|query| query.count), Ok(COUNT_MAX));
    }

    #[test]
    fn prefixes_compare_spans() {
        let span = |text| Span::parse(text).expect("a date");
        let (day, time) = (span("2026-11-05"), span("2026-11-05T09:00:00+09:00"));
        assert!(Prefix::Equal.holds(day, time) && !Prefix::Equal.holds(time, day));
        assert!(Prefix::GreaterOrEqual.holds(day, time) && !Prefix::Greater.holds(day, time));
        assert!(Prefix::StartsAfter.holds(span("2026-11-04"), time));
        assert!(Prefix::EndsBefore.holds(span("2026-11-06"), time));
        assert!(Prefix::NotEqual.holds(span("2026-10"), time) && Prefix::Less.holds(time, day));
    }

    #[test]
    fn a_text_is_encoded_for_a_query() {
        assert_eq!(encoded("a|b c/ü"), "a%7Cb%20c%2F%C3%BC");
    }
}
