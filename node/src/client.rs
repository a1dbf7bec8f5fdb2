//! A chain client for the binary's own commands: asks a node over JSON-RPC, signs and submits, and reads what came of it.
//!
//! [`ChainClient::submit`] is the whole way of a call: nonce, mortal era, signature, finality, outcome. Events, state and refusals are read as the
//! types of this program's runtime, so connecting refuses a chain whose specification the program lacks.

pub mod bundle;
pub mod error;
pub mod rule;
pub mod state;
pub mod submission;

pub use error::ClientError;
pub use rule::Rule;
pub use submission::Included;

use error::unreadable;
use jsonrpsee::{
    core::{
        client::{ClientT, Subscription, SubscriptionClientT},
        params::ArrayParams,
    },
    ws_client::{HeaderMap, HeaderValue, WsClient, WsClientBuilder},
};
use musubi_client_sdk::extrinsics::ChainContext;
use musubi_primitives::{AccountId, BlockHash};
use musubi_runtime::spec::{PRODUCTION, ensure_supported};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// How long one call may take: a node that is busy answers within seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Calls and subscriptions that may run at once; more wait.
const CALLS_MAX: usize = 4_096;

/// A finalised block by height and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
}

/// A connection to one node.
#[derive(Debug)]
pub struct ChainClient {
    rpc: WsClient,
    context: ChainContext,
}

impl ChainClient {
    /// Connects to `ws://HOST:PORT`, `http://HOST:PORT` or `HOST:PORT`; `token` is the operators' bearer token, for nodes on other machines.
    ///
    /// # Errors
    /// When no node answers there, or its chain runs under a specification that this program lacks.
    pub async fn connect(url: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let address = websocket(url);
        let rpc = WsClientBuilder::default()
            .request_timeout(CALL_TIMEOUT)
            .max_concurrent_requests(CALLS_MAX)
            .set_headers(headers(token)?)
            .build(&address)
            .await
            .map_err(|source| ClientError::Unreachable {
                url: address,
                source: Box::new(source),
            })?;
        let context = context(&rpc).await?;
        Ok(Self { rpc, context })
    }

    /// Which chain and runtime the node is of.
    pub fn context(&self) -> &ChainContext {
        &self.context
    }

    /// Calls any method of the node.
    ///
    /// # Errors
    /// What the node answers instead, or that it does not.
    pub async fn request<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[Value],
    ) -> Result<T, ClientError> {
        request(&self.rpc, method, params).await
    }

    /// Subscribes to any of the node's streams.
    ///
    /// # Errors
    /// What the node answers instead, or that it does not.
    pub async fn subscribe<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[Value],
        unsubscribe: &str,
    ) -> Result<Subscription<T>, ClientError> {
        let subscribed = self.rpc.subscribe(method, array(params)?, unsubscribe);
        subscribed
            .await
            .map_err(|error| ClientError::of_call(method, error))
    }

    /// The newest finalised block.
    ///
    /// # Errors
    /// When the node does not say.
    pub async fn head(&self) -> Result<BlockRef, ClientError> {
        let hash: BlockHash = self.request("chain_getFinalizedHead", &[]).await?;
        let height = self.height_of(hash).await?;
        Ok(BlockRef { height, hash })
    }

    /// Height of a finalised block.
    ///
    /// # Errors
    /// When the node has no such block.
    pub async fn height_of(&self, hash: BlockHash) -> Result<u64, ClientError> {
        let header: Value = self.request("chain_getHeader", &[json!(hash)]).await?;
        height(&header)
    }

    /// Hash of the finalised block at a height, if there is one yet.
    ///
    /// # Errors
    /// When the node does not say.
    pub async fn hash_at(&self, height: u64) -> Result<Option<BlockHash>, ClientError> {
        self.request("chain_getBlockHash", &[json!(height)]).await
    }

    /// The headers of finalised blocks, from the newest on.
    ///
    /// # Errors
    /// When the node does not serve the stream.
    pub async fn follow_heads(&self) -> Result<Subscription<Value>, ClientError> {
        self.subscribe(
            "chain_subscribeFinalizedHeads",
            &[],
            "chain_unsubscribeFinalizedHeads",
        )
        .await
    }

    /// Why a block is final: header, commit certificate, validator set and its proof, as `musubi_certificate` gives them.
    ///
    /// # Errors
    /// When the node does not keep the block.
    pub async fn certificate(&self, hash: BlockHash) -> Result<Value, ClientError> {
        self.request("musubi_certificate", &[json!(hash)]).await
    }

    /// The account's next nonce, transactions that wait in the node's pool counted.
    ///
    /// # Errors
    /// When the node does not say.
    pub async fn next_nonce(&self, account: &AccountId) -> Result<u32, ClientError> {
        self.request("system_accountNextIndex", &[json!(account)])
            .await
    }
}

/// The height in a header's JSON.
///
/// # Errors
/// When there is none.
pub fn height(header: &Value) -> Result<u64, ClientError> {
    header["number"]
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| unreadable("a header", "it has no number"))
}

/// Bytes as JSON-RPC writes them.
pub fn hexadecimal(bytes: &[u8]) -> Value {
    Value::String(format!("0x{}", hex::encode(bytes)))
}

async fn context(rpc: &WsClient) -> Result<ChainContext, ClientError> {
    let genesis = request(rpc, "chain_getBlockHash", &[json!(0)]).await?;
    let version: Value = request(rpc, "state_getRuntimeVersion", &[]).await?;
    let number = |name: &str| {
        version[name]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| unreadable("the runtime version", name))
    };
    let spec_version = number("specVersion")?;
    ensure_supported(spec_version, PRODUCTION)?;
    Ok(ChainContext {
        genesis,
        spec_version,
        transaction_version: number("transactionVersion")?,
    })
}

async fn request<T: DeserializeOwned>(
    rpc: &WsClient,
    method: &str,
    params: &[Value],
) -> Result<T, ClientError> {
    rpc.request(method, array(params)?)
        .await
        .map_err(|error| ClientError::of_call(method, error))
}

fn array(params: &[Value]) -> Result<ArrayParams, ClientError> {
    let mut array = ArrayParams::new();
    for param in params {
        array
            .insert(param)
            .map_err(|error| unreadable("a parameter", error))?;
    }
    Ok(array)
}

fn websocket(url: &str) -> String {
    match url.split_once("://") {
        None => format!("ws://{url}"),
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(_) => url.to_owned(),
    }
}

fn headers(token: Option<&str>) -> Result<HeaderMap, ClientError> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|error| unreadable("the operators' token", error))?;
        headers.insert("authorization", value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_in_each_usual_form() {
        for url in [
            "127.0.0.1:9944",
            "http://127.0.0.1:9944",
            "ws://127.0.0.1:9944",
        ] {
            assert_eq!(websocket(url), "ws://127.0.0.1:9944");
        }
    }

    #[test]
    fn a_headers_height_is_hexadecimal() {
        assert_eq!(height(&json!({"number": "0x1f"})).unwrap(), 31);
        assert!(height(&json!({"number": 31})).is_err());
    }
}
