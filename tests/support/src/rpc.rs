//! A JSON-RPC client over WebSocket, as small as tests need it.

use jsonrpsee::{
    core::{
        client::{ClientT, Subscription, SubscriptionClientT},
        params::ArrayParams,
    },
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::Value;
use std::time::Duration;

/// How long anything may take before a test gives up: far above what is ever measured.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// A connection to one node.
#[derive(Debug)]
pub struct Rpc {
    client: WsClient,
}

impl Rpc {
    /// Connects to `127.0.0.1:9944` or the like; tries again until the node listens.
    pub async fn connect(address: &str) -> Self {
        let attempt = async {
            let mut pulse = tokio::time::interval(Duration::from_millis(50));
            loop {
                pulse.tick().await;
                let builder = WsClientBuilder::default().request_timeout(DEADLINE);
                if let Ok(client) = builder.build(format!("ws://{address}")).await {
                    return client;
                }
            }
        };
        let client = tokio::time::timeout(DEADLINE, attempt)
            .await
            .unwrap_or_else(|_| panic!("no node listens on {address}"));
        Self { client }
    }

    /// Calls a method.
    pub async fn call(
        &self,
        method: &str,
        params: &[Value],
    ) -> Result<Value, jsonrpsee::core::ClientError> {
        self.client.request(method, array(params)).await
    }

    /// Calls a method that must succeed.
    pub async fn ask(&self, method: &str, params: &[Value]) -> Value {
        self.call(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Subscribes.
    pub async fn subscribe(
        &self,
        method: &str,
        params: &[Value],
        unsubscribe: &str,
    ) -> Subscription<Value> {
        self.try_subscribe(method, params, unsubscribe)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Subscribes, to a node that may be dying.
    pub async fn try_subscribe(
        &self,
        method: &str,
        params: &[Value],
        unsubscribe: &str,
    ) -> Result<Subscription<Value>, jsonrpsee::core::ClientError> {
        self.client
            .subscribe(method, array(params), unsubscribe)
            .await
    }

    /// Height of the newest finalised block.
    pub async fn height(&self) -> u64 {
        let hash = self.ask("chain_getFinalizedHead", &[]).await;
        let header = self.ask("chain_getHeader", &[hash]).await;
        parse_height(&header)
    }

    /// Hash of the block at a height.
    pub async fn hash_at(&self, height: u64) -> Value {
        self.ask("chain_getBlockHash", &[height.into()]).await
    }

    /// Follows finalised heads until one has at least this height; its height.
    pub async fn wait_for_height(&self, height: u64) -> u64 {
        let follow = async {
            let mut heads = self
                .subscribe(
                    "chain_subscribeFinalizedHeads",
                    &[],
                    "chain_unsubscribeFinalizedHeads",
                )
                .await;
            loop {
                let header = heads
                    .next()
                    .await
                    .expect("the node keeps its subscriptions")
                    .expect("a header is JSON");
                let reached = parse_height(&header);
                if reached >= height {
                    return reached;
                }
            }
        };
        tokio::time::timeout(DEADLINE, follow)
            .await
            .unwrap_or_else(|_| panic!("height {height} was not reached in time"))
    }
}

fn array(params: &[Value]) -> ArrayParams {
    let mut array = ArrayParams::new();
    for param in params {
        array.insert(param).expect("JSON values serialize");
    }
    array
}

/// The number of a header in JSON.
pub fn parse_height(header: &Value) -> u64 {
    let digits = header["number"]
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .expect("a header's number is 0x…");
    u64::from_str_radix(digits, 16).expect("a header's number is hexadecimal")
}
