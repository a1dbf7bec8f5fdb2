//! `state_*`: state at a finalised block, runtime calls, read proofs, and following values.

use crate::{
    error::RpcError,
    heads::Heads,
    ports::{Services, StateError},
    reads::{self, Reads},
};
use codec::{Decode, Encode};
use jsonrpsee::{
    PendingSubscriptionSink, SubscriptionSink,
    core::{SubscriptionResult, async_trait},
    proc_macros::rpc,
    server::SubscriptionMessage,
    types::ErrorObjectOwned,
};
use musubi_primitives::BlockHash;
use serde::Serialize;
use sp_core::{
    Bytes, H256,
    storage::{StorageChangeSet, StorageData, StorageKey, well_known_keys},
};
use sp_runtime::traits::{BlakeTwo256, Hash};
use sp_version::RuntimeVersion;
use std::collections::BTreeSet;

/// Most keys that one call may name or ask for; Substrate's own bound.
const KEYS_MAX: usize = 1000;
/// Longest key; the runtime's longest is far shorter.
const KEY_BYTES_MAX: usize = 1024;
/// Longest runtime function name.
const FUNCTION_NAME_MAX: usize = 128;
/// The one metadata version that every public client decodes; V15 and V16 go through `state_call`.
const METADATA_VERSION: u32 = 14;

/// Proof of values, or of their absence, at one block.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReadProof {
    at: BlockHash,
    proof: Vec<Bytes>,
}

#[rpc(server)]
pub(crate) trait StateApi {
    #[method(name = "state_call", aliases = ["state_callAt"])]
    async fn call(
        &self,
        function: String,
        arguments: Bytes,
        at: Option<H256>,
    ) -> Result<Bytes, RpcError>;

    #[method(name = "state_getMetadata")]
    async fn metadata(&self, at: Option<H256>) -> Result<Bytes, RpcError>;

    #[method(name = "state_getRuntimeVersion", aliases = ["chain_getRuntimeVersion"])]
    async fn runtime_version(&self, at: Option<H256>) -> Result<RuntimeVersion, RpcError>;

    #[method(name = "state_getStorage", aliases = ["state_getStorageAt"])]
    async fn storage(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<StorageData>, RpcError>;

    #[method(name = "state_getStorageHash", aliases = ["state_getStorageHashAt"])]
    async fn storage_hash(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<H256>, RpcError>;

    #[method(name = "state_getStorageSize", aliases = ["state_getStorageSizeAt"])]
    async fn storage_size(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<u64>, RpcError>;

    #[method(name = "state_getKeysPaged", aliases = ["state_getKeysPagedAt"])]
    async fn keys_paged(
        &self,
        prefix: Option<StorageKey>,
        count: u32,
        start_key: Option<StorageKey>,
        at: Option<H256>,
    ) -> Result<Vec<StorageKey>, RpcError>;

    #[method(name = "state_queryStorageAt")]
    async fn query_storage_at(
        &self,
        keys: Vec<StorageKey>,
        at: Option<H256>,
    ) -> Result<Vec<StorageChangeSet<BlockHash>>, RpcError>;

    #[method(name = "state_getReadProof")]
    async fn read_proof(
        &self,
        keys: Vec<StorageKey>,
        at: Option<H256>,
    ) -> Result<ReadProof, RpcError>;

    #[subscription(name = "state_subscribeStorage" => "state_storage", unsubscribe = "state_unsubscribeStorage", item = StorageChangeSet<BlockHash>)]
    async fn subscribe_storage(&self, keys: Option<Vec<StorageKey>>) -> SubscriptionResult;

    #[subscription(
        name = "state_subscribeRuntimeVersion" => "state_runtimeVersion",
        aliases = ["chain_subscribeRuntimeVersion"],
        unsubscribe = "state_unsubscribeRuntimeVersion",
        unsubscribe_aliases = ["chain_unsubscribeRuntimeVersion"],
        item = RuntimeVersion
    )]
    async fn subscribe_runtime_version(&self) -> SubscriptionResult;
}

/// Answers from state.
#[derive(Clone, Debug)]
pub(crate) struct State(pub(crate) Reads);

#[async_trait]
impl StateApiServer for State {
    async fn call(
        &self,
        function: String,
        arguments: Bytes,
        at: Option<H256>,
    ) -> Result<Bytes, RpcError> {
        if function.len() > FUNCTION_NAME_MAX
            || !function
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err(RpcError::Parameter(
                "a runtime function is named by letters, digits and underscores".to_owned(),
            ));
        }
        self.read(at, move |services, at| {
            Ok(Bytes(services.state.call(&at, &function, &arguments.0)?))
        })
        .await
    }

    async fn metadata(&self, at: Option<H256>) -> Result<Bytes, RpcError> {
        self.read(at, |services, at| metadata_v14(services, &at))
            .await
    }

    async fn runtime_version(&self, at: Option<H256>) -> Result<RuntimeVersion, RpcError> {
        self.read(at, |services, at| runtime_version(services, &at))
            .await
    }

    async fn storage(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<StorageData>, RpcError> {
        check_keys(&[&key])?;
        self.read(at, move |services, at| {
            Ok(services.state.storage(&at, &key.0)?.map(StorageData))
        })
        .await
    }

    async fn storage_hash(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<H256>, RpcError> {
        check_keys(&[&key])?;
        self.read(at, move |services, at| hash_of_value(services, &at, &key.0))
            .await
    }

    async fn storage_size(
        &self,
        key: StorageKey,
        at: Option<H256>,
    ) -> Result<Option<u64>, RpcError> {
        check_keys(&[&key])?;
        let value = self
            .read(at, move |services, at| {
                Ok(services.state.storage(&at, &key.0)?)
            })
            .await?;
        Ok(value.map(|value| u64::try_from(value.len()).unwrap_or(u64::MAX)))
    }

    async fn keys_paged(
        &self,
        prefix: Option<StorageKey>,
        count: u32,
        start_key: Option<StorageKey>,
        at: Option<H256>,
    ) -> Result<Vec<StorageKey>, RpcError> {
        if usize::try_from(count).map_or(true, |count| count > KEYS_MAX) {
            return Err(RpcError::Parameter(format!(
                "at most {KEYS_MAX} keys in one call, not {count}"
            )));
        }
        let prefix = prefix.unwrap_or(StorageKey(Vec::new()));
        check_keys(&[&prefix])?;
        self.read(at, move |services, at| {
            let after = start_key.as_ref().map(|key| key.0.as_slice());
            let keys = services.state.keys(&at, &prefix.0, after, count)?;
            Ok(keys.into_iter().map(StorageKey).collect())
        })
        .await
    }

    async fn query_storage_at(
        &self,
        keys: Vec<StorageKey>,
        at: Option<H256>,
    ) -> Result<Vec<StorageChangeSet<BlockHash>>, RpcError> {
        check_keys(&keys.iter().collect::<Vec<_>>())?;
        self.read(at, move |services, at| {
            Ok(vec![values_at(services, at, &keys)?])
        })
        .await
    }

    async fn read_proof(
        &self,
        keys: Vec<StorageKey>,
        at: Option<H256>,
    ) -> Result<ReadProof, RpcError> {
        check_keys(&keys.iter().collect::<Vec<_>>())?;
        self.read(at, move |services, at| {
            let keys: Vec<_> = keys.into_iter().map(|key| key.0).collect();
            let proof = services
                .state
                .prove(&at, &keys)?
                .into_iter()
                .map(Bytes)
                .collect();
            Ok(ReadProof { at, proof })
        })
        .await
    }

    async fn subscribe_storage(
        &self,
        pending: PendingSubscriptionSink,
        keys: Option<Vec<StorageKey>>,
    ) -> SubscriptionResult {
        let keys = match following_keys(keys) {
            Ok(keys) => keys,
            Err(error) => return refuse(pending, error).await,
        };
        let sink = pending.accept().await?;
        self.send_changes(sink, keys).await
    }

    async fn subscribe_runtime_version(
        &self,
        pending: PendingSubscriptionSink,
    ) -> SubscriptionResult {
        let sink = pending.accept().await?;
        self.send_versions(sink).await
    }
}

impl State {
    async fn read<T: Send + 'static>(
        &self,
        at: Option<H256>,
        read: impl FnOnce(&Services, BlockHash) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let at = self.0.at(at);
        self.0.run(move |services| read(services, at)).await
    }

    /// Sends the values at the newest block and then, block by block, those that changed.
    async fn send_changes(
        &self,
        sink: SubscriptionSink,
        keys: Vec<StorageKey>,
    ) -> SubscriptionResult {
        let mut heads = Heads::from_newest(self.0.services().head.clone());
        let mut known: Option<Vec<(StorageKey, Option<StorageData>)>> = None;
        while let Some(height) = next_height(&sink, &mut heads).await {
            let wanted = keys.clone();
            let set = self
                .0
                .run(move |services| {
                    values_at(services, reads::hash_at(services, height)?, &wanted)
                })
                .await?;
            let changes = match &known {
                Some(known) => set
                    .changes
                    .iter()
                    .filter(|change| !known.contains(change))
                    .cloned()
                    .collect(),
                None => set.changes.clone(),
            };
            if known.is_none() || !changes.is_empty() {
                send(
                    &sink,
                    &StorageChangeSet {
                        block: set.block,
                        changes,
                    },
                )
                .await?;
            }
            known = Some(set.changes);
        }
        Ok(())
    }

    /// Sends the runtime version, and again whenever a block changes it.
    async fn send_versions(&self, sink: SubscriptionSink) -> SubscriptionResult {
        let mut heads = Heads::from_newest(self.0.services().head.clone());
        let mut known = None;
        while let Some(height) = next_height(&sink, &mut heads).await {
            let version = self
                .0
                .run(move |services| runtime_version(services, &reads::hash_at(services, height)?))
                .await?;
            if known.as_ref() != Some(&version) {
                send(&sink, &version).await?;
                known = Some(version);
            }
        }
        Ok(())
    }
}

async fn next_height(sink: &SubscriptionSink, heads: &mut Heads) -> Option<u64> {
    tokio::select! {
        () = sink.closed() => None,
        height = heads.next() => height,
    }
}

async fn send(sink: &SubscriptionSink, item: &impl Serialize) -> SubscriptionResult {
    let message = SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), item)?;
    Ok(sink.send(message).await?)
}

async fn refuse(pending: PendingSubscriptionSink, error: RpcError) -> SubscriptionResult {
    pending.reject(ErrorObjectOwned::from(error)).await;
    Ok(())
}

fn check_keys(keys: &[&StorageKey]) -> Result<(), RpcError> {
    if keys.len() > KEYS_MAX {
        return Err(RpcError::Parameter(format!(
            "at most {KEYS_MAX} keys in one call, not {}",
            keys.len()
        )));
    }
    match keys.iter().map(|key| key.0.len()).max() {
        Some(longest) if longest > KEY_BYTES_MAX => Err(RpcError::Parameter(format!(
            "a storage key has at most {KEY_BYTES_MAX} bytes, not {longest}"
        ))),
        Some(_) | None => Ok(()),
    }
}

fn following_keys(keys: Option<Vec<StorageKey>>) -> Result<Vec<StorageKey>, RpcError> {
    let keys = keys.ok_or_else(|| {
        RpcError::Parameter("name the keys to follow; all of state is not followed".to_owned())
    })?;
    check_keys(&keys.iter().collect::<Vec<_>>())?;
    let distinct: BTreeSet<_> = keys.into_iter().collect();
    Ok(distinct.into_iter().collect())
}

fn values_at(
    services: &Services,
    at: BlockHash,
    keys: &[StorageKey],
) -> Result<StorageChangeSet<BlockHash>, RpcError> {
    let value = |key: &StorageKey| {
        Ok((
            key.clone(),
            services.state.storage(&at, &key.0)?.map(StorageData),
        ))
    };
    let changes = keys.iter().map(value).collect::<Result<_, StateError>>()?;
    Ok(StorageChangeSet { block: at, changes })
}

pub(crate) fn runtime_version(
    services: &Services,
    at: &BlockHash,
) -> Result<RuntimeVersion, RpcError> {
    let bytes = services.state.call(at, "Core_version", &[])?;
    RuntimeVersion::decode(&mut bytes.as_slice())
        .map_err(|_| RpcError::Undecodable("the runtime version"))
}

fn metadata_v14(services: &Services, at: &BlockHash) -> Result<Bytes, RpcError> {
    let answer = services.state.call(
        at,
        "Metadata_metadata_at_version",
        &METADATA_VERSION.encode(),
    )?;
    let metadata = Option::<Vec<u8>>::decode(&mut answer.as_slice())
        .map_err(|_| RpcError::Undecodable("the metadata"))?;
    metadata.map(Bytes).ok_or_else(|| {
        RpcError::Absent(format!(
            "the runtime has no metadata of version {METADATA_VERSION}"
        ))
    })
}

/// BLAKE2-256 of a value. A native runtime keeps no code in state, but clients tell runtimes apart by the hash of `:code`:
/// theirs is then the hash of name and number of the specification, which changes exactly when the runtime does.
fn hash_of_value(
    services: &Services,
    at: &BlockHash,
    key: &[u8],
) -> Result<Option<H256>, RpcError> {
    let value = services.state.storage(at, key)?;
    if value.is_none() && key == well_known_keys::CODE {
        let version = runtime_version(services, at)?;
        return Ok(Some(
            (version.spec_name.as_ref(), version.spec_version).using_encoded(BlakeTwo256::hash),
        ));
    }
    Ok(value.map(|value| BlakeTwo256::hash(&value)))
}
