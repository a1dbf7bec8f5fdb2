//! `author_*`: handing over transactions and watching them become final.

use crate::{
    error::RpcError,
    ports::{Refusal, TransactionStatus},
    reads::{self, Reads},
};
use jsonrpsee::{
    PendingSubscriptionSink, SubscriptionSink,
    core::{SubscriptionResult, async_trait},
    proc_macros::rpc,
    server::SubscriptionMessage,
    types::ErrorObjectOwned,
};
use musubi_primitives::BlockHash;
use serde::Serialize;
use sp_core::{Bytes, H256};

/// Most waiting transactions that one call shows.
const PENDING_MAX: usize = 1000;

/// A status in the words of Substrate's pool, which clients match on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Update {
    Future,
    Ready,
    Broadcast(Vec<String>),
    InBlock(BlockHash),
    Finalized(BlockHash),
    Usurped(H256),
    Dropped,
    Invalid,
}

#[rpc(server)]
pub(crate) trait AuthorApi {
    #[method(name = "author_submitExtrinsic")]
    async fn submit(&self, extrinsic: Bytes) -> Result<H256, RpcError>;

    #[method(name = "author_pendingExtrinsics")]
    fn pending(&self) -> Result<Vec<Bytes>, RpcError>;

    #[subscription(
        name = "author_submitAndWatchExtrinsic" => "author_extrinsicUpdate",
        unsubscribe = "author_unwatchExtrinsic",
        item = Update
    )]
    async fn submit_and_watch(&self, extrinsic: Bytes) -> SubscriptionResult;
}

/// Answers from the pool.
#[derive(Clone, Debug)]
pub(crate) struct Author(pub(crate) Reads);

#[async_trait]
impl AuthorApiServer for Author {
    async fn submit(&self, extrinsic: Bytes) -> Result<H256, RpcError> {
        let pool = &self.0.services().pool;
        Ok(H256(pool.submit(some_bytes(extrinsic)?).await?))
    }

    fn pending(&self) -> Result<Vec<Bytes>, RpcError> {
        Ok(self
            .0
            .services()
            .pool
            .pending(PENDING_MAX)
            .into_iter()
            .map(Bytes)
            .collect())
    }

    async fn submit_and_watch(
        &self,
        pending: PendingSubscriptionSink,
        extrinsic: Bytes,
    ) -> SubscriptionResult {
        let watched = match some_bytes(extrinsic) {
            Ok(extrinsic) => self.0.services().pool.submit_and_watch(extrinsic).await,
            Err(refusal) => Err(refusal),
        };
        let mut statuses = match watched {
            Ok(statuses) => statuses,
            Err(refusal) => {
                pending
                    .reject(ErrorObjectOwned::from(RpcError::from(refusal)))
                    .await;
                return Ok(());
            }
        };
        let sink = pending.accept().await?;
        loop {
            let status = tokio::select! {
                () = sink.closed() => None,
                status = statuses.recv() => status,
            };
            let Some(status) = status else { return Ok(()) };
            if let TransactionStatus::Finalised { block, .. } = &status {
                self.until_newest(block).await;
            }
            for update in updates(status) {
                send(&sink, &update).await?;
            }
        }
    }
}

impl Author {
    /// Waits until this node calls no older block its newest than the one that a client is about to hear of.
    async fn until_newest(&self, block: &BlockHash) {
        let services = self.0.services();
        let Ok(header) = reads::header(services, block) else {
            return;
        };
        let (height, mut newest) = (u64::from(header.number), services.head.clone());
        // A node that stops has no newer head to wait for.
        let _ = newest.wait_for(|head| head.height >= height).await;
    }
}

fn some_bytes(extrinsic: Bytes) -> Result<Vec<u8>, Refusal> {
    if extrinsic.0.is_empty() {
        Err(Refusal::Malformed("the extrinsic is empty".to_owned()))
    } else {
        Ok(extrinsic.0)
    }
}

/// Here a block that holds a transaction is final, so both news come at once.
fn updates(status: TransactionStatus) -> Vec<Update> {
    match status {
        TransactionStatus::Future => vec![Update::Future],
        TransactionStatus::Ready => vec![Update::Ready],
        TransactionStatus::Broadcast => vec![Update::Broadcast(Vec::new())],
        TransactionStatus::Finalised { block, .. } => {
            vec![Update::InBlock(block), Update::Finalized(block)]
        }
        TransactionStatus::Usurped(by) => vec![Update::Usurped(H256(by))],
        TransactionStatus::Dropped => vec![Update::Dropped],
        TransactionStatus::Invalid => vec![Update::Invalid],
    }
}

async fn send(sink: &SubscriptionSink, update: &Update) -> SubscriptionResult {
    let message = SubscriptionMessage::new(sink.method_name(), sink.subscription_id(), update)?;
    Ok(sink.send(message).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_public_clients_expect() {
        let block = BlockHash([1; 32]);
        let json =
            serde_json::to_string(&updates(TransactionStatus::Finalised { block, index: 0 }))
                .unwrap();
        assert_eq!(
            json,
            format!(r#"[{{"inBlock":"{block}"}},{{"finalized":"{block}"}}]"#)
        );
        assert_eq!(
            serde_json::to_string(&updates(TransactionStatus::Ready)).unwrap(),
            r#"["ready"]"#
        );
        assert_eq!(
            serde_json::to_string(&updates(TransactionStatus::Broadcast)).unwrap(),
            r#"[{"broadcast":[]}]"#
        );
    }
}
