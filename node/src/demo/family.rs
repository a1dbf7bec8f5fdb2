//! The story's input: FHIR R4 resources of one family, read from a folder that anyone can replace.
//!
//! Every `*.json` file of the folder is one resource. The Patient whose file name begins with `guardian` decides for the others; every
//! other Patient is a child, twins included. All other resources are records, each about the child that its patient reference names.

use crate::{clock::now, desk::dose::japanese_day};
use musubi_care::civil::Date;
use musubi_fhir::{Kind, Resource};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A preset by folder and name.
macro_rules! preset {
    ($folder:literal, $name:literal) => {
        (
            $name,
            include_str!(concat!(
                "../../../chain-spec/presets/demo/",
                $folder,
                "/",
                $name
            )),
        )
    };
}

/// The five presets of a folder.
macro_rules! presets {
    ($folder:literal) => {
        [
            preset!($folder, "guardian.json"),
            preset!($folder, "child.json"),
            preset!($folder, "immunization.json"),
            preset!($folder, "checkup.json"),
            preset!($folder, "questionnaire.json"),
        ]
    };
}

/// The built-in families, by the name of their folder in `chain-spec/presets/demo`.
const BUILT_IN: [(&str, [(&str, &str); 5]); 2] = [
    ("phone-family", presets!("phone-family")),
    ("counter-family", presets!("counter-family")),
];

/// A family and what was recorded about its children.
#[derive(Clone, Debug)]
pub struct Family {
    /// Who decides.
    pub guardian: Resource,
    /// For whom; at least one.
    pub children: Vec<Child>,
}

/// A child and the resources about it, in the order of their file names.
#[derive(Clone, Debug)]
pub struct Child {
    /// The Patient.
    pub patient: Resource,
    /// Doses, measures, answers.
    pub records: Vec<Resource>,
}

impl Family {
    /// A family that comes with the program.
    ///
    /// # Errors
    /// As [`Family::read`].
    pub fn built_in(name: &str) -> Result<Self, String> {
        let (_, files) = BUILT_IN
            .iter()
            .find(|(folder, _)| *folder == name)
            .ok_or_else(|| format!("no built-in family is called {name}"))?;
        let late = days_behind();
        let files = files.map(|(name, text)| (PathBuf::from(name), moved(text, late)));
        Self::from_texts(files.into())
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong in it, each issue with its place.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("family {}: {error}", folder.display());
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                files.push((path, text));
            }
        }
        files.sort();
        Self::from_texts(files).map_err(|error| format!("family {}: {error}", folder.display()))
    }

    fn from_texts(files: Vec<(PathBuf, String)>) -> Result<Self, String> {
        let (mut guardians, mut children, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for (path, text) in files {
            let resource = Resource::parse(&text)
                .map_err(|refusal| format!("{}: {refusal}", path.display()))?;
            let is_guardian = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("guardian"));
            match (resource.kind(), is_guardian) {
                (Kind::Patient, true) => guardians.push(resource),
                (Kind::Patient, false) => children.push(Child {
                    patient: resource,
                    records: Vec::new(),
                }),
                _ => records.push((path, resource)),
            }
        }
        let [guardian] = <[Resource; 1]>::try_from(guardians).map_err(|found| {
            format!(
                "expected one guardian*.json with a Patient, found {}",
                found.len()
            )
        })?;
        if children.is_empty() {
            return Err("expected at least one Patient beside the guardian: a child".to_owned());
        }
        for (path, record) in records {
            child_of(&record, &mut children)
                .ok_or_else(|| {
                    format!(
                        "{}: its patient reference names no child of this folder (Patient/ and the child's id or identifier)",
                        path.display()
                    )
                })?
                .records
                .push(record);
        }
        Ok(Self { guardian, children })
    }
}

/// How far this machine's clock is behind the day that the built-in families were written for: a dose of tomorrow is not recorded.
fn days_behind() -> i32 {
    let written_for = Date::new(2026, 11, 26);
    let today = japanese_day(now());
    let days = written_for
        .zip(today)
        .map(|(day, today)| today.days_since(day));
    days.unwrap_or_default().min(0)
}

/// The resource with every date moved by so many days.
fn moved(text: &str, days: i32) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) if days != 0 => {
            move_dates(&mut value, days);
            value.to_string()
        }
        _ => text.to_owned(),
    }
}

fn move_dates(value: &mut Value, days: i32) {
    match value {
        Value::String(text) => {
            let date = text.get(..10).and_then(|start| Date::parse(start).ok());
            let rest = text.get(10..).unwrap_or_default().to_owned();
            if let Some(date) = date.filter(|_| rest.is_empty() || rest.starts_with('T')) {
                *text = format!("{}{rest}", date.plus_days(days));
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| move_dates(entry, days)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| move_dates(member, days)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn child_of<'a>(record: &Resource, children: &'a mut [Child]) -> Option<&'a mut Child> {
    let name = record.subject()?.strip_prefix("Patient/")?;
    children
        .iter_mut()
        .find(|child| names_of(&child.patient).any(|known| known == name))
}

/// What a reference may call a patient: its id, or the value of one of its identifiers.
fn names_of(patient: &Resource) -> impl Iterator<Item = &str> {
    let value = patient.value();
    let identifiers = value["identifier"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let identifiers = identifiers.iter().filter_map(|one| one["value"].as_str());
    value["id"].as_str().into_iter().chain(identifiers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_families_have_a_dose_a_measure_and_answers() {
        for (name, _) in BUILT_IN {
            let family = Family::built_in(name).expect("the presets are right");
            let kinds: Vec<Kind> = family.children[0]
                .records
                .iter()
                .map(Resource::kind)
                .collect();
            let expected = [
                Kind::Observation,
                Kind::Immunization,
                Kind::QuestionnaireResponse,
            ];
            assert!(
                expected.iter().all(|kind| kinds.contains(kind)),
                "{name}: {kinds:?}"
            );
        }
    }

    #[test]
    fn dates_move_together_and_nothing_else_does() {
        let text = r#"{"a":["2026-11-05T10:20:00+09:00"],"b":"2026-03-01","c":"form|2026.1","d":"2026-11-05-x","e":3}"#;
        let expected = r#"{"a":["2026-11-03T10:20:00+09:00"],"b":"2026-02-27","c":"form|2026.1","d":"2026-11-05-x","e":3}"#;
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(read(&moved(text, -2)), read(expected));
        assert_eq!(moved(text, 0), text);
    }

    #[test]
    fn twins_get_each_their_own_records_and_strangers_are_refused() {
        let patient = |id: &str| {
            format!(
                r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"value":"n-{id}"}}],"name":[{{"text":"{id}"}}],"birthDate":"2026-07-01"}}"#
            )
        };
        let dose = |of: &str| {
            format!(
                r#"{{"resourceType":"Immunization","status":"completed","lotNumber":"A","vaccineCode":{{"text":"x"}},"patient":{{"reference":"Patient/{of}"}},"occurrenceDateTime":"2026-09-01"}}"#
            )
        };
        let mut files: Vec<(PathBuf, String)> = vec![
            ("guardian.json".into(), patient("g")),
            ("child-a.json".into(), patient("a")),
            ("child-b.json".into(), patient("b")),
            ("dose-a.json".into(), dose("a")),
            ("dose-b.json".into(), dose("n-b")),
        ];
        let twins = Family::from_texts(files.clone()).expect("twins");
        assert!(twins.children.iter().all(|child| child.records.len() == 1));
        files.push(("dose-c.json".into(), dose("c")));
        let refused = Family::from_texts(files).expect_err("nobody is called c");
        assert!(refused.contains("dose-c.json"), "{refused}");
    }
}
