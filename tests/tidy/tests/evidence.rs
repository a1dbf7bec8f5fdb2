//! What the pages on security and operation cite is there: every test that they name by its function, and no page claims without citing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "this test reads the work tree and asks git for its files"
)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("node/operation").join(name)).unwrap()
}

/// Names of all test functions: the line after `#[test]` or `#[tokio::test…]`, further attributes passed over.
fn tests() -> BTreeSet<String> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
        ])
        .current_dir(root())
        .output()
        .expect("git runs in a clone");
    let list = String::from_utf8(output.stdout).unwrap();
    let files = list.split('\0').filter(|name| !name.is_empty());
    let texts = files.filter_map(|name| std::fs::read_to_string(root().join(name)).ok());
    texts.flat_map(|text| tests_of(&text)).collect()
}

fn tests_of(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ") {
            if is_test {
                names.extend(rest.split('(').next().map(str::to_owned));
            }
            is_test = false;
        }
    }
    names
}

/// Words in backticks that look like a test's name: at least three words joined by underscores.
fn named(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |word: &&str| {
        word.matches('_').count() >= 2
            && word
                .chars()
                .all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
            && !word.starts_with("musubi_")
    };
    quoted.filter(is_name).collect()
}

#[test]
fn every_test_that_a_page_names_exists() {
    let tests = tests();
    for name in [
        "threats.md",
        "asvs.md",
        "backup.md",
        "keys.md",
        "quorum.md",
        "operation.md",
    ] {
        for test in named(&page(name)) {
            assert!(
                tests.contains(test),
                "{name} names the test {test}, which is not there"
            );
        }
    }
}

#[test]
fn every_threat_and_every_requirement_that_is_met_has_evidence() {
    for line in page("threats.md")
        .lines()
        .filter(|line| line.starts_with("| T"))
    {
        assert!(
            !named(line).is_empty() || line.contains("no test"),
            "{line}"
        );
    }
    let lines = page("asvs.md");
    let rows: Vec<Vec<&str>> = lines
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 60, "{} rows", rows.len());
    for row in rows {
        let [_, requirement, state, evidence, _] = row[..] else {
            panic!("{row:?}")
        };
        let is_cited = !named(evidence).is_empty() || evidence.contains("](");
        match state {
            "met" => assert!(is_cited, "{requirement}: met needs a file or a test"),
            "partly" | "not met" | "n/a" => assert!(!evidence.is_empty(), "{requirement}"),
            other => panic!("{requirement}: {other} is no state"),
        }
    }
}
