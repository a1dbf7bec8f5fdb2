//! A child's record leaves whole, and only that child's.

use musubi_fhir::Resource;
use musubi_portability::export::{ChildRecord, ExportError, PrintedLine};
use serde_json::{Value, json};

fn resources() -> Vec<Resource> {
    let patient = |id: &str, name: &str| json!({"resourceType": "Patient", "id": id, "identifier": [{"value": id}], "name": [{"text": name}], "birthDate": "2026-01-10"});
    let dose = |id: &str, status: &str, day: &str| json!({"resourceType": "Immunization", "status": status, "lotNumber": "HK417A", "vaccineCode": {"text": "5種混合"}, "patient": {"reference": format!("Patient/{id}")}, "occurrenceDateTime": day});
    let weight = json!({"resourceType": "Observation", "status": "final", "code": {"text": "体重"}, "subject": {"reference": "Patient/a"}, "effectiveDateTime": "2026-03-20",
        "valueQuantity": {"value": 6240, "unit": "g", "code": "g", "system": "http://unitsofmeasure.org"}});
    let all = [
        patient("a", "見本　結"),
        dose("a", "completed", "2026-04-20"),
        dose("a", "entered-in-error", "2026-03-20"),
        patient("b", "見本　空"),
        dose("b", "completed", "2026-03-20"),
        weight,
    ];
    all.into_iter()
        .map(|one| Resource::from_value(one).unwrap())
        .collect()
}

#[test]
fn the_bundle_holds_the_child_and_every_record_by_date_as_it_was_sent() {
    let all = resources();
    let bundle = ChildRecord::of("a", &all)
        .unwrap()
        .bundle("2026-11-26T00:00:00Z");
    let entries: Vec<&Value> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"])
        .collect();
    assert_eq!(
        entries,
        [
            all[0].value(),
            all[2].value(),
            all[5].value(),
            all[1].value()
        ]
    );
    assert!(!bundle.to_string().contains("見本　空"));
}

#[test]
fn the_printed_copy_says_what_was_cancelled_and_that_nothing_recorded_proves_nothing() {
    let lines = ChildRecord::of("a", &resources())
        .unwrap()
        .printed("2026-11-26");
    let entry = |label: &str, value: &str| PrintedLine::Entry {
        label: label.to_owned(),
        value: value.to_owned(),
    };
    assert!(lines.contains(&entry("氏名", "見本　結")));
    assert!(lines.contains(&entry("2026-03-20", "【取消】5種混合　ロット HK417A")));
    assert!(lines.contains(&entry("2026-03-20", "体重　6240 g")));
    assert!(
        matches!(lines.last(), Some(PrintedLine::Note(text)) if text.contains("証明ではありません"))
    );
}

#[test]
fn a_child_that_is_not_there_is_named() {
    assert_eq!(
        ChildRecord::of("c", &resources()).expect_err("none"),
        ExportError::NoSuchPatient("c".to_owned())
    );
}
