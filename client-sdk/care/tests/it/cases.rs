//! The shared acceptance cases, through the same door as `musubi care check`.

use musubi_care::cases::CaseFile;
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
