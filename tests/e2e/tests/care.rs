//! The schedule engine at the command line, as whoever audits it runs it: a case file in, each answer beside the expected one out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "this test starts the binary and writes the files that it reads"
)]

use musubi_tests_support::process::binary;
use serde_json::{Value, json};
use std::process::{Command, Output};

const CASES: &str = include_str!("../../../client-sdk/care/tests/data/vaccine-cases.json");

/// `musubi care check` on a file with this text.
fn check(text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, text).unwrap();
    let run = Command::new(binary())
        .args(["care", "check"])
        .arg(file)
        .output();
    run.expect("musubi runs")
}

fn all_that_was_said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn every_case_is_answered_beside_what_was_expected() {
    let output = check(CASES);
    let said = all_that_was_said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let count = serde_json::from_str::<Value>(CASES).unwrap()["cases"]
        .as_array()
        .unwrap()
        .len();
    let closing = format!("{count} cases, {count} agree, 0 differ");
    assert!(said.contains(&closing), "{said}");
    assert_eq!(said.matches("ok  ").count(), count, "{said}");
}

#[test]
fn one_difference_in_a_file_never_seen_before_is_told_and_ends_with_one() {
    let mut file: Value = serde_json::from_str(CASES).unwrap();
    let case = file["cases"][0].clone();
    let id = case["id"].as_str().unwrap().to_owned();
    file["cases"] = json!([case]);
    file["cases"][0]["expected"]["reason"] = json!("LOT_EXPIRED");
    let output = check(&file.to_string());
    let said = all_that_was_said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("DIFF {id}")), "{said}");
    assert!(said.contains("1 cases, 0 agree, 1 differ"), "{said}");
}

#[test]
fn what_is_no_case_file_is_refused_with_its_reason() {
    for (text, reason) in [
        ("{\"format\": \"vaccine-cases/2\", \"cases\": []}", "format"),
        ("no JSON", "case file"),
    ] {
        let output = check(text);
        let said = all_that_was_said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(reason), "{said}");
    }
}
