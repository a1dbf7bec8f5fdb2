//! The chain as desks use it: reads of the newest finalised state, and transactions that are waited for until they are final.

use crate::client::Rule;
use codec::{Decode, Encode};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    extrinsics::{Call, ChainContext, Mortality, account_of, prepare},
    proofs::hashing::blake2_256,
};
use musubi_node_api::Head;
use musubi_node_core::{
    executor::{Dispatched, dispatched},
    pipeline::{Finalised, Pipeline},
    pool::{PoolError, TxStatus},
    ports::{Clock, ConsensusHost, LocalFault},
};
use musubi_node_gateway::{Applied, DeskError};
use musubi_primitives::{AccountId, BlockHash, Moment};
use sp_runtime::transaction_validity::TransactionSource;
use std::sync::Arc;
use tokio::sync::{
    Mutex,
    broadcast::{self, error::RecvError},
    mpsc, watch,
};

/// How many blocks a transaction of a desk may wait for its own (about a minute at full pace, twenty when idle).
const MORTALITY_BLOCKS: u64 = 256;

/// What `Core_version` begins with: names, versions, interfaces, and the transaction version.
type VersionHead = (String, String, u32, u32, u32, Vec<([u8; 8], u32)>, u32);

/// The chain behind the desks. Cheap to share.
#[derive(Clone)]
pub struct Chain {
    pipeline: Pipeline,
    clock: Arc<dyn Clock>,
    /// The newest block as the node's API tells it.
    head: watch::Receiver<Head>,
    /// Held while a nonce is chosen and its transaction enters the pool, so that no two take one nonce.
    entering: Arc<Mutex<()>>,
}

/// The newest finalised block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
}

impl Chain {
    /// The chain of a pipeline; `head` is the newest block as the node's API tells it.
    pub fn new(pipeline: Pipeline, clock: Arc<dyn Clock>, head: watch::Receiver<Head>) -> Self {
        Self {
            pipeline,
            clock,
            head,
            entering: Arc::default(),
        }
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Hash of block 0.
    pub fn genesis(&self) -> BlockHash {
        self.pipeline.genesis()
    }

    /// This machine's clock, milliseconds.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The newest finalised block.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn tip(&self) -> Result<Tip, LocalFault> {
        let empty = || LocalFault::new("read the newest block", "the store is empty");
        let (height, hash) = self.pipeline.store().tip()?.ok_or_else(empty)?;
        Ok(Tip { height, hash })
    }

    /// Asks the runtime about the newest finalised state.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    #[tracing::instrument(target = "spans", name = "read state", skip_all, fields(runtime.function = method))]
    pub async fn read<T: Decode + Send + 'static>(
        &self,
        method: &'static str,
        arguments: impl Encode,
    ) -> Result<T, DeskError> {
        let tip = self.tip().map_err(unavailable)?;
        let executor = Arc::clone(self.pipeline.executor());
        let arguments = arguments.encode();
        let job = move || executor.state_call_as(&tip.hash, method, &arguments);
        let answer = self.pipeline.reading().run(job).await;
        answer.map_err(unavailable)?.map_err(unavailable)
    }

    /// A value of the newest finalised state, by its storage key.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn stored<T: Decode + Send + 'static>(
        &self,
        key: Vec<u8>,
    ) -> Result<Option<T>, DeskError> {
        let tip = self.tip().map_err(unavailable)?;
        let executor = Arc::clone(self.pipeline.executor());
        let job = move || executor.storage(&tip.hash, &key);
        let answer = self.pipeline.reading().run(job).await;
        let found = answer.map_err(unavailable)?.map_err(unavailable)?;
        let read = |bytes: Vec<u8>| T::decode(&mut bytes.as_slice()).map_err(unavailable);
        found.map(read).transpose()
    }

    /// Versions that every signature binds.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn context(&self) -> Result<ChainContext, DeskError> {
        let (_, _, _, spec_version, _, _, transaction_version) = self
            .read::<Prefix<VersionHead>>("Core_version", ())
            .await?
            .0;
        Ok(ChainContext {
            genesis: self.pipeline.genesis(),
            spec_version,
            transaction_version,
        })
    }

    /// The next nonce of an account, transactions that wait included.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn next_nonce(&self, account: &AccountId) -> Result<u32, DeskError> {
        loop {
            let tip = self.tip().map_err(unavailable)?;
            let on_chain: u32 = self.read("AccountNonceApi_account_nonce", account).await?;
            let next = self.pipeline.pool().next_nonce(account, on_chain);
            // A block that came in between took transactions out of the pool, and their nonces with them.
            if self.tip().map_err(unavailable)? == tip {
                return Ok(next);
            }
        }
    }

    /// Signs a call with a key of this node and waits until it is final.
    ///
    /// # Errors
    /// [`DeskError::RefusedByChain`] with the rule; [`DeskError::Unavailable`].
    #[tracing::instrument(target = "spans", name = "submit transaction", skip_all)]
    pub async fn submit(&self, key: &SigningKey, call: Call) -> Result<Applied, DeskError> {
        let entered = {
            let _entering = self.entering.lock().await;
            let extrinsic = self.sign(key, call).await?;
            self.enter(extrinsic).await?
        };
        self.outcome(entered).await
    }

    /// Submits a transaction that somebody else signed and waits until it is final. Sent again, because the answer was lost, it gets
    /// the same answer.
    ///
    /// # Errors
    /// See [`Chain::submit`].
    #[tracing::instrument(target = "spans", name = "submit transaction", skip_all)]
    pub async fn submit_signed(&self, extrinsic: Vec<u8>) -> Result<Applied, DeskError> {
        let hash = blake2_256(&extrinsic);
        let finalised = self.pipeline.finalised();
        if let Some(ended) = self.ended(&hash).await? {
            return ended;
        }
        let offered = self
            .pipeline
            .pool()
            .submit_and_watch(TransactionSource::External, extrinsic);
        match offered.await {
            Ok(entered) => self.outcome(entered).await,
            Err(PoolError::AlreadyImported) => self.wait_for(&hash, finalised).await,
            Err(error) => match self.ended(&hash).await? {
                Some(ended) => ended,
                None => Err(refused_by_pool(error)),
            },
        }
    }

    /// How a transaction ended, if it is final.
    async fn ended(
        &self,
        extrinsic: &[u8; 32],
    ) -> Result<Option<Result<Applied, DeskError>>, DeskError> {
        let place = self
            .pipeline
            .store()
            .extrinsic(extrinsic)
            .map_err(unavailable)?;
        let Some((height, _)) = place else {
            return Ok(None);
        };
        let hash = self.pipeline.store().hash_at(height).map_err(unavailable)?;
        let hash = hash.ok_or_else(|| unavailable("a final block has no hash"))?;
        Ok(Some(self.ending(extrinsic, hash).await))
    }

    /// Waits for a transaction that is in the pool already.
    async fn wait_for(
        &self,
        extrinsic: &[u8; 32],
        mut finalised: broadcast::Receiver<Arc<Finalised>>,
    ) -> Result<Applied, DeskError> {
        loop {
            if let Some(ended) = self.ended(extrinsic).await? {
                return ended;
            }
            if self.pipeline.pool().get(extrinsic).is_none() {
                return Err(left_pool());
            }
            if matches!(finalised.recv().await, Err(RecvError::Closed)) {
                return Err(unavailable("the chain stopped"));
            }
        }
    }

    async fn sign(&self, key: &SigningKey, call: Call) -> Result<Vec<u8>, DeskError> {
        let account = account_of(key);
        let nonce = self.next_nonce(&account).await?;
        let context = self.context().await?;
        let tip = self.tip().map_err(unavailable)?;
        let mortality = Mortality::Mortal {
            period: MORTALITY_BLOCKS,
            height: tip.height,
            block: tip.hash,
        };
        prepare(&context, account, nonce, mortality, call)
            .sign(key)
            .map(|extrinsic| extrinsic.bytes)
            .map_err(unavailable)
    }

    async fn enter(&self, extrinsic: Vec<u8>) -> Result<Entered, DeskError> {
        self.pipeline
            .pool()
            .submit_and_watch(TransactionSource::External, extrinsic)
            .await
            .map_err(refused_by_pool)
    }

    #[tracing::instrument(target = "spans", name = "wait for finality", skip_all)]
    async fn outcome(&self, (hash, mut statuses): Entered) -> Result<Applied, DeskError> {
        while let Some(status) = statuses.recv().await {
            match status {
                TxStatus::Finalized(block) => return self.ending(&hash, block).await,
                TxStatus::Usurped(_) | TxStatus::Dropped | TxStatus::Invalid => {
                    return Err(left_pool());
                }
                TxStatus::Future
                | TxStatus::Ready
                | TxStatus::Broadcast(_)
                | TxStatus::InBlock(_) => {}
            }
        }
        Err(unavailable("the pool stopped telling of a transaction"))
    }

    /// How a final transaction ended. Told only when the node's API calls no older block its newest: whoever hears it and asks there finds
    /// what was done.
    async fn ending(&self, extrinsic: &[u8; 32], block: BlockHash) -> Result<Applied, DeskError> {
        let store = self.pipeline.store();
        let missing = || LocalFault::new("find a final transaction", "it is not indexed");
        let read = || {
            let (height, index) = store.extrinsic(extrinsic)?.ok_or_else(missing)?;
            let events = store.events(height)?.ok_or_else(missing)?;
            Ok::<_, LocalFault>((height, dispatched(&events, index)?))
        };
        let (height, ended) = read().map_err(unavailable)?;
        // A node that stops has no newer head to wait for.
        let _ = self
            .head
            .clone()
            .wait_for(|head| height <= head.height)
            .await;
        match (height, ended) {
            (height, Dispatched::Applied) => Ok(Applied {
                block: height,
                hash: block,
            }),
            (_, Dispatched::Refused(error)) => {
                Err(DeskError::RefusedByChain(Rule::from(&error).to_string()))
            }
        }
    }
}

/// A transaction in the pool: its hash, and what becomes of it.
type Entered = ([u8; 32], mpsc::Receiver<TxStatus>);

/// The first part of a longer SCALE value.
struct Prefix<T>(T);

impl<T: Decode> Decode for Prefix<T> {
    fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
        let value = T::decode(input)?;
        // The rest is not wanted, and a reader to the last byte must find none.
        while input.remaining_len()?.is_some_and(|rest| 0 < rest) {
            input.read_byte()?;
        }
        Ok(Self(value))
    }
}

fn left_pool() -> DeskError {
    DeskError::NotTaken("it left the pool before a block took it: sign it again".to_owned())
}

fn refused_by_pool(error: PoolError) -> DeskError {
    match error {
        PoolError::BadFormat(_) | PoolError::TooLarge { .. } => {
            DeskError::Unprocessable(error.to_string())
        }
        PoolError::Fault(_) | PoolError::QuotaExceeded { .. } | PoolError::PoolFull => {
            unavailable(error)
        }
        PoolError::Invalid(_)
        | PoolError::Unknown(_)
        | PoolError::TemporarilyBanned
        | PoolError::AlreadyImported
        | PoolError::PriorityTooLow { .. } => DeskError::NotTaken(error.to_string()),
    }
}

/// A fault for the log; the caller only hears that this node cannot answer now.
pub fn unavailable(cause: impl ToString) -> DeskError {
    DeskError::Unavailable(cause.to_string())
}
