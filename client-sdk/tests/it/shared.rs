//! The bundle among the vectors that every language's SDK must meet is the one that this chain makes; `UPDATE_VECTORS=1` writes it anew.

use crate::{bundle, chain::Chain};
use musubi_client_sdk::proofs::verify;
use serde_json::{Value, json};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/vectors/data/bundle.json"
);

/// Where one byte is altered: in a signature, in a trie node, in what a statement says, and at the very end.
fn altered(text: &str) -> Vec<usize> {
    let in_value = |name: &str| text.find(name).map(|at| at + name.len() + 12).unwrap();
    vec![
        in_value("\"signature\":"),
        in_value("\"nodes\":"),
        text.find("\"child-care\"").unwrap() + 3,
        text.len() - 1,
    ]
}

fn vector(chain: &Chain) -> Value {
    let text = bundle::honest(chain).to_text();
    let report = verify(&chain.genesis(), text.as_bytes()).unwrap();
    json!({
        "about": "A bundle that every language's SDK must accept, and refuse with any one of these bytes altered.",
        "checkpoint": chain.genesis(),
        "asOf": report.as_of,
        "newest": report.checkpoint,
        "statements": report.statements,
        "alteredAt": altered(&text),
        "text": text,
    })
}

#[test]
fn the_shared_bundle_is_the_one_that_this_chain_makes() {
    let made = vector(&bundle::chain());
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&made).unwrap();
        std::fs::write(FILE, text + "\n").unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(made, kept, "run again with UPDATE_VECTORS=1, and review");
}

#[test]
fn the_shared_bundle_is_refused_with_any_of_those_bytes_altered() {
    let chain = bundle::chain();
    let text = bundle::honest(&chain).to_text();
    for at in altered(&text) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        assert!(verify(&chain.genesis(), &bytes).is_err(), "byte {at}");
    }
}
