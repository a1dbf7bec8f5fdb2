//! Observation: a coded measure or finding with subject, time and value (or the reason why there is none).

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};

const STATUS: &[&str] = &[
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
];

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    root.child("status").required_code(STATUS, issues);
    root.child("code").required_concept(issues);
    let subject = root.child("subject").required_reference(issues);
    let date = root.child("effectiveDateTime").required_date_time(issues);
    check_value(root, issues);
    Findings {
        subject: subject.map(str::to_owned),
        date,
    }
}

fn check_value(root: &Element<'_>, issues: &mut Issues) {
    let carriers = [
        "valueQuantity",
        "valueCodeableConcept",
        "valueString",
        "valueBoolean",
        "valueInteger",
        "dataAbsentReason",
        "component",
    ];
    if !carriers.iter().any(|name| root.child(name).is_present()) {
        issues.push(root.issue(
            IssueCode::Required,
            "a value, components, or dataAbsentReason",
        ));
    }
    check_quantity(&root.child("valueQuantity"), issues);
    for component in root.child("component").list(issues) {
        component.child("code").required_concept(issues);
        check_quantity(&component.child("valueQuantity"), issues);
    }
}

/// A quantity has a number and a UCUM unit.
fn check_quantity(quantity: &Element<'_>, issues: &mut Issues) {
    if !quantity.is_present() {
        return;
    }
    if !quantity
        .child("value")
        .value()
        .is_some_and(serde_json::Value::is_number)
    {
        issues.push(
            quantity
                .child("value")
                .issue(IssueCode::Value, "expected a number"),
        );
    }
    quantity.child("code").required_text(issues);
    if quantity
        .child("system")
        .value()
        .and_then(|system| system.as_str())
        != Some("http://unitsofmeasure.org")
    {
        issues.push(quantity.child("system").issue(
            IssueCode::Value,
            "expected http://unitsofmeasure.org (UCUM)",
        ));
    }
}
