//! The chain as the API sees it: node/core's executor and pool behind the API's own traits.

use async_trait::async_trait;
use musubi_node_api::{
    NetworkView, PoolView, Refusal, StateError, StateView, TransactionStatus, ports::Peer,
};
use musubi_node_consensus::Status;
use musubi_node_core::{
    executor::{CallError, ReadError},
    pipeline::Pipeline,
    pool::{PoolError, TxStatus},
    ports::ChainStore,
};
use musubi_primitives::{AccountId, BlockHash};
use sp_runtime::transaction_validity::TransactionSource;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many statuses of a watched transaction may wait for a slow reader.
const STATUSES_MAX: usize = 64;

/// Reads of states.
#[derive(Debug)]
pub struct States(pub Pipeline);

impl StateView for States {
    fn call(
        &self,
        at: &BlockHash,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, StateError> {
        self.0
            .executor()
            .state_call(at, function, arguments)
            .map_err(|error| state_error(at, function, error))
    }

    fn storage(&self, at: &BlockHash, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.0
            .executor()
            .storage(at, key)
            .map_err(|error| state_error(at, "", error))
    }

    fn keys(
        &self,
        at: &BlockHash,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StateError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.0
            .executor()
            .keys_paged(at, prefix, after, limit)
            .map_err(|error| state_error(at, "", error))
    }

    fn prove(&self, at: &BlockHash, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StateError> {
        self.0
            .executor()
            .read_proof(at, keys)
            .map_err(|error| state_error(at, "", error))
    }
}

fn state_error(at: &BlockHash, function: &str, error: ReadError) -> StateError {
    match error {
        ReadError::UnknownBlock(hash) => StateError::UnknownBlock(hash),
        ReadError::Pruned { .. } => StateError::Pruned(*at),
        ReadError::Call(CallError::UnknownMethod(name)) => StateError::UnknownFunction(name),
        ReadError::Call(CallError::Fault(fault)) => StateError::Fault(fault),
        ReadError::Call(other) => StateError::Trapped {
            function: function.to_owned(),
            cause: other.to_string(),
        },
    }
}

/// The pool, and where final transactions stand.
#[derive(Debug)]
pub struct Transactions(pub Pipeline);

#[async_trait]
impl PoolView for Transactions {
    async fn submit(&self, extrinsic: Vec<u8>) -> Result<[u8; 32], Refusal> {
        self.0
            .pool()
            .submit(TransactionSource::External, extrinsic)
            .await
            .map_err(refusal)
    }

    async fn submit_and_watch(
        &self,
        extrinsic: Vec<u8>,
    ) -> Result<mpsc::Receiver<TransactionStatus>, Refusal> {
        let (hash, mut from_pool) = self
            .0
            .pool()
            .submit_and_watch(TransactionSource::External, extrinsic)
            .await
            .map_err(refusal)?;
        let (sender, statuses) = mpsc::channel(STATUSES_MAX);
        let store = Arc::clone(self.0.store());
        tokio::spawn(async move {
            while let Some(status) = from_pool.recv().await {
                let Some(status) = translate(&status, &hash, store.as_ref()) else {
                    continue;
                };
                if sender.send(status).await.is_err() {
                    return;
                }
            }
        });
        Ok(statuses)
    }

    fn pending(&self, limit: usize) -> Vec<Vec<u8>> {
        self.0
            .pool()
            .ready()
            .into_iter()
            .take(limit)
            .map(|candidate| candidate.bytes.as_ref().clone())
            .collect()
    }

    fn count(&self) -> usize {
        self.0.pool().size().count
    }

    fn next_nonce(&self, account: &AccountId, in_state: u32) -> u32 {
        self.0.pool().next_nonce(account, in_state)
    }
}

/// A status as the API tells it; none for steps that say nothing new on a chain with instant finality.
fn translate(
    status: &TxStatus,
    hash: &[u8; 32],
    store: &dyn ChainStore,
) -> Option<TransactionStatus> {
    match status {
        TxStatus::Future => Some(TransactionStatus::Future),
        TxStatus::Ready => Some(TransactionStatus::Ready),
        TxStatus::Broadcast(_) => Some(TransactionStatus::Broadcast),
        TxStatus::InBlock(_) => None,
        TxStatus::Finalized(block) => {
            let index = store
                .extrinsic(hash)
                .ok()
                .flatten()
                .map_or(0, |(_, index)| index);
            Some(TransactionStatus::Finalised {
                block: *block,
                index,
            })
        }
        TxStatus::Usurped(by) => Some(TransactionStatus::Usurped(*by)),
        TxStatus::Dropped => Some(TransactionStatus::Dropped),
        TxStatus::Invalid => Some(TransactionStatus::Invalid),
    }
}

fn refusal(error: PoolError) -> Refusal {
    let text = error.to_string();
    match error {
        PoolError::BadFormat(_) | PoolError::TooLarge { .. } => Refusal::Malformed(text),
        PoolError::Invalid(_) | PoolError::TemporarilyBanned => Refusal::Invalid(text),
        PoolError::Unknown(_) => Refusal::Unknowable(text),
        PoolError::AlreadyImported => Refusal::AlreadyKnown([0; 32]),
        PoolError::PriorityTooLow { .. } => Refusal::Replaced(text),
        PoolError::QuotaExceeded { .. } | PoolError::PoolFull => Refusal::Full(text),
        PoolError::Fault(fault) => Refusal::Fault(fault),
    }
}

/// The members' network, as an operator asks about it.
#[derive(Debug)]
pub struct Network {
    /// The members' swarm.
    pub swarm: musubi_node_network::Network,
    /// Where consensus stands.
    pub status: Arc<Status>,
}

impl NetworkView for Network {
    fn local_peer_id(&self) -> String {
        self.swarm.local_peer_id().to_string()
    }

    fn peers(&self) -> Vec<Peer> {
        self.swarm
            .peers()
            .into_iter()
            .map(|peer| Peer {
                id: peer.id.to_string(),
                head: peer.head,
            })
            .collect()
    }

    fn is_syncing(&self) -> bool {
        let decided = self.status.snapshot().decided;
        let newest = self
            .swarm
            .peers()
            .into_iter()
            .filter_map(|peer| peer.head)
            .map(|(height, _)| height)
            .max();
        // One block behind is a message on its way.
        newest.is_some_and(|newest| newest > decided.saturating_add(1))
    }
}
