//! A row becomes FHIR by the column map: a Patient, a dose, measures. What is missing or unclear is a fault at its column.

use crate::{
    columns::{ColumnMap, DoseColumns, MeasureColumn, PersonColumns},
    japanese_date,
    report::{Fault, Outcome},
    source::Row,
};
use musubi_care::{civil::Date, decimal::Thousandths, records::PRODUCT_SYSTEM};
use musubi_fhir::Resource;
use serde_json::{Value, json};

const UCUM: &str = "http://unitsofmeasure.org";
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

/// What one row becomes.
pub(crate) fn convert(map: &ColumnMap, row: &Row<'_>) -> Outcome {
    let mut reading = Reading {
        row,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    let Some(person) = reading.required(&map.person.id) else {
        return Outcome::Refused(reading.faults);
    };
    if is_individual_number(&person) {
        reading.fault(&map.person.id, "12 digits: an individual number (個人番号) must not be imported; use the resident's own number (宛名番号)");
        return Outcome::Refused(reading.faults);
    }
    let patient = reading.patient(&map.person, &person);
    let mut resources = Vec::new();
    if let Some(dose) = &map.dose {
        resources.extend(reading.dose(dose, &person));
    }
    for measure in &map.measures {
        resources.extend(reading.measure(measure, &person));
    }
    reading.check(patient.iter().chain(&resources));
    if !reading.faults.is_empty() {
        return Outcome::Refused(reading.faults);
    }
    if resources.is_empty() {
        return Outcome::Nothing("no dose and no measure in this row");
    }
    Outcome::Converted {
        person,
        patient,
        resources,
        notes: reading.notes,
    }
}

struct Reading<'a> {
    row: &'a Row<'a>,
    faults: Vec<Fault>,
    notes: Vec<Fault>,
}

impl Reading<'_> {
    fn patient(&mut self, columns: &PersonColumns, person: &str) -> Option<Value> {
        let name = columns.name.as_ref()?;
        let name = self.required(name)?;
        let mut names = vec![named("IDE", &name)];
        let kana = columns.kana.as_ref().and_then(|kana| self.row.value(kana));
        names.extend(kana.map(|kana| named("SYL", &kana)));
        let mut patient = json!({
            "resourceType": "Patient", "id": local_id(person), "identifier": [{"system": columns.system, "value": person}], "name": names,
        });
        if let Some(birth) = columns.birth.as_ref().and_then(|birth| self.date(birth)) {
            patient["birthDate"] = birth.to_string().into();
        }
        if let Some(sex) = self.sex(columns) {
            patient["gender"] = sex.into();
        }
        Some(patient)
    }

    fn sex(&mut self, columns: &PersonColumns) -> Option<String> {
        let column = columns.sex.as_ref()?;
        let value = self.row.value(column)?;
        let sex = columns.sexes.get(&value);
        if sex.is_none() {
            self.fault(
                column,
                "a sex that the column map's [person.sexes] does not list",
            );
        }
        sex.cloned()
    }

    fn dose(&mut self, columns: &DoseColumns, person: &str) -> Option<Value> {
        let vaccine = self.row.value(&columns.vaccine)?;
        let Some(product) = columns.products.get(&vaccine) else {
            self.fault(&columns.vaccine, "a vaccine that the column map's [dose.products] does not list: add it there, nothing is guessed");
            return None;
        };
        let date = self.date(&columns.date)?;
        let mut dose = json!({
            "resourceType": "Immunization", "status": "completed", "primarySource": false,
            "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": product}], "text": vaccine},
            "patient": {"reference": reference(person)}, "occurrenceDateTime": date.to_string(),
            "reportOrigin": {"text": "過去の記録から取り込み"},
        });
        if let Some(lot) = columns.lot.as_ref().and_then(|lot| self.row.value(lot)) {
            dose["lotNumber"] = lot.into();
        }
        if let Some(number) = columns
            .number
            .as_ref()
            .and_then(|number| self.number(number))
        {
            dose["protocolApplied"] = json!([{"doseNumberPositiveInt": number}]);
        }
        let performer = columns.performer.as_ref();
        if let Some(performer) = performer.and_then(|performer| self.row.value(performer)) {
            dose["performer"] = json!([{"actor": {"display": performer}}]);
        }
        Some(dose)
    }

    fn number(&mut self, column: &str) -> Option<u8> {
        let value = self.row.value(column)?;
        let number = half_width(&value).trim_end_matches('回').parse().ok();
        let number = number.filter(|number| (1..=20).contains(number));
        if number.is_none() {
            self.fault(column, "expected the number of the dose, 1 to 20");
        }
        number
    }

    fn measure(&mut self, column: &MeasureColumn, person: &str) -> Option<Value> {
        let value = half_width(&self.row.value(&column.column)?);
        let date = self.date(&column.date)?;
        let is_number = Thousandths::parse(&value).is_ok_and(|number| 0 < number.0);
        let Some(number) = serde_json::from_str::<Value>(&value)
            .ok()
            .filter(|_| is_number)
        else {
            let expected = format!("expected a number in {} such as 12.5", column.unit);
            self.fault(&column.column, &expected);
            return None;
        };
        Some(json!({
            "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": column.loinc}]},
            "subject": {"reference": reference(person)}, "effectiveDateTime": date.to_string(),
            "valueQuantity": {"value": number, "unit": column.unit, "system": UCUM, "code": column.unit},
        }))
    }

    fn required(&mut self, column: &str) -> Option<String> {
        let value = self.row.value(column);
        if value.is_none() {
            self.fault(column, "nothing stands here, and it is needed");
        }
        value
    }

    fn date(&mut self, column: &str) -> Option<Date> {
        let text = self.row.value(column).unwrap_or_default();
        match japanese_date::read(&text) {
            Ok(read) => {
                if read.converted {
                    self.note(column, &format!("read as {}", read.date));
                }
                Some(read.date)
            }
            Err(fault) => {
                self.fault(column, &fault.to_string());
                None
            }
        }
    }

    /// Every resource passes the checks that the gateway makes, so that nothing is refused there that could be found here.
    fn check<'v>(&mut self, resources: impl Iterator<Item = &'v Value>) {
        for resource in resources {
            if let Err(refusal) = Resource::from_value(resource.clone()) {
                let faults = refusal.0.into_iter().map(|issue| Fault {
                    place: issue.expression,
                    what: issue.expected,
                });
                self.faults.extend(faults);
            }
        }
    }

    fn fault(&mut self, column: &str, what: &str) {
        self.faults.push(at(column, what));
    }

    fn note(&mut self, column: &str, what: &str) {
        self.notes.push(at(column, what));
    }
}

fn at(column: &str, what: &str) -> Fault {
    Fault {
        place: format!("column {column}"),
        what: what.to_owned(),
    }
}

fn named(writing: &str, name: &str) -> Value {
    json!({"use": "official", "extension": [{"url": REPRESENTATION, "valueCode": writing}], "text": name})
}

/// An id that FHIR allows, the same for the same number.
fn local_id(person: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if person.len() <= 64 && person.chars().all(is_allowed) {
        person.to_owned()
    } else {
        let mut name = hex::encode(person);
        name.truncate(64);
        name
    }
}

fn reference(person: &str) -> String {
    format!("Patient/{}", local_id(person))
}

fn half_width(text: &str) -> String {
    let half = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '．' => '.',
        _ => c,
    };
    text.chars().map(half).collect()
}

fn is_individual_number(text: &str) -> bool {
    let digits = half_width(text);
    let digits: Vec<char> = digits.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    digits.len() == 12 && digits.iter().all(char::is_ascii_digit)
}
