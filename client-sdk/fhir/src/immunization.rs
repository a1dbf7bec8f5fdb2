//! Immunization, by JP Core 1.2: status, vaccine code, patient and date are required; a dose not given says why.

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    let status = root
        .child("status")
        .required_code(&["completed", "entered-in-error", "not-done"], issues);
    root.child("vaccineCode").required_concept(issues);
    let subject = root.child("patient").required_reference(issues);
    let date = root.child("occurrenceDateTime").required_date_time(issues);
    if status == Some("not-done") {
        root.child("statusReason").required_concept(issues);
    }
    if status == Some("completed") && !is_told_by_others(root) {
        root.child("lotNumber").required_text(issues);
    }
    root.child("expirationDate").date(issues);
    check_extensions(&root.child("extension"), issues);
    Findings {
        subject: subject.map(str::to_owned),
        date,
    }
}

/// `primarySource` false: taken over from another record, which may lack the lot.
fn is_told_by_others(root: &Element<'_>) -> bool {
    root.child("primarySource").value() == Some(&serde_json::Value::Bool(false))
}

/// JP Core's three date extensions stand at most once each and carry a `valueDate`.
fn check_extensions(extensions: &Element<'_>, issues: &mut Issues) {
    let entries = extensions.list(issues);
    for name in ["DueDateOfNextDose", "ManufacturedDate", "CertificatedDate"] {
        let of_name = entries.iter().filter(|entry| has_url_ending(entry, name));
        for (count, entry) in of_name.enumerate() {
            entry.child("valueDate").require(issues);
            entry.child("valueDate").date(issues);
            if count > 0 {
                issues.push(entry.issue(
                    IssueCode::Structure,
                    &format!("at most one extension {name}"),
                ));
            }
        }
    }
}

fn has_url_ending(extension: &Element<'_>, name: &str) -> bool {
    extension
        .child("url")
        .value()
        .and_then(|url| url.as_str())
        .is_some_and(|url| url.ends_with(name))
}

#[cfg(test)]
mod tests {
    use crate::Resource;
    use serde_json::{Value, json};

    fn dose() -> Value {
        json!({
            "resourceType": "Immunization", "status": "completed", "lotNumber": "AB123",
            "vaccineCode": {"coding": [{"system": "http://medis.or.jp/CodeSystem/master-HOT9", "code": "111501701"}]},
            "patient": {"reference": "Patient/child"}, "occurrenceDateTime": "2026-06-01"
        })
    }

    fn refused_at(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut value = dose();
        change(&mut value);
        Resource::from_value(value)
            .expect_err("refused")
            .0
            .into_iter()
            .map(|issue| issue.expression)
            .collect()
    }

    #[test]
    fn a_complete_dose_passes() {
        let resource = Resource::from_value(dose()).expect("complete");
        assert_eq!(
            (
                resource.subject(),
                resource.date().map(|date| date.to_string())
            ),
            (Some("Patient/child"), Some("2026-06-01".to_owned()))
        );
    }

    #[test]
    fn only_a_dose_taken_over_from_another_record_may_lack_its_lot() {
        let without_lot = |value: &mut Value| value["lotNumber"] = Value::Null;
        assert_eq!(refused_at(without_lot), ["Immunization.lotNumber"]);
        let mut told = dose();
        without_lot(&mut told);
        told["primarySource"] = json!(false);
        assert!(Resource::from_value(told).is_ok());
    }

    #[test]
    fn each_seeded_fault_is_found_at_its_place() {
        assert_eq!(
            refused_at(|v| v["status"] = json!("bogus")),
            ["Immunization.status"]
        );
        assert_eq!(
            refused_at(|v| v["vaccineCode"] = Value::Null),
            ["Immunization.vaccineCode"]
        );
        assert_eq!(
            refused_at(|v| v["occurrenceDateTime"] = json!("2026-13-01")),
            ["Immunization.occurrenceDateTime"]
        );
        assert_eq!(
            refused_at(|v| v["patient"] = json!({})),
            ["Immunization.patient.reference"]
        );
        assert_eq!(
            refused_at(|v| v["status"] = json!("not-done")),
            ["Immunization.statusReason"]
        );
        let url = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Immunization_DueDateOfNextDose";
        let twice = json!([{"url": url, "valueDate": "2026-07-01"}, {"url": url, "valueDate": "2026-07-02"}]);
        assert_eq!(
            refused_at(|v| v["extension"] = twice.clone()),
            ["Immunization.extension[1]"]
        );
        let with_time = json!([{"url": url, "valueDateTime": "2026-07-01"}]);
        assert_eq!(
            refused_at(|v| v["extension"] = with_time.clone()),
            ["Immunization.extension[0].valueDate"]
        );
    }
}
