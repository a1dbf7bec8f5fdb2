//! The main job as people run it: the family's story over real processes, with real input that can be replaced, and with nodes that die.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test of processes and files fails loudly where it stands"
)]

use musubi_tests_support::{
    process::binary,
    story::{Story, outcome},
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

/// What the story tells of one child, by step and outcome, where no dose has a product that the schedule's rules know.
const OF_ONE_CHILD: [(&str, &str); 15] = [
    ("enrol child", "enrolled"),
    ("attest guardianship", "attested"),
    ("read", "denied"),
    ("propose consent", "proposed"),
    ("consent", "effective"),
    ("record", "committed"),
    ("record", "committed"),
    ("record", "committed"),
    ("store", "two holders have each"),
    ("check in", "visit open"),
    ("read", "permitted on consent"),
    ("withdraw", "withdrawn"),
    ("read", "denied"),
    ("read", "permitted by statute"),
    ("audit", "whole trail proved"),
];

/// Where the dose has one: it passes, the same again on the next day is stopped, and the next dose passes on its earliest day.
const WITH_A_DOSE_CHECKED: [(&str, &str); 19] = [
    ("enrol child", "enrolled"),
    ("attest guardianship", "attested"),
    ("read", "denied"),
    ("propose consent", "proposed"),
    ("consent", "effective"),
    ("check", "conditions met"),
    ("record", "committed"),
    ("record", "committed"),
    ("record", "committed"),
    ("store", "two holders have each"),
    ("check", "conditions not met"),
    ("record", "refused"),
    ("check", "conditions met"),
    ("check in", "visit open"),
    ("read", "permitted on consent"),
    ("withdraw", "withdrawn"),
    ("read", "denied"),
    ("read", "permitted by statute"),
    ("audit", "whole trail proved"),
];

fn told(steps: &[Value]) -> Vec<(String, String)> {
    let pairs = steps.iter().map(outcome);
    pairs.map(|(step, _, outcome, _)| (step, outcome)).collect()
}

/// What two families tell, each of its children.
fn expected(families: [Vec<&[(&str, &str)]>; 2]) -> Vec<(String, String)> {
    let mut told = vec![("publish rules", "published")];
    for children in families {
        told.extend([("enrol guardian", "enrolled"), ("bind card", "bound")]);
        told.extend(children.into_iter().flatten());
    }
    let owned = |(step, outcome): (&str, &str)| (step.to_owned(), outcome.to_owned());
    told.into_iter().map(owned).collect()
}

fn built_in() -> Vec<(String, String)> {
    expected([vec![&WITH_A_DOSE_CHECKED], vec![&WITH_A_DOSE_CHECKED]])
}

fn verify(folder: &Path, bundle: &Path) -> bool {
    let run = Command::new(binary())
        .args(["verify", "--spec"])
        .arg(folder.join("chain-spec.json"))
        .arg(bundle)
        .output();
    run.unwrap().status.success()
}

#[test]
fn the_built_in_families_live_the_story_and_every_step_is_proved() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("demo");
    let mut story = Story::start(&folder, &[]);
    let steps = story.steps();
    assert_eq!(told(&steps), built_in());
    assert!(story.wait().success());
    let denials: Vec<Option<String>> = steps
        .iter()
        .map(outcome)
        .filter(|(_, _, outcome, _)| outcome == "denied")
        .map(|(.., reason)| reason)
        .collect();
    let reasons = ["NoConsent", "Withdrawn", "NoConsent", "Withdrawn"];
    assert_eq!(denials, reasons.map(|reason| Some(reason.to_owned())));
    for step in &steps {
        if let Some(proof) = step["proof"].as_str() {
            assert!(verify(&folder, Path::new(proof)), "{step}");
        }
    }
    an_altered_byte_is_found(&folder, steps.last().unwrap()["proof"].as_str().unwrap());
}

/// Every place of a bundle, in strides that a test can afford.
fn an_altered_byte_is_found(folder: &Path, proof: &str) {
    let bytes = fs::read(proof).unwrap();
    let altered = folder.join("altered.json");
    for at in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut copy = bytes.clone();
        copy[at] ^= 1;
        fs::write(&altered, copy).unwrap();
        assert!(!verify(folder, &altered), "byte {at} of {proof}");
    }
}

fn patient(id: &str, born: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "identifier": [{"system": "urn:test", "value": format!("no-{id}")}],
        "name": [{"text": format!("見本　{id}")}], "birthDate": born,
    })
}

fn dose(of: &str, day: &str) -> Value {
    json!({
        "resourceType": "Immunization", "status": "completed", "lotNumber": "T-1", "vaccineCode": {"text": "5種混合"},
        "patient": {"reference": format!("Patient/{of}")}, "occurrenceDateTime": day,
    })
}

fn weight(of: &str, day: &str, grams: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": format!("Patient/{of}")}, "effectiveDateTime": day,
        "valueQuantity": {"value": grams, "code": "g", "system": "http://unitsofmeasure.org"},
    })
}

fn answers(of: &str, day: &str) -> Value {
    json!({
        "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "urn:test:form|2",
        "subject": {"reference": format!("Patient/{of}")}, "authored": day,
        "item": [{"linkId": "a", "answer": [{"valueBoolean": true}]}],
    })
}

/// Twins born on the leap day, with records of their own that differ in nothing but the child.
fn twins(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let put = |name: &str, value: Value| fs::write(folder.join(name), value.to_string()).unwrap();
    put("guardian.json", patient("parent", "1990-12-31"));
    for twin in ["a", "b"] {
        put(&format!("twin-{twin}.json"), patient(twin, "2024-02-29"));
        put(&format!("1-dose-{twin}.json"), dose(twin, "2024-05-01"));
        put(
            &format!("2-weight-{twin}.json"),
            weight(twin, "2024-05-01T09:00:00+09:00", 6_010),
        );
        put(
            &format!("3-form-{twin}.json"),
            answers(twin, "2024-05-01T08:30:00+09:00"),
        );
    }
}

#[test]
fn replaced_input_lives_the_same_story_twins_included() {
    let temporary = tempfile::tempdir().unwrap();
    let family = temporary.path().join("twins");
    twins(&family);
    let folder = temporary.path().join("demo");
    let mut story = Story::start(&folder, &["--family", family.to_str().unwrap()]);
    let uncoded: &[_] = &OF_ONE_CHILD;
    let told_of = expected([vec![uncoded, uncoded], vec![&WITH_A_DOSE_CHECKED]]);
    assert_eq!(told(&story.steps()), told_of);
    assert!(story.wait().success());
}

#[test]
fn without_a_reader_the_demo_says_so_and_plays_on() {
    let temporary = tempfile::tempdir().unwrap();
    let complaints = temporary.path().join("complaints");
    let said = fs::File::create(&complaints).unwrap();
    let mut story = Story::without_reader(&temporary.path().join("demo"), said);
    assert_eq!(told(&story.steps()), built_in());
    assert!(story.wait().success());
    let said = fs::read_to_string(complaints).unwrap();
    let sentence = "no card reader service; cards sign inside this process";
    assert!(said.contains(sentence), "{said}");
    assert!(!temporary.path().join("demo/reader/pcscd.log").exists());
}

#[test]
fn wrong_input_is_refused_before_anything_starts() {
    let temporary = tempfile::tempdir().unwrap();
    let family = temporary.path().join("family");
    twins(&family);
    fs::write(
        family.join("1-dose-a.json"),
        dose("c", "2024-13-01").to_string(),
    )
    .unwrap();
    let folder = temporary.path().join("demo");
    let run = Command::new(binary())
        .args(["demo", "--exit", "--family"])
        .arg(&family)
        .arg("--folder")
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && !folder.exists());
    assert!(
        said.contains("1-dose-a.json") && said.contains("occurrenceDateTime"),
        "{said}"
    );
}

#[test]
fn any_one_node_may_be_killed_at_any_time_and_no_outcome_changes() {
    let temporary = tempfile::tempdir().unwrap();
    let mut story = Story::start(&temporary.path().join("demo"), &[]);
    let (mut steps, mut victims) = (Vec::new(), (0..5).cycle());
    while let Some(step) = story.next_step() {
        steps.push(step);
        // Every sixth step another node: its keeper has started it again by then.
        if steps.len() % 6 == 2 {
            story.kill_node(victims.next().unwrap());
        }
    }
    assert_eq!(told(&steps), built_in());
    assert!(story.wait().success());
}
