//! Whether the naive check would notice a wrong rule: every number of the programmes is changed by one, and each change must show.

use musubi_care::presets::SCHEDULE_2026;
use musubi_care::rules::RuleSet;
use serde_json::Value;

use crate::agreement::POSED;

/// Ages that nobody of the cohort born until 2007-04-01 can still be under, on any day these rules judge.
const OUT_OF_REACH: [&str; 2] = [
    "/programmes/9/periods/2/from/months",
    "/programmes/9/periods/2/tracks/0/doses/3/not_before/years",
];

#[test]
fn a_rule_changed_by_one_is_noticed() {
    let unchanged: Value = serde_json::from_str(SCHEDULE_2026).unwrap();
    let mut numbers = Vec::new();
    collect(&unchanged["programmes"], "/programmes", &mut numbers);
    assert!(80 < numbers.len(), "only {} numbers found", numbers.len());
    let unnoticed: Vec<&String> = numbers
        .iter()
        .filter(|at| !OUT_OF_REACH.contains(&at.as_str()))
        .filter(|at| !is_noticed(&unchanged, at))
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// Paths of all numbers but those of usual times, which no verdict depends on.
fn collect(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Number(_) => into.push(path.to_owned()),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| collect(item, &format!("{path}/{at}"), into)),
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(name, _)| *name != "standard") {
                collect(field, &format!("{path}/{name}"), into);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn is_noticed(unchanged: &Value, path: &str) -> bool {
    let programme = path.split('/').nth(2).unwrap();
    let products = unchanged
        .pointer(&format!("/programmes/{programme}/products"))
        .and_then(Value::as_array)
        .unwrap();
    let concerned = || {
        POSED
            .iter()
            .filter(|posed| products.iter().any(|product| *product == posed.vaccine()))
    };
    [-1, 1].into_iter().all(|step| {
        let mut changed = unchanged.clone();
        let number = changed.pointer_mut(path).unwrap();
        *number = (number.as_i64().unwrap() + step).into();
        let rules = RuleSet::parse(&changed.to_string()).unwrap();
        concerned().any(|posed| !posed.agrees(&rules))
    })
}
