//! FHIR that is already FHIR: a Bundle, one resource a line, or one resource. Entries are taken as they are, or refused.

use crate::report::{Fault, Line, Outcome};
use musubi_fhir::{Kind, Refusal, Resource};
use serde_json::Value;

/// One resource a line; empty lines are passed over.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let numbered = text.lines().zip(1_usize..);
    let filled = numbered.filter(|(line, _)| !line.trim().is_empty());
    filled
        .map(|(line, number)| Line {
            place: format!("line {number}"),
            outcome: outcome(Resource::parse(line)),
        })
        .collect()
}

/// The entries of a Bundle, or the one resource.
pub(crate) fn document(document: &Value) -> Vec<Line> {
    if document["resourceType"] != "Bundle" {
        return vec![Line {
            place: "resource".to_owned(),
            outcome: outcome(Resource::from_value(document.clone())),
        }];
    }
    let entries = document["entry"].as_array().map_or(&[][..], Vec::as_slice);
    let numbered = entries.iter().zip(1_usize..);
    numbered
        .map(|(entry, number)| Line {
            place: format!("entry {number}"),
            outcome: outcome(Resource::from_value(entry["resource"].clone())),
        })
        .collect()
}

fn outcome(read: Result<Resource, Refusal>) -> Outcome {
    match read {
        Ok(resource) if resource.kind() == Kind::Patient => {
            let id = resource.value()["id"].as_str();
            let person = id.unwrap_or_default().to_owned();
            Outcome::Converted {
                person,
                patient: Some(resource.value().clone()),
                resources: Vec::new(),
                notes: Vec::new(),
            }
        }
        Ok(resource) => {
            let subject = resource.subject().unwrap_or_default();
            Outcome::Converted {
                person: subject
                    .strip_prefix("Patient/")
                    .unwrap_or(subject)
                    .to_owned(),
                patient: None,
                resources: vec![resource.value().clone()],
                notes: Vec::new(),
            }
        }
        Err(refusal) => Outcome::Refused(
            refusal
                .0
                .into_iter()
                .map(|issue| Fault {
                    place: issue.expression,
                    what: issue.expected,
                })
                .collect(),
        ),
    }
}
