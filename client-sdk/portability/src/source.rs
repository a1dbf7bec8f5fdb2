//! One row of whatever file: a value by the name that the column map gives it.

use serde_json::Value;

/// A row.
pub(crate) enum Row<'a> {
    /// A line of a CSV file, with the file's header.
    Csv(&'a csv::StringRecord, &'a csv::StringRecord),
    /// An entry of a JSON document, and the document.
    Json(&'a Value, &'a Value),
}

impl Row<'_> {
    /// The value under a name; none if there is nothing but space.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Csv(header, record) => {
                let at = header.iter().position(|column| column.trim() == name)?;
                record.get(at)?.to_owned()
            }
            Self::Json(entry, document) => match name.strip_prefix('^') {
                Some(pointer) => plain(document.pointer(pointer)?)?,
                None => plain(entry.pointer(name)?)?,
            },
        };
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
