//! What this process has told nodes about people: the bodies and queries of all its calls, the words and certificates of its cards.
//!
//! A look for leaks takes its facts from here, so that no test decides what of its input is personal. Kept for the whole process: facts of
//! a neighbouring test make the look stricter, never laxer.

use reqwest::Url;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// All that was told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Bodies that are JSON.
    pub bodies: Vec<Value>,
    /// Names and values of queries, decoded.
    pub queries: Vec<(String, String)>,
    /// Words on cards and in certificates.
    pub words: Vec<String>,
    /// Cards and certificates, in whatever form they lie.
    pub cards: Vec<Vec<u8>>,
}

static TOLD: Mutex<Told> = Mutex::new(Told {
    bodies: Vec::new(),
    queries: Vec::new(),
    words: Vec::new(),
    cards: Vec::new(),
});

/// Notes a call: its path with the query, and its body.
pub fn call(path: &str, body: &[u8]) {
    let url = Url::parse("http://node").and_then(|node| node.join(path));
    let queries: Vec<(String, String)> = url
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default();
    let body = serde_json::from_slice(body).ok();
    note(|told| {
        told.queries.extend(queries);
        told.bodies.extend(body);
    });
}

/// Notes what a card or certificate is, and the words about its holder.
pub fn card(bytes: &[u8], words: &[&str]) {
    note(|told| {
        told.cards.push(bytes.to_vec());
        told.words
            .extend(words.iter().map(|word| (*word).to_owned()));
    });
}

/// Notes a JSON document that reaches a node by another way than a call of this process.
pub fn document(document: &Value) {
    note(|told| told.bodies.push(document.clone()));
}

/// Everything so far.
pub fn so_far() -> Told {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn note(what: impl FnOnce(&mut Told)) {
    what(&mut TOLD.lock().unwrap_or_else(PoisonError::into_inner));
}
