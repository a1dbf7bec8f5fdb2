//! Between pool and network: what the pool accepts goes out, what comes in goes to the pool, and peers hear of each new head.

use musubi_node_core::{
    pipeline::Pipeline,
    pool::{Pool, PoolError},
};
use musubi_node_network::{Event, Network};
use musubi_primitives::BlockHash;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionSource};
use tokio::sync::{broadcast::error::RecvError, mpsc};

/// Transactions that wait for the next block to be judged again.
const EARLY_MAX: usize = 4_096;

/// Starts the three flows; they end with the network.
pub fn start(pipeline: &Pipeline, network: &Network, events: mpsc::Receiver<Event>) {
    tokio::spawn(send_accepted(pipeline.clone(), network.clone()));
    tokio::spawn(take_in(pipeline.clone(), network.clone(), events));
    tokio::spawn(announce_heads(pipeline.clone(), network.clone()));
}

/// What the pool accepts goes out at once if it came in here. What then waits through a whole block, whoever sent it, is offered on: there
/// may be members that its sender is not connected to.
async fn send_accepted(pipeline: Pipeline, network: Network) {
    let pool = pipeline.pool();
    let mut accepted = pool.accepted();
    let mut finalised = pipeline.finalised();
    let (mut new, mut waiting) = (Vec::new(), Vec::new());
    loop {
        tokio::select! {
            transaction = accepted.recv() => match transaction {
                Ok(transaction) => {
                    // A network that is busy loses nothing: the transaction waits, and is offered later or proposed by this node.
                    if let Err(cause) = network.gossip(transaction.bytes.to_vec()) {
                        tracing::debug!(%cause, "a transaction did not go out at once");
                    }
                    new.push(transaction.hash);
                }
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "gossip fell behind the pool"),
                Err(RecvError::Closed) => return,
            },
            block = finalised.recv() => {
                if matches!(block, Err(RecvError::Closed)) {
                    return;
                }
                offer_waiting(pool, &network, &waiting);
                waiting = std::mem::take(&mut new);
            }
        }
    }
}

fn offer_waiting(pool: &Pool, network: &Network, hashes: &[[u8; 32]]) {
    let still_here = hashes.iter().filter_map(|hash| pool.get(hash));
    let waiting: Vec<_> = still_here.map(|tx| tx.bytes.to_vec()).collect();
    if !waiting.is_empty() && network.offer(waiting).is_err() {
        tracing::debug!("gossip is busy: what waits is not offered on");
    }
}

/// Takes transactions from peers. One that refers to a block which this node has not got yet is judged again with the next block:
/// whoever signed it was a moment ahead.
async fn take_in(pipeline: Pipeline, network: Network, mut events: mpsc::Receiver<Event>) {
    let mut finalised = pipeline.finalised();
    let mut early = Vec::new();
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(Event::Transactions { from, transactions }) = event else { return };
                let refused = judge(pipeline.pool(), transactions).await;
                if refused.iter().any(|(_, error)| is_blameworthy(error)) && network.blame(from).await.is_err() {
                    return;
                }
                let ahead = refused.into_iter().filter(|(_, error)| is_ahead(error)).map(|(bytes, _)| bytes);
                early.extend(ahead.take(EARLY_MAX.saturating_sub(early.len())));
            }
            block = finalised.recv() => {
                if matches!(block, Err(RecvError::Closed)) {
                    return;
                }
                // Who is still refused was not early, or comes back by a block.
                judge(pipeline.pool(), std::mem::take(&mut early)).await;
            }
        }
    }
}

/// Offers transactions to the pool; gives back what it refused, and why.
async fn judge(pool: &Pool, transactions: Vec<Vec<u8>>) -> Vec<(Vec<u8>, PoolError)> {
    let judged = transactions.into_iter().map(|bytes| async move {
        let answer = pool
            .submit(TransactionSource::External, bytes.clone())
            .await;
        answer.err().map(|error| (bytes, error))
    });
    let judged = futures::future::join_all(judged).await;
    judged.into_iter().flatten().collect()
}

/// Whether the transaction names a block as its birth that is not known here: too old, or still to come.
fn is_ahead(error: &PoolError) -> bool {
    matches!(
        error,
        PoolError::Invalid(InvalidTransaction::AncientBirthBlock)
    )
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
