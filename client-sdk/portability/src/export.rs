//! A child's record on its way out: a FHIR Bundle for the next system, and the lines of a printed copy for the family.
//!
//! Nothing is left out and nothing is added but the frame. Free of time: the edge says when the copy was made.

use musubi_fhir::{Kind, Resource};
use serde_json::{Value, json};

/// One line of the printed copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintedLine {
    /// What the paper is.
    Title(String),
    /// Begins a part.
    Heading(String),
    /// A date and what is recorded of it.
    Entry {
        /// When.
        label: String,
        /// What.
        value: String,
    },
    /// Words under a part.
    Note(String),
}

/// Whose record it is, and the record.
#[derive(Clone, Debug)]
pub struct ChildRecord {
    patient: Resource,
    records: Vec<Resource>,
}

/// Why no copy can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// No Patient with this id.
    #[error("there is no Patient {0:?} in the file")]
    NoSuchPatient(String),
}

impl ChildRecord {
    /// The record of the Patient with this id; records about others are left aside.
    ///
    /// # Errors
    /// When the Patient is not there.
    pub fn of(id: &str, resources: &[Resource]) -> Result<Self, ExportError> {
        let is_it = |one: &&Resource| one.kind() == Kind::Patient && one.value()["id"] == id;
        let patient = resources.iter().find(is_it);
        let patient = patient.ok_or_else(|| ExportError::NoSuchPatient(id.to_owned()))?;
        let reference = format!("Patient/{id}");
        let own = |one: &&Resource| one.subject() == Some(reference.as_str());
        let mut records: Vec<Resource> = resources.iter().filter(own).cloned().collect();
        records.sort_by_key(Resource::date);
        Ok(Self {
            patient: patient.clone(),
            records,
        })
    }

    /// A Bundle of type `collection`: the Patient, then the records by date, each as it was sent.
    pub fn bundle(&self, made: &str) -> Value {
        let all = std::iter::once(&self.patient).chain(&self.records);
        let entries = all.map(|one| json!({"resource": one.value()}));
        json!({"resourceType": "Bundle", "type": "collection", "timestamp": made, "entry": entries.collect::<Vec<Value>>()})
    }

    /// The lines of the printed copy.
    pub fn printed(&self, made: &str) -> Vec<PrintedLine> {
        let identity = self.patient.identity();
        let (name, kana, born) = identity
            .map(|one| (one.name, one.kana, one.born))
            .unwrap_or_default();
        let mut lines = vec![
            PrintedLine::Title("母子保健・予防接種の記録（写し）".to_owned()),
            entry("氏名", &name),
            entry("フリガナ", &kana),
            entry("生年月日", &born),
            entry("作成日", made),
        ];
        for (kind, heading) in [
            (Kind::Immunization, "予防接種"),
            (Kind::Observation, "計測・所見"),
            (Kind::QuestionnaireResponse, "問診・健診"),
        ] {
            lines.push(PrintedLine::Heading(heading.to_owned()));
            let own = self.records.iter().filter(|one| one.kind() == kind);
            let before = lines.len();
            lines.extend(own.map(line_of));
            if lines.len() == before {
                lines.push(PrintedLine::Note(
                    "記録なし（接種・受診がないことの証明ではありません）".to_owned(),
                ));
            }
        }
        lines
    }
}

fn entry(label: &str, value: &str) -> PrintedLine {
    PrintedLine::Entry {
        label: label.to_owned(),
        value: if value.is_empty() { "－" } else { value }.to_owned(),
    }
}

fn line_of(record: &Resource) -> PrintedLine {
    let date = record
        .date()
        .map(|date| date.to_string())
        .unwrap_or_default();
    let value = record.value();
    let said = match record.kind() {
        Kind::Immunization => dose(value),
        Kind::Observation => measure(value),
        Kind::QuestionnaireResponse => form(value),
        Kind::DocumentReference => words(&value["type"]),
        Kind::Patient => String::new(),
    };
    let said = match value["status"].as_str() {
        Some("entered-in-error") => format!("【取消】{said}"),
        Some("not-done") => format!("【未実施】{said}"),
        _ => said,
    };
    entry(&date, &said)
}

fn dose(value: &Value) -> String {
    let lot = value["lotNumber"].as_str().unwrap_or("不明");
    format!("{}　ロット {lot}", words(&value["vaccineCode"]))
}

fn measure(value: &Value) -> String {
    let quantity = &value["valueQuantity"];
    let code = words(&value["code"]);
    if quantity["value"].is_number() {
        let unit = quantity["unit"].as_str().or(quantity["code"].as_str());
        return format!("{code}　{} {}", quantity["value"], unit.unwrap_or_default());
    }
    let said = value["valueString"].as_str().map(str::to_owned);
    let said = said.unwrap_or_else(|| words(&value["valueCodeableConcept"]));
    format!("{code}　{said}")
}

fn form(value: &Value) -> String {
    let named = value["questionnaire"].as_str().unwrap_or_default();
    let name = named.rsplit('/').next().unwrap_or_default();
    let answered = value["item"].as_array().map_or(0, Vec::len);
    format!("{name}　{answered} 項目（全文はデータに収録）")
}

/// The text of a CodeableConcept, or its first display or code.
fn words(concept: &Value) -> String {
    let coding = &concept["coding"][0];
    let said = [&concept["text"], &coding["display"], &coding["code"]];
    let mut said = said.into_iter().filter_map(Value::as_str);
    said.next().unwrap_or_default().to_owned()
}
