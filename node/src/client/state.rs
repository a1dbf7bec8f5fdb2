//! Reading state, the runtime's answers and a block's events through a node.

use super::{ChainClient, ClientError, error::unreadable, hexadecimal};
use codec::{DecodeAll, Encode};
use musubi_client_sdk::proofs::storage;
use musubi_primitives::BlockHash;
use musubi_runtime::{Hash, RuntimeEvent};
use serde_json::{Value, json};

/// An event and where in the block it happened.
pub type EventRecord = frame_system::EventRecord<RuntimeEvent, Hash>;

/// How many keys a node gives or takes at once.
const KEYS_MAX: usize = 1_000;

impl ChainClient {
    /// Runs a runtime function, such as `MusubiApi_actor`, on the state of a block (the newest if none is named).
    ///
    /// # Errors
    /// When the node lacks the state or the function, or the answer is of another type.
    pub async fn runtime<T: DecodeAll>(
        &self,
        function: &str,
        arguments: &impl Encode,
        at: Option<BlockHash>,
    ) -> Result<T, ClientError> {
        let params = [json!(function), hexadecimal(&arguments.encode()), json!(at)];
        let answer: String = self.request("state_call", &params).await?;
        decode(function, &answer)
    }

    /// One value of state.
    ///
    /// # Errors
    /// When the node lacks the state, or the value is of another type.
    pub async fn storage<T: DecodeAll>(
        &self,
        key: &[u8],
        at: Option<BlockHash>,
    ) -> Result<Option<T>, ClientError> {
        let params = [hexadecimal(key), json!(at)];
        let value: Option<String> = self.request("state_getStorage", &params).await?;
        value
            .map(|value| decode("a value of state", &value))
            .transpose()
    }

    /// Several values of one type, in the order of their keys; absent ones as `None`.
    ///
    /// # Errors
    /// As [`Self::storage`].
    pub async fn values<T: DecodeAll>(
        &self,
        keys: &[Vec<u8>],
        at: BlockHash,
    ) -> Result<Vec<Option<T>>, ClientError> {
        let mut values = Vec::with_capacity(keys.len());
        for some in keys.chunks(KEYS_MAX) {
            let keys: Vec<Value> = some.iter().map(|key| hexadecimal(key)).collect();
            let params = [Value::from(keys), json!(at)];
            let sets: Vec<Value> = self.request("state_queryStorageAt", &params).await?;
            let changes = sets
                .first()
                .and_then(|set| set["changes"].as_array())
                .ok_or_else(|| unreadable("values of state", "the node sends none"))?;
            for change in changes {
                let value = change[1].as_str();
                values.push(
                    value
                        .map(|value| decode("a value of state", value))
                        .transpose()?,
                );
            }
        }
        Ok(values)
    }

    /// All keys of state under a prefix.
    ///
    /// # Errors
    /// When the node lacks the state.
    pub async fn keys(&self, prefix: &[u8], at: BlockHash) -> Result<Vec<Vec<u8>>, ClientError> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        loop {
            let after = keys.last().map(|key| hexadecimal(key));
            let params = [
                hexadecimal(prefix),
                json!(KEYS_MAX),
                json!(after),
                json!(at),
            ];
            let page: Vec<String> = self.request("state_getKeysPaged", &params).await?;
            let is_last = page.len() < KEYS_MAX;
            for key in page {
                keys.push(bytes("a key of state", &key)?);
            }
            if is_last {
                return Ok(keys);
            }
        }
    }

    /// The events of a block.
    ///
    /// # Errors
    /// When the node lacks the state, or its events are not of this program's runtime.
    pub async fn events(&self, block: BlockHash) -> Result<Vec<EventRecord>, ClientError> {
        let key = storage::value("System", "Events");
        Ok(self.storage(&key, Some(block)).await?.unwrap_or_default())
    }

    /// The extrinsics of a block, each with its length before it, as they were submitted.
    ///
    /// # Errors
    /// When the node lacks the block.
    pub async fn extrinsics(&self, block: BlockHash) -> Result<Vec<Vec<u8>>, ClientError> {
        let signed: Value = self.request("chain_getBlock", &[json!(block)]).await?;
        let extrinsics = signed["block"]["extrinsics"]
            .as_array()
            .ok_or_else(|| unreadable("a block", "it has no extrinsics"))?;
        extrinsics
            .iter()
            .map(|text| bytes("an extrinsic", text.as_str().unwrap_or_default()))
            .collect()
    }
}

fn decode<T: DecodeAll>(what: &str, text: &str) -> Result<T, ClientError> {
    T::decode_all(&mut bytes(what, text)?.as_slice()).map_err(|error| unreadable(what, error))
}

fn bytes(what: &str, text: &str) -> Result<Vec<u8>, ClientError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| unreadable(what, error))
}
