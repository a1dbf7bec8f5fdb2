//! Observation: a coded measure or finding with subject, time and value (or the reason why there is none).

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};
use serde_json::Value;

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

/// A unit by its UCUM code, and what no human exceeds in it.
type Unit = (&'static str, f64);

/// Body measures by LOINC code, each with its units: weight (29463-7), height or length (8302-2, 8306-3), head circumference (8287-5,
/// 9843-4). The bounds are wider than any living person: what is unlikely for an age is a question for whoever knows the age.
const BODY_MEASURES: [(&[&str], &[Unit]); 3] = [
    (&["29463-7"], &[("g", 700_000.0), ("kg", 700.0)]),
    (
        &["8302-2", "8306-3"],
        &[("mm", 3_000.0), ("cm", 300.0), ("m", 3.0)],
    ),
    (&["8287-5", "9843-4"], &[("mm", 1_000.0), ("cm", 100.0)]),
];

/// A body measure is a positive number in a unit of its kind, and one that a human can have.
fn check_measure(root: &Element<'_>, issues: &mut Issues) {
    let quantity = root.child("valueQuantity");
    let Some(units) = units_of(root).filter(|_| quantity.is_present()) else {
        return;
    };
    let unit = quantity.child("code").value().and_then(Value::as_str);
    let known = units.iter().find(|(code, _)| Some(*code) == unit);
    let Some((_, most)) = known else {
        let codes: Vec<&str> = units.iter().map(|(code, _)| *code).collect();
        let expected = format!("expected one of the units {}", codes.join(", "));
        issues.push(quantity.issue(IssueCode::Value, &expected));
        return;
    };
    let number = quantity.child("value").value().and_then(Value::as_f64);
    if number.is_some_and(|number| number <= 0.0 || *most < number) {
        let expected = format!("expected a measure above 0 and at most {most}, in its unit");
        issues.push(quantity.issue(IssueCode::Value, &expected));
    }
}

/// The units of the measure that a coding of LOINC names.
fn units_of(root: &Element<'_>) -> Option<&'static [Unit]> {
    let codings = root.child("code").value()?["coding"].as_array()?;
    let of_loinc = codings
        .iter()
        .filter(|coding| coding["system"] == "http://loinc.org");
    let mut codes = of_loinc.filter_map(|coding| coding["code"].as_str());
    codes.find_map(|code| {
        let mut measures = BODY_MEASURES.iter();
        measures
            .find(|(of, _)| of.contains(&code))
            .map(|(_, units)| *units)
    })
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
    check_measure(root, issues);
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
        .is_some_and(Value::is_number)
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

#[cfg(test)]
mod tests {
    use crate::Resource;
    use serde_json::{Value, json};

    fn measured(code: &str, value: &Value, unit: &str) -> Value {
        json!({
            "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/1"},
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "effectiveDateTime": "2026-11-05",
            "valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"},
        })
    }

    #[test]
    fn a_measure_in_a_unit_of_another_kind_or_beyond_any_human_is_refused_where_it_stands() {
        let wrong = [
            ("29463-7", json!(7200), "cm"),
            ("29463-7", json!(7200), "kg"),
            ("29463-7", json!(0), "g"),
            ("29463-7", json!(7200), "xyz"),
            ("8302-2", json!(-5), "cm"),
            ("8302-2", json!(62), "m"),
            ("8306-3", json!(62.5), "kg"),
            ("9843-4", json!(400), "cm"),
            ("8287-5", json!(40), "g"),
        ];
        for (code, value, unit) in wrong {
            let refused = Resource::from_value(measured(code, &value, unit));
            let refusal = refused.expect_err("refused");
            let places: Vec<&str> = refusal
                .0
                .iter()
                .map(|issue| issue.expression.as_str())
                .collect();
            assert_eq!(
                places,
                ["Observation.valueQuantity"],
                "{code} {value} {unit}"
            );
        }
        let right = [
            ("29463-7", json!(7200), "g"),
            ("29463-7", json!(7.2), "kg"),
            ("8302-2", json!(62.5), "cm"),
            ("8302-2", json!(0.625), "m"),
            ("9843-4", json!(40.1), "cm"),
            ("2708-6", json!(98), "%"),
        ];
        for (code, value, unit) in right {
            let taken = Resource::from_value(measured(code, &value, unit));
            assert!(taken.is_ok(), "{code} {value} {unit}");
        }
    }
}
