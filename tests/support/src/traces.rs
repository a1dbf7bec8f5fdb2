//! A collector of traces, as small as tests need it: takes OTLP as JSON and keeps what comes.

use crate::rpc::DEADLINE;
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// A collector at a free port. Cheap to share.
#[derive(Clone)]
pub struct Collector {
    endpoint: String,
    collected: Arc<Collected>,
}

#[derive(Default)]
struct Collected {
    messages: Mutex<Vec<Value>>,
    more: Notify,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({})", self.endpoint)
    }
}

impl Collector {
    /// Begins to listen.
    pub async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let collected = Arc::new(Collected::default());
        let taking = Arc::clone(&collected);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&taking)));
            }
        });
        Self {
            endpoint,
            collected,
        }
    }

    /// What a node's configuration calls it.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The section of a node's configuration that sends its traces here.
    pub fn section(&self) -> String {
        format!("\n[telemetry]\nendpoint = \"{}\"\n", self.endpoint)
    }

    /// Every message so far.
    pub fn messages(&self) -> Vec<Value> {
        let messages = self.collected.messages.lock();
        messages.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Value> {
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let messages = self.messages();
        let resources = messages
            .iter()
            .flat_map(|message| list(message, "resourceSpans"));
        let scopes = resources.flat_map(|resource| list(&resource, "scopeSpans"));
        scopes.flat_map(|scope| list(&scope, "spans")).collect()
    }

    /// Waits until the spans so far satisfy a wish; what it makes of them.
    pub async fn until<T>(&self, wish: impl Fn(Vec<Value>) -> Option<T>) -> T {
        let watch = async {
            loop {
                let more = self.collected.more.notified();
                if let Some(come) = wish(self.spans()) {
                    return come;
                }
                more.await;
            }
        };
        let come = timeout(DEADLINE, watch).await;
        come.unwrap_or_else(|_| panic!("the spans never came: {:?}", self.spans()))
    }
}

/// Requests of one connection, until it ends.
async fn take(stream: TcpStream, collected: Arc<Collected>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, length)) = head(&mut stream).await {
        assert!(head.starts_with("POST /v1/traces"), "{head}");
        let mut body = vec![0; length];
        // A node that was killed in the middle of a message has sent none.
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let message = serde_json::from_slice(&body).expect("OTLP/JSON");
        let messages = collected.messages.lock();
        messages
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
        collected.more.notify_waiters();
        if stream.get_mut().write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

/// The head of the next request, and the length of its body; none when the connection ends.
async fn head(stream: &mut BufReader<TcpStream>) -> Option<(String, usize)> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            return Some((head, length));
        }
        head.push_str(&line);
    }
}
