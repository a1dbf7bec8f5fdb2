//! A whole file, converted: every line with what became of it.

use crate::{
    columns::ColumnMap,
    convert::convert,
    encoding::{self, EncodingError},
    fhir_file,
    report::{Fault, Line, Outcome},
    source::Row,
};
use serde_json::Value;

/// The most bytes of a file: a town of 100,000 people with twenty doses each.
pub const BYTES_MAX: usize = 512 * 1024 * 1024;

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated, with a header; needs a column map.
    Csv,
    /// JSON with a list of entries, such as MynaPortal and PMH give; needs a column map.
    Json,
    /// A FHIR Bundle or one resource.
    Fhir,
    /// One FHIR resource a line.
    FhirLines,
}

/// Why a file is not read at all.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Not text in UTF-8.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Not JSON.
    #[error("the file is not JSON: line {line} column {column}")]
    Json {
        /// Line of the first error.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// A header that lacks a column, or names one twice.
    #[error("the header {what} column {column:?}: correct the column map or the file")]
    Header {
        /// Lacks, or names twice.
        what: &'static str,
        /// Which.
        column: String,
    },
    /// A kind of file that needs a map.
    #[error("a CSV file, or JSON that is not FHIR, needs a column map")]
    NoMap,
    /// The list that the map names is not there.
    #[error("there is no list at {0:?} in the JSON: correct the column map's list")]
    NoList(String),
    /// Too long.
    #[error("the file has {0} bytes, at most {BYTES_MAX} are read: split it")]
    TooLong(usize),
}

/// The kind that a file is by its first character and the map: JSON is FHIR if it says so.
pub fn kind_of(text: &str) -> Kind {
    let first_line = text.lines().find(|line| !line.trim().is_empty());
    let is_object = first_line.is_some_and(|line| line.trim_start().starts_with(['{', '[']));
    if !is_object {
        return Kind::Csv;
    }
    let first: Option<Value> = first_line.and_then(|line| serde_json::from_str(line).ok());
    let is_fhir = |value: &Value| value["resourceType"].is_string();
    let is_alone = text.lines().filter(|line| !line.trim().is_empty()).count() == 1;
    match first {
        Some(first) if is_fhir(&first) && (!is_alone || first["resourceType"] != "Bundle") => {
            Kind::FhirLines
        }
        _ => match serde_json::from_str::<Value>(text) {
            Ok(whole) if is_fhir(&whole) => Kind::Fhir,
            _ => Kind::Json,
        },
    }
}

/// Converts a file.
///
/// # Errors
/// Why it cannot be read at all; what is wrong with one line is said in that line.
pub fn convert_file(bytes: &[u8], map: Option<&ColumnMap>) -> Result<Vec<Line>, BatchError> {
    if BYTES_MAX < bytes.len() {
        return Err(BatchError::TooLong(bytes.len()));
    }
    let text = encoding::text(bytes)?;
    match (kind_of(text), map) {
        (Kind::FhirLines, _) => Ok(fhir_file::lines(text)),
        (Kind::Fhir, _) => Ok(fhir_file::document(&parsed(text)?)),
        (Kind::Csv, Some(map)) => csv_lines(text, map),
        (Kind::Json, Some(map)) => json_entries(&parsed(text)?, map),
        (Kind::Csv | Kind::Json, None) => Err(BatchError::NoMap),
    }
}

fn parsed(text: &str) -> Result<Value, BatchError> {
    serde_json::from_str(text).map_err(|error| BatchError::Json {
        line: error.line(),
        column: error.column(),
    })
}

fn csv_lines(text: &str, map: &ColumnMap) -> Result<Vec<Line>, BatchError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    check_header(&header, map)?;
    let records = reader.records().zip(2_u64..);
    Ok(records
        .map(|(record, number)| csv_line(&header, record, number, map))
        .collect())
}

fn csv_line(
    header: &csv::StringRecord,
    record: Result<csv::StringRecord, csv::Error>,
    number: u64,
    map: &ColumnMap,
) -> Line {
    let place = |line: u64| format!("line {line}");
    match record {
        Ok(record) => {
            let line = record.position().map_or(number, csv::Position::line);
            let outcome = if record.len() == header.len() {
                convert(map, &Row::Csv(header, &record))
            } else {
                let (found, expected) = (record.len(), header.len());
                refused(
                    "row",
                    &format!(
                        "{found} fields, the header has {expected}: look for a comma or a quote too many"
                    ),
                )
            };
            Line {
                place: place(line),
                outcome,
            }
        }
        Err(error) => Line {
            place: place(error.position().map_or(number, csv::Position::line)),
            outcome: refused("row", "quotes that do not match: correct the line"),
        },
    }
}

fn check_header(header: &csv::StringRecord, map: &ColumnMap) -> Result<(), BatchError> {
    let complaint = |what: &'static str, column: &str| {
        Err(BatchError::Header {
            what,
            column: column.to_owned(),
        })
    };
    for column in map.required() {
        match header.iter().filter(|name| name.trim() == column).count() {
            0 => return complaint("lacks", column),
            1 => {}
            _ => return complaint("names twice", column),
        }
    }
    Ok(())
}

fn json_entries(document: &Value, map: &ColumnMap) -> Result<Vec<Line>, BatchError> {
    let pointer = map.list.clone().unwrap_or_default();
    let list = document.pointer(&pointer).and_then(Value::as_array);
    let list = list.ok_or(BatchError::NoList(pointer))?;
    let numbered = list.iter().zip(1_usize..);
    Ok(numbered
        .map(|(entry, number)| Line {
            place: format!("entry {number}"),
            outcome: convert(map, &Row::Json(entry, document)),
        })
        .collect())
}

fn refused(place: &str, what: &str) -> Outcome {
    Outcome::Refused(vec![Fault {
        place: place.to_owned(),
        what: what.to_owned(),
    }])
}
