//! FHIR that is already FHIR: a Bundle, one resource a line, or one resource. Entries are taken as they are, or refused.

use crate::report::{Fault, Line, Outcome};
use musubi_fhir::{Kind, Refusal, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a Bundle calls an entry that has no address yet.
const UUID: &str = "urn:uuid:";

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
    let people = people(entries);
    let numbered = entries.iter().zip(1_usize..);
    numbered
        .map(|(entry, number)| Line {
            place: format!("entry {number}"),
            outcome: match resolved(entry, &people) {
                Ok(resource) => outcome(Resource::from_value(resource)),
                Err(fault) => Outcome::Refused(vec![fault]),
            },
        })
        .collect()
}

/// The ids of the Bundle's Patients by the addresses that other entries call them by (FHIR R4, "Resolving references in Bundles").
fn people(entries: &[Value]) -> BTreeMap<&str, String> {
    let patients = entries.iter().filter(|entry| is_patient(entry));
    let named = patients.filter_map(|entry| Some((entry["fullUrl"].as_str()?, id_of(entry)?)));
    named.collect()
}

fn is_patient(entry: &Value) -> bool {
    entry["resource"]["resourceType"] == "Patient"
}

/// A Patient's own id; within a Bundle the UUID of its address stands for one.
fn id_of(entry: &Value) -> Option<String> {
    let own = entry["resource"]["id"].as_str();
    let address = entry["fullUrl"].as_str();
    own.or_else(|| address?.strip_prefix(UUID))
        .map(str::to_owned)
}

/// The resource of an entry with the Bundle's own addresses resolved.
fn resolved(entry: &Value, people: &BTreeMap<&str, String>) -> Result<Value, Fault> {
    let mut resource = entry["resource"].clone();
    if is_patient(entry) {
        if let (true, Some(id)) = (resource["id"].is_null(), id_of(entry)) {
            resource["id"] = id.into();
        }
        return Ok(resource);
    }
    for name in ["patient", "subject"] {
        let Some(reference) = resource[name]["reference"].as_str() else {
            continue;
        };
        match people.get(reference) {
            Some(id) => resource[name]["reference"] = format!("Patient/{id}").into(),
            None if reference.starts_with(UUID) => {
                return Err(Fault {
                    place: format!("{name}.reference"),
                    what: "a Patient of this Bundle: no entry has this address".to_owned(),
                });
            }
            None => {}
        }
    }
    Ok(resource)
}

fn outcome(read: Result<Resource, Refusal>) -> Outcome {
    match read {
        Ok(resource) if resource.kind() == Kind::Patient => {
            let id = resource.value()["id"].as_str().map(str::to_owned);
            let Some(person) = id.filter(|id| !id.trim().is_empty()) else {
                return Outcome::Refused(vec![Fault {
                    place: "Patient.id".to_owned(),
                    what: "required: records name the Patient by it".to_owned(),
                }]);
            };
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ADDRESS: &str = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0";

    fn patient(id: Option<&str>) -> Value {
        let mut patient = json!({"resourceType": "Patient", "identifier": [{"value": "1"}], "name": [{"text": "見本"}]});
        if let Some(id) = id {
            patient["id"] = json!(id);
        }
        patient
    }

    fn dose(of: &str) -> Value {
        json!({
            "resourceType": "Immunization", "status": "completed", "primarySource": true, "lotNumber": "L1",
            "vaccineCode": {"text": "MR"}, "patient": {"reference": of}, "occurrenceDateTime": "2026-10-01",
        })
    }

    fn people_of(entries: &Value) -> Vec<Result<String, String>> {
        let lines =
            document(&json!({"resourceType": "Bundle", "type": "collection", "entry": entries}));
        let person = |line: Line| match line.outcome {
            Outcome::Converted { person, .. } => Ok(person),
            Outcome::Refused(faults) => Err(format!("{}: {}", faults[0].place, faults[0].what)),
            Outcome::Nothing(why) => Err(why.to_owned()),
        };
        lines.into_iter().map(person).collect()
    }

    #[test]
    fn entries_find_one_another_by_the_addresses_of_their_bundle() {
        let at = |address: &str, patient: Value| json!({"fullUrl": address, "resource": patient});
        for (id, expected) in [
            (Some("17"), "17"),
            (None, ADDRESS.strip_prefix(UUID).expect("a UUID")),
        ] {
            let found = people_of(&json!([at(ADDRESS, patient(id)), {"resource": dose(ADDRESS)}]));
            assert_eq!(found, [Ok(expected.to_owned()), Ok(expected.to_owned())]);
        }
        let server = "https://ehr.example/fhir/Patient/17";
        let found = people_of(
            &json!([at(server, patient(Some("17"))), {"resource": dose(server)}, {"resource": dose("Patient/17")}]),
        );
        assert_eq!(found, vec![Ok("17".to_owned()); 3]);
    }

    #[test]
    fn a_patient_without_id_and_an_address_of_nobody_are_refused_with_their_place() {
        let found = people_of(&json!([{"resource": patient(None)}, {"resource": dose(ADDRESS)}]));
        let said: Vec<String> = found
            .into_iter()
            .map(|one| one.expect_err("refused"))
            .collect();
        assert!(said[0].starts_with("Patient.id: required"), "{said:?}");
        assert!(said[1].starts_with("patient.reference:"), "{said:?}");
        let alone = lines(&patient(None).to_string());
        assert!(matches!(alone[0].outcome, Outcome::Refused(_)));
    }
}
