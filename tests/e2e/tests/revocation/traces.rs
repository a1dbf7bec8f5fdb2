//! A collector as small as a test needs it, and the trace of one call through gateway, node and worker.

use crate::{ONLINE, village::Village};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

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

/// What a collector got.
#[derive(Default)]
struct Collected {
    messages: Mutex<Vec<Value>>,
    more: Notify,
}

/// Takes OTLP as JSON at a free port.
async fn collector() -> (String, Arc<Collected>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let collected = Arc::new(Collected::default());
    let taking = Arc::clone(&collected);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, Arc::clone(&taking)));
        }
    });
    (endpoint, collected)
}

/// Requests of one connection, until it ends.
async fn take(stream: TcpStream, collected: Arc<Collected>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        assert!(head.starts_with("POST /v1/traces"), "{head}");
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let message = serde_json::from_slice(&body).expect("OTLP/JSON");
        collected.messages.lock().unwrap().push(message);
        collected.more.notify_waiters();
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        stream.get_mut().write_all(answer).await.unwrap();
    }
}

impl Collected {
    fn spans(&self) -> Vec<Value> {
        let messages = self.messages.lock().unwrap();
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let resources = messages
            .iter()
            .flat_map(|message| list(message, "resourceSpans"));
        let scopes = resources.flat_map(|resource| list(&resource, "scopeSpans"));
        scopes.flat_map(|scope| list(&scope, "spans")).collect()
    }

    /// Waits for a trace with these names of spans; all its spans.
    async fn trace_with(&self, names: &[&str]) -> Vec<Value> {
        loop {
            let more = self.more.notified();
            let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for span in self.spans() {
                let id = span["traceId"].as_str().expect("a trace id").to_owned();
                traces.entry(id).or_default().push(span);
            }
            let whole = traces.into_values().find(|spans| {
                names
                    .iter()
                    .all(|name| spans.iter().any(|span| span["name"] == *name))
            });
            if let Some(spans) = whole {
                return spans;
            }
            more.await;
        }
    }

    /// Waits for a trace with these names of spans, which begins at the gateway and has no span without its parent.
    async fn assert_one_trace(&self, names: &[&str]) {
        let trace = self.trace_with(names).await;
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
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_crosses_gateway_node_and_worker_and_tells_nothing_of_people() {
    let (endpoint, collected) = collector().await;
    let mut village = Village::open(ONLINE).await;
    village.authority.go_online().await;
    village.kill();
    village.add_to_config(&format!("\n[telemetry]\nendpoint = \"{endpoint}\"\n"));
    village.restart(ONLINE).await;
    let family = village.enrol().await;
    let binding = village.sign_binding(&family).await;
    assert_eq!(village.give(&binding).await["outcome"], "attested");

    // Whether the call itself or the task that finishes pending signatures submits the binding is a matter of who is first: a
    // transaction is looked for in the enrolment's trace, the authority's answer in the binding's.
    collected
        .assert_one_trace(&["gateway call", "read state", "submit transaction"])
        .await;
    collected
        .assert_one_trace(&["gateway call", "read state", "ask authority"])
        .await;
    for span in collected.spans() {
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
    let all = serde_json::to_string(&*collected.messages.lock().unwrap()).unwrap();
    for secret in ["見本", "花子", &family.child.to_string()[2..]] {
        assert!(!all.contains(secret), "{secret} was told");
    }
}
