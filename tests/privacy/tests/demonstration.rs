//! After the whole demonstration, no fact of either family lies readable in anything a node keeps, says or shows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test of processes and files fails loudly where it stands"
)]

use musubi_tests_privacy::{Facts, Finding, Scanner, sink};
use musubi_tests_support::{
    rpc::Rpc,
    story::{Story, outcome},
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const FAMILIES: [&str; 2] = ["phone-family", "counter-family"];

/// What the families brought with them: their resources, and the cards that were issued to them.
fn facts(folder: &Path) -> Facts {
    let mut facts = Facts::default();
    let presets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../chain-spec/presets/demo");
    for family in FAMILIES {
        facts.take_family(&presets.join(family)).unwrap();
    }
    let cards = fs::read_dir(folder.join("reader")).unwrap();
    for card in cards.map(|entry| entry.unwrap().path()) {
        if card
            .extension()
            .is_some_and(|extension| extension == "card")
        {
            facts.take_certificates_in(&fs::read(card).unwrap());
        }
    }
    facts
}

/// What a node shows to whoever asks: its metrics, and every key and value of the state.
async fn shown(scanner: &Scanner, node: &Value) -> (usize, Vec<Finding>) {
    let address = node["rpc"].as_str().unwrap().trim_start_matches("ws://");
    let metrics = reqwest::get(format!("http://{address}/metrics"))
        .await
        .unwrap();
    let metrics = metrics.bytes().await.unwrap();
    assert!(!metrics.is_empty(), "{address} has metrics");
    let mut findings = scanner.look(&format!("metrics of {address}"), &metrics);
    let rpc = Rpc::connect(address).await;
    let (mut keys, mut last) = (0, Value::Null);
    loop {
        let page = rpc
            .ask(
                "state_getKeysPaged",
                &[json!("0x"), json!(500), last.clone()],
            )
            .await;
        let page = page.as_array().unwrap();
        for key in page {
            let value = rpc.ask("state_getStorage", std::slice::from_ref(key)).await;
            let bytes = [bytes(key), bytes(&value)].concat();
            findings.extend(scanner.look(&format!("state of {address} at {key}"), &bytes));
        }
        keys += page.len();
        match page.last() {
            Some(key) => last = key.clone(),
            None => return (keys, findings),
        }
    }
}

fn bytes(hexadecimal: &Value) -> Vec<u8> {
    let digits = hexadecimal.as_str().unwrap_or_default();
    hex::decode(digits.trim_start_matches("0x")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_nodes_keep_say_or_show_tells_who_was_in_the_story() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("demo");
    let mut story = Story::stay(&folder, &[]);
    let mut trails_left = FAMILIES.len();
    while 0 < trails_left {
        let step = story
            .next_step()
            .expect("the story goes on to its last trail");
        trails_left -= usize::from(outcome(&step).0 == "audit");
    }
    let facts = facts(&folder);
    assert!(100 < facts.texts.len() + facts.bytes.len(), "{facts:?}");
    let scanner = Scanner::new(&facts).unwrap();
    let mut findings = Vec::new();
    for node in story.nodes() {
        let (keys, found) = shown(&scanner, &node).await;
        assert!(100 < keys, "{node} shows its state");
        findings.extend(found);
    }
    assert!(story.stop().success());
    let look = sink::look_through(&scanner, &folder.join("nodes"))
        .await
        .unwrap();
    assert!(
        5 * 2 + 4 <= look.databases && 1_000 < look.entries,
        "{look:?}"
    );
    findings.extend(look.findings);
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    a_leak_at_the_same_places_is_found(&scanner, &folder, temporary.path()).await;
}

/// The very same look finds a name that a node's log, or its database, was made to hold.
async fn a_leak_at_the_same_places_is_found(scanner: &Scanner, folder: &Path, beside: &Path) {
    let copy = beside.join("copy");
    sink::copy(&folder.join("nodes"), &copy).unwrap();
    let log = copy.join("rusutsu/log");
    let said = [fs::read(&log).unwrap(), "enrolled 結城　花子".into()].concat();
    fs::write(&log, said).unwrap();
    let look = sink::look_through(scanner, &copy).await.unwrap();
    assert!(
        look.findings
            .iter()
            .any(|finding| finding.place.ends_with("rusutsu/log"))
    );
}
