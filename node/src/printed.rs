//! A record's lines as the rows of a page: what `musubi care export` prints, and what a family takes along.

use musubi_consent::rendering::Row;
use musubi_portability::export::{ChildRecord, PrintedLine};

/// All that a copy on paper says of a record, printed on the day `today` (`YYYY-MM-DD`).
pub fn rows(record: &ChildRecord, today: &str) -> Vec<Row> {
    record.printed(today).into_iter().map(row).collect()
}

fn row(line: PrintedLine) -> Row {
    match line {
        PrintedLine::Title(text) => Row::Title(text),
        PrintedLine::Heading(text) => Row::Heading(text),
        PrintedLine::Note(text) => Row::Note(text),
        PrintedLine::Entry { label, value } => Row::Field { label, value },
    }
}
