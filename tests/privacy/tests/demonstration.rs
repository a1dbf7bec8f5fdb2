//! After the whole demonstration, no fact of either family lies readable in anything a node keeps, says or shows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test of processes and files fails loudly where it stands"
)]

use musubi_tests_privacy::{Facts, Finding, Remains, Scanner, remains};
use musubi_tests_support::{
    Collector,
    gateway::{Gateway, secret},
    rpc::Rpc,
    story::{Story, outcome},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{fs, path::Path};

const FAMILIES: [&str; 2] = ["phone-family", "counter-family"];
/// Twelve digits with a right check digit, as 個人番号 have them; nobody may send one (番号法19条).
const INDIVIDUAL_NUMBER: &str = "123456789018";

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
    facts.take_text(INDIVIDUAL_NUMBER);
    facts
}

fn address_of(node: &Value, name: &str) -> String {
    let address = node[name].as_str().unwrap();
    address.split_once("://").unwrap().1.to_owned()
}

/// A clerk enrols somebody under the number that nobody may send.
async fn an_individual_number_is_refused(folder: &Path, node: &Value) {
    let rpc = Rpc::connect(&address_of(node, "rpc")).await;
    let genesis = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
    let clerk = secret(&folder.join("members/rusutsu/clerk.pem"));
    let clerk = Gateway::new(&address_of(node, "gateway"), clerk, genesis);
    let patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "urn:test", "value": INDIVIDUAL_NUMBER}],
        "name": [{"text": "見本　番号"}], "birthDate": "2026-01-15",
    });
    let body = json!({"patient": patient, "domain": "health"}).to_string();
    let request = clerk.request(Method::POST, "/v1/people", "", body.into_bytes());
    let response = request.send().await.unwrap();
    assert!(response.status().is_client_error(), "{response:?}");
    let said = response.text().await.unwrap();
    assert!(!said.contains(INDIVIDUAL_NUMBER), "{said}");
}

/// What a node shows to whoever asks: every key and value of the state.
async fn shown(scanner: &Scanner, node: &Value) -> (usize, Vec<Finding>) {
    let address = address_of(node, "rpc");
    let mut findings = Vec::new();
    let rpc = Rpc::connect(&address).await;
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
async fn nothing_that_nodes_keep_say_show_or_trace_tells_who_was_in_the_story() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("demo");
    let collector = Collector::open().await;
    let mut story = Story::stay(&folder, &["--traces", collector.endpoint()]);
    let mut trails_left = FAMILIES.len();
    while 0 < trails_left {
        let step = story
            .next_step()
            .expect("the story goes on to its last trail");
        trails_left -= usize::from(outcome(&step).0 == "audit");
    }
    let facts = facts(&folder);
    assert!(100 < facts.texts.len() + facts.bytes.len(), "{facts:?}");
    let nodes = story.nodes();
    an_individual_number_is_refused(&folder, &nodes[0]).await;
    let scanner = Scanner::new(&facts).unwrap();
    let mut remains = Remains::default();
    for node in &nodes {
        let (keys, found) = shown(&scanner, node).await;
        assert!(100 < keys, "{node} shows its state");
        assert_eq!(found, []);
        remains.take_metrics(&address_of(node, "rpc")).await;
    }
    assert!(story.stop().success());
    for node in &nodes {
        let name = node["name"].as_str().unwrap();
        remains.folders.push(folder.join("nodes").join(name));
    }
    remains.traces = collector.messages();
    remains::has_nothing_of(&remains, &facts).await;
}
