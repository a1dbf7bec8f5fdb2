//! `musubi bench` against four running villages: its figures add up, and a folder without a running consortium is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the binary and read its files"
)]

use musubi_tests_support::{Consortium, process::binary};
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Output},
};

fn bench(folder: &Path, more: &[&str]) -> Output {
    Command::new(binary())
        .args(["bench", "--seconds", "3", "--families", "8", "--folder"])
        .arg(folder)
        .args(more)
        .output()
        .expect("musubi runs")
}

fn figures(folder: &Path, more: &[&str]) -> Value {
    let file = folder.join("figures.json");
    let json = ["--json", file.to_str().unwrap()];
    let output = bench(folder, &[&json, more].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = std::fs::read_to_string(&file).expect("the figures are written");
    serde_json::from_str(&text).expect("the figures are JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mix_becomes_final_on_another_node_and_its_figures_add_up() {
    let consortium = Consortium::start();
    for place in 0..4 {
        consortium.rpc(place).await.wait_for_height(1).await;
    }
    for run in [&["--in-flight", "40"][..], &["--rate", "10"]] {
        let figures = figures(consortium.folder(), run);
        let number = |value: &Value| value.as_f64().expect("a number");
        assert_eq!(figures["failed"], 0, "{figures}");
        assert!(number(&figures["finalised"]) >= 10.0, "{figures}");
        assert!(number(&figures["throughput_tx_s"]) > 0.0);
        let latency = &figures["latency_ms"];
        assert!(number(&latency["p50"]) > 0.0);
        assert!(number(&latency["p50"]) <= number(&latency["p95"]));
        assert!(number(&latency["p95"]) <= number(&latency["p99"]));
        let made: f64 = ["access", "records", "consents", "others"]
            .iter()
            .map(|kind| number(&figures["mix"][kind]))
            .sum();
        let settled = number(&figures["finalised"]) + number(&figures["refused"]);
        assert_eq!(made, settled, "{figures}");
        let validators = figures["validators"].as_array().expect("a list");
        assert_eq!(validators.len(), 4);
        for spent in validators {
            assert!(number(&spent["cpu_us"]) > 0.0, "{spent}");
            assert!(number(&spent["memory_bytes"]) > 0.0, "{spent}");
        }
    }
}

#[test]
fn a_validator_alone_is_measured_at_each_size_of_state_with_a_node_that_joins() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = place.path().join("alone");
    let file = place.path().join("figures.json");
    let alone = || {
        Command::new(binary())
            .args(["bench", "alone", "--records", "40,120", "--families", "2"])
            .args(["--transactions", "40", "--folder"])
            .arg(&folder)
            .arg("--json")
            .arg(&file)
            .output()
            .expect("musubi runs")
    };
    let output = alone();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = std::fs::read_to_string(&file).expect("the figures are written");
    let figures: Value = serde_json::from_str(&text).expect("the figures are JSON");
    let sizes = figures["sizes"].as_array().expect("a list");
    let number = |mark: &Value, name: &str| mark[name].as_f64().expect("a number");
    assert_eq!(sizes.len(), 2);
    for (mark, records) in sizes.iter().zip([40.0, 120.0]) {
        assert_eq!(number(mark, "records"), records, "{mark}");
        assert_eq!(number(mark, "transactions"), 40.0, "{mark}");
        assert!(number(mark, "state_keys") > records, "{mark}");
        assert!(number(mark, "join_s") > 0.0, "{mark}");
        assert!(number(mark, "throughput_tx_s") > 0.0, "{mark}");
    }
    assert!(number(&sizes[1], "state_keys") >= number(&sizes[0], "state_keys") + 80.0);

    let again = alone();
    assert!(!again.status.success());
    let message = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(message.contains("is not empty"), "{message}");
}

#[test]
fn a_folder_without_a_running_consortium_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bench(folder.path(), &[]);
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("musubi spec demo"), "{message}");
}
