//! What a person sees who configures a node wrongly: the file, the key, and what was expected; and nothing half-started.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the binary and write its configuration"
)]

use std::process::{Command, Output};

fn node_with(config: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("node.toml");
    std::fs::write(&path, config).expect("writes");
    Command::new(musubi_tests_support::process::binary())
        .args(["node", "--config"])
        .arg(&path)
        .output()
        .expect("musubi runs")
}

fn refusal(config: &str) -> String {
    let output = node_with(config);
    assert!(
        !output.status.success(),
        "this configuration must be refused: {config}"
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_unknown_key_is_named_with_its_file() {
    let message = refusal("[rpc]\nlisen = \"127.0.0.1:1\"");
    assert!(
        message.contains("lisen") && message.contains("node.toml"),
        "{message}"
    );
}

#[test]
fn a_value_of_the_wrong_form_is_named_with_what_was_expected() {
    let message = refusal("[rpc]\nlisten = \"everywhere\"");
    assert!(message.contains("rpc.listen"), "{message}");
}

#[test]
fn a_missing_specification_is_named() {
    let message = refusal("spec = \"nowhere.json\"");
    assert!(message.contains("nowhere.json"), "{message}");
}
