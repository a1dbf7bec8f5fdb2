//! `chain_*`: blocks, hashes and headers, and following heads.

use crate::{
    error::RpcError,
    heads::Heads,
    reads::{self, Block, Header, Reads},
};
use codec::Decode;
use jsonrpsee::{
    PendingSubscriptionSink,
    core::{SubscriptionResult, async_trait},
    proc_macros::rpc,
    server::SubscriptionMessage,
};
use musubi_primitives::BlockHash;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Most heights that one `chain_getBlockHash` call may name.
const HEIGHTS_MAX: usize = 256;

/// A height as clients write it: a number or a hexadecimal string.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Height {
    Number(u64),
    Text(String),
}

impl Height {
    fn read(&self) -> Result<u64, RpcError> {
        match self {
            Self::Number(height) => Ok(*height),
            Self::Text(text) => {
                let digits = text.strip_prefix("0x").ok_or_else(|| bad_height(text))?;
                u64::from_str_radix(digits, 16).map_err(|_| bad_height(text))
            }
        }
    }
}

fn bad_height(text: &str) -> RpcError {
    let shown: String = text.chars().take(20).collect();
    RpcError::Parameter(format!(
        "a height is a number or a string of 0x and hexadecimal digits, not {shown:?}"
    ))
}

/// One height, or several at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Heights {
    Many(Vec<Height>),
    One(Height),
}

/// One answer, or as many as were asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Hashes {
    Many(Vec<Option<BlockHash>>),
    One(Option<BlockHash>),
}

/// A block as Substrate clients expect it; instant finality leaves no justifications to attach (see `musubi_certificate`).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SignedBlock {
    block: Block,
    justifications: Option<()>,
}

#[rpc(server)]
pub(crate) trait ChainApi {
    #[method(name = "chain_getHeader")]
    async fn header(&self, hash: Option<H256>) -> Result<Option<Header>, RpcError>;

    #[method(name = "chain_getBlock")]
    async fn block(&self, hash: Option<H256>) -> Result<Option<SignedBlock>, RpcError>;

    #[method(name = "chain_getBlockHash", aliases = ["chain_getHead"])]
    async fn block_hash(&self, height: Option<Heights>) -> Result<Hashes, RpcError>;

    #[method(name = "chain_getFinalizedHead", aliases = ["chain_getFinalisedHead"])]
    fn finalized_head(&self) -> Result<BlockHash, RpcError>;

    #[subscription(
        name = "chain_subscribeAllHeads" => "chain_allHead",
        unsubscribe = "chain_unsubscribeAllHeads",
        item = Header
    )]
    async fn subscribe_all_heads(&self) -> SubscriptionResult;

    #[subscription(
        name = "chain_subscribeNewHeads" => "chain_newHead",
        aliases = ["subscribe_newHead", "chain_subscribeNewHead"],
        unsubscribe = "chain_unsubscribeNewHeads",
        unsubscribe_aliases = ["unsubscribe_newHead", "chain_unsubscribeNewHead"],
        item = Header
    )]
    async fn subscribe_new_heads(&self) -> SubscriptionResult;

    #[subscription(
        name = "chain_subscribeFinalizedHeads" => "chain_finalizedHead",
        aliases = ["chain_subscribeFinalisedHeads"],
        unsubscribe = "chain_unsubscribeFinalizedHeads",
        unsubscribe_aliases = ["chain_unsubscribeFinalisedHeads"],
        item = Header
    )]
    async fn subscribe_finalized_heads(&self) -> SubscriptionResult;
}

/// Answers from the store.
#[derive(Clone, Debug)]
pub(crate) struct Chain(pub(crate) Reads);

#[async_trait]
impl ChainApiServer for Chain {
    async fn header(&self, hash: Option<H256>) -> Result<Option<Header>, RpcError> {
        let at = self.0.at(hash);
        let found = self
            .0
            .run(move |services| Ok(services.store.block(&at)?))
            .await?;
        found
            .map(|block| decode(&block.bytes, "a stored header"))
            .transpose()
    }

    async fn block(&self, hash: Option<H256>) -> Result<Option<SignedBlock>, RpcError> {
        let at = self.0.at(hash);
        let found = self.0.run(move |services| {
            if let Some(height) = services.store.height_of(&at)? {
                reads::check_kept(services, height)?;
            }
            Ok(services.store.block(&at)?)
        });
        let block = found
            .await?
            .map(|block| decode(&block.bytes, "a stored block"))
            .transpose()?;
        Ok(block.map(|block| SignedBlock {
            block,
            justifications: None,
        }))
    }

    async fn block_hash(&self, height: Option<Heights>) -> Result<Hashes, RpcError> {
        match height {
            None => Ok(Hashes::One(Some(self.0.head().hash))),
            Some(Heights::One(height)) => {
                let height = height.read()?;
                self.0
                    .run(move |services| Ok(Hashes::One(services.store.hash_at(height)?)))
                    .await
            }
            Some(Heights::Many(heights)) if heights.len() > HEIGHTS_MAX => {
                Err(RpcError::Parameter(format!(
                    "at most {HEIGHTS_MAX} heights in one call, not {}",
                    heights.len()
                )))
            }
            Some(Heights::Many(heights)) => {
                let heights = heights
                    .iter()
                    .map(Height::read)
                    .collect::<Result<Vec<_>, _>>()?;
                let look_up = move |services: &crate::ports::Services| {
                    let hashes = heights.iter().map(|height| services.store.hash_at(*height));
                    Ok(Hashes::Many(hashes.collect::<Result<_, _>>()?))
                };
                self.0.run(look_up).await
            }
        }
    }

    fn finalized_head(&self) -> Result<BlockHash, RpcError> {
        Ok(self.0.head().hash)
    }

    async fn subscribe_all_heads(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        self.send_headers(pending).await
    }

    async fn subscribe_new_heads(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        self.send_headers(pending).await
    }

    async fn subscribe_finalized_heads(
        &self,
        pending: PendingSubscriptionSink,
    ) -> SubscriptionResult {
        self.send_headers(pending).await
    }
}

impl Chain {
    /// Sends the newest header and then each next one, at the pace of the reader.
    async fn send_headers(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let sink = pending.accept().await?;
        let mut heads = Heads::from_newest(self.0.services().head.clone());
        loop {
            let height = tokio::select! {
                () = sink.closed() => return Ok(()),
                height = heads.next() => height,
            };
            let Some(height) = height else { return Ok(()) };
            let header = self
                .0
                .run(move |services| reads::header(services, &reads::hash_at(services, height)?))
                .await?;
            let message =
                SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), &header)?;
            sink.send(message).await?;
        }
    }
}

fn decode<T: Decode>(bytes: &[u8], what: &'static str) -> Result<T, RpcError> {
    T::decode(&mut &*bytes).map_err(|_| RpcError::Undecodable(what))
}
