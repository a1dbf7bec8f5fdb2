//! The trace of one call through gateway, node and worker, as a collector gets it.

use crate::{ONLINE, village::Village};
use musubi_tests_support::Collector;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Attributes that a span may have; each holds a word from a fixed table or a number.
const ALLOWED: [&str; 7] = [
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "rpc.method",
    "runtime.function",
    "answered",
    "target",
];

/// The spans of a trace in which all these names are, once there is one.
fn trace_with(names: &[&str], spans: Vec<Value>) -> Option<Vec<Value>> {
    let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for span in spans {
        let id = span["traceId"].as_str().expect("a trace id").to_owned();
        traces.entry(id).or_default().push(span);
    }
    let whole = |spans: &Vec<Value>| {
        let is_there = |name: &&str| spans.iter().any(|span| span["name"] == *name);
        names.iter().all(is_there)
    };
    traces.into_values().find(whole)
}

/// Waits for a trace with these names of spans, which begins at the gateway and has no span without its parent.
async fn assert_one_trace(collector: &Collector, names: &[&str]) {
    let trace = collector.until(|spans| trace_with(names, spans)).await;
    let ids: BTreeSet<&str> = trace
        .iter()
        .filter_map(|span| span["spanId"].as_str())
        .collect();
    for span in &trace {
        let parent = span["parentSpanId"].as_str().unwrap_or_default();
        let is_root = span["name"] == "gateway call";
        assert_eq!(is_root, parent.is_empty(), "{span}");
        assert!(
            is_root || ids.contains(parent),
            "its parent is in the trace: {span}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_crosses_gateway_node_and_worker_and_tells_nothing_of_people() {
    let mut village = Village::open(ONLINE).await;
    village.authority.go_online().await;
    let collector = village.collector();
    let family = village.enrol().await;
    let binding = village.sign_binding(&family).await;
    assert_eq!(village.give(&binding).await["outcome"], "attested");

    // Whether the call itself or the task that finishes pending signatures submits the binding is a matter of who is first: a
    // transaction is looked for in the enrolment's trace, the authority's answer in the binding's.
    let submitted = ["gateway call", "read state", "submit transaction"];
    assert_one_trace(&collector, &submitted).await;
    let asked = ["gateway call", "read state", "ask authority"];
    assert_one_trace(&collector, &asked).await;
    for span in collector.spans() {
        let attributes = span["attributes"].as_array().cloned().unwrap_or_default();
        for attribute in attributes {
            let key = attribute["key"].as_str().unwrap();
            assert!(ALLOWED.contains(&key), "{key} is told of {span}");
        }
        assert!(
            span["events"].as_array().is_none_or(Vec::is_empty),
            "no log leaves the node: {span}"
        );
    }
    let all = serde_json::to_string(&collector.messages()).unwrap();
    for secret in ["見本", "花子", &family.child.to_string()[2..]] {
        assert!(!all.contains(secret), "{secret} was told");
    }
    village.tells_nothing().await;
}
