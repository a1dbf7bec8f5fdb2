//! The shared acceptance cases, through the same door as `musubi care check`.

use musubi_care::cases::{CaseFile, Comparison};
use musubi_care::presets::SCHEDULE_2026;
use musubi_care::rules::RuleSet;

const ACCEPTANCE: &str = include_str!("../data/vaccine-cases.json");

#[test]
fn every_acceptance_case_agrees() {
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    let file = CaseFile::parse(ACCEPTANCE).unwrap();
    let comparisons = file.compare(&rules);
    let differing: Vec<String> = comparisons
        .iter()
        .filter(|comparison| !comparison.agrees())
        .map(|comparison| {
            format!(
                "{} {}: {:?}",
                comparison.case.id, comparison.case.title, comparison.differences
            )
        })
        .collect();
    assert_eq!(comparisons.len(), 89);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_difference_in_any_field_is_shown() {
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    let differing = |from: &str, to: &str| {
        let text = ACCEPTANCE.replacen(from, to, 1);
        assert_ne!(text, ACCEPTANCE, "{from} is not in the file");
        let file = CaseFile::parse(&text).unwrap();
        let differences: Vec<String> = file
            .compare(&rules)
            .iter()
            .flat_map(|comparison| comparison.differences.clone())
            .map(|difference| difference.to_string())
            .collect();
        differences
    };
    assert_eq!(
        differing("\"dose\": \"primary_1\"", "\"dose\": \"primary_2\""),
        ["dose: expected primary_2, answered primary_1"]
    );
    assert_eq!(
        differing(
            "\"earliest_date\": \"2026-04-04\"",
            "\"earliest_date\": \"2026-04-03\""
        ),
        ["earliest_date: expected 2026-04-03, answered 2026-04-04"]
    );
    assert_eq!(
        differing("\"ROTA_FIRST_DOSE_AFTER_14W6D\"", ""),
        ["advisories: expected [], answered [ROTA_FIRST_DOSE_AFTER_14W6D]"]
    );
    assert_eq!(
        differing(
            "\"reason\": \"AGE_TOO_YOUNG\"",
            "\"reason\": \"AGE_TOO_OLD\""
        ),
        ["reason: expected AGE_TOO_OLD, answered AGE_TOO_YOUNG"]
    );
    assert_eq!(
        differing(
            "\"decision\": \"needs_review\"",
            "\"decision\": \"not_allowed\""
        ),
        ["decision: expected not_allowed, answered needs_review"]
    );
}

#[test]
fn null_and_absence_mean_the_same() {
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    let case = r#"{"id": "N", "subject": {"birth_date": "2026-01-15", "sex": null}, "history": null, "context": {"conditions": null, "special_measures": null},
        "proposed": {"vaccine": "PCV20", "date": "2026-03-14", "volume_ml": null}, "expected": {"decision": "allowed", "reason": "OK", "advisories": null}}"#;
    let file = CaseFile::parse(&format!(
        r#"{{"format": "vaccine-cases/1", "cases": [{case}]}}"#
    ))
    .unwrap();
    assert!(file.compare(&rules).iter().all(Comparison::agrees));
}

#[test]
fn another_format_is_refused_by_name() {
    let refused = CaseFile::parse(r#"{"format": "vaccine-cases/2", "cases": []}"#)
        .map(drop)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "read case file: format is \"vaccine-cases/2\", expected \"vaccine-cases/1\""
    );
}
