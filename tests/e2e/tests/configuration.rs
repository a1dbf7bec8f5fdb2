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

use musubi_tests_support::{consortium::Consortium, process::binary};
use std::{path::Path, process::Command};

/// What the node says that refuses to start.
fn refusal_of(config: &Path) -> String {
    let output = Command::new(binary())
        .args(["node", "--config"])
        .arg(config)
        .output()
        .expect("musubi runs");
    assert!(
        !output.status.success(),
        "this configuration must be refused: {}",
        config.display()
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn refusal(config: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("node.toml");
    std::fs::write(&path, config).expect("writes");
    refusal_of(&path)
}

/// The demonstration's village, which pins the test authority, on a chain for real people.
fn village_on_a_live_chain() -> Consortium {
    let consortium = Consortium::lay_out();
    consortium.change_spec(|spec| spec["environment"] = "production".into());
    consortium
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

#[test]
fn a_live_chain_refuses_test_cards() {
    let village = village_on_a_live_chain();
    let message = refusal_of(&village.config(0));
    assert!(message.contains("cards.environment"), "{message}");
    assert!(message.contains("\"production\""), "{message}");
}

#[test]
fn a_test_authority_cannot_be_pinned_as_the_real_one() {
    let village = village_on_a_live_chain();
    let path = village.config(0);
    let config = std::fs::read_to_string(&path).expect("reads");
    let real = config.replace("environment = \"emulated\"", "environment = \"production\"");
    assert_ne!(config, real);
    std::fs::write(&path, real).expect("writes");
    let message = refusal_of(&path);
    assert!(message.contains("cards.roots"), "{message}");
}
