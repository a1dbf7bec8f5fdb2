//! Between pool and network: what the pool accepts goes out, what comes in goes to the pool, and peers hear of each new head.

use musubi_node_core::{
    pipeline::Pipeline,
    pool::{Pool, PoolError},
};
use musubi_node_network::{Event, Network};
use musubi_primitives::BlockHash;
use sp_runtime::transaction_validity::TransactionSource;
use tokio::sync::{broadcast::error::RecvError, mpsc};

/// Starts the three flows; they end with the network.
pub fn start(pipeline: &Pipeline, network: &Network, events: mpsc::Receiver<Event>) {
    tokio::spawn(send_accepted(pipeline.pool().clone(), network.clone()));
    tokio::spawn(take_in(pipeline.pool().clone(), network.clone(), events));
    tokio::spawn(announce_heads(pipeline.clone(), network.clone()));
}

async fn send_accepted(pool: Pool, network: Network) {
    let mut accepted = pool.accepted();
    loop {
        match accepted.recv().await {
            // A network that is busy loses nothing: the pool keeps the transaction, and this node proposes it itself.
            Ok(transaction) => drop(network.gossip(transaction.bytes.as_ref().clone())),
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "gossip fell behind the pool");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn take_in(pool: Pool, network: Network, mut events: mpsc::Receiver<Event>) {
    while let Some(Event::Transactions { from, transactions }) = events.recv().await {
        let judged = transactions
            .into_iter()
            .map(|bytes| pool.submit(TransactionSource::External, bytes));
        let refused = futures::future::join_all(judged)
            .await
            .into_iter()
            .filter_map(Result::err);
        if refused.into_iter().any(|error| is_blameworthy(&error))
            && network.blame(from).await.is_err()
        {
            return;
        }
    }
}

/// Whether no honest node passes such bytes on. Transactions that became invalid on the way are nobody's fault.
fn is_blameworthy(error: &PoolError) -> bool {
    matches!(error, PoolError::BadFormat(_) | PoolError::TooLarge { .. })
}

/// Tells peers, and those that connect later, how far this node is.
pub async fn announce_tip(pipeline: &Pipeline, network: &Network) {
    let tip = pipeline.tip_header().borrow().clone();
    let hash = BlockHash(tip.hash().0);
    // A network that was stopped has nobody to tell.
    let _ = network.announce(tip.number.into(), hash).await;
}

/// Peers hear of the newest block at once, and of each one that follows.
async fn announce_heads(pipeline: Pipeline, network: Network) {
    let mut finalised = pipeline.finalised();
    announce_tip(&pipeline, &network).await;
    loop {
        match finalised.recv().await {
            Ok(block) if network.announce(block.height, block.hash).await.is_err() => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
