//! The keeper: follows the chain block by block, and begins again from the first when asked.

use crate::{
    error::IndexError,
    lists::BlockLine,
    pages::spell,
    schema::Index,
    source::{BlockFacts, Source},
};
use serde::Serialize;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::{Notify, broadcast, watch};

/// Live blocks that a slow reader may fall behind.
const LIVE_MAX: usize = 64;
/// Pause after a failure, before the chain or the database is asked again.
const PAUSE: Duration = Duration::from_secs(5);

/// How far the index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The first height that is in.
    pub first: u64,
    /// The newest height that is in; below the first while nothing is.
    pub height: i64,
    /// The newest height of the chain.
    pub tip: u64,
    /// Whether it is being filled anew.
    pub rebuilding: bool,
}

/// Keeps an index at the chain's height. Cheap to share.
#[derive(Clone)]
pub struct Keeper(Arc<Shared>);

struct Shared {
    index: Index,
    source: Arc<dyn Source>,
    again: Notify,
    progress: watch::Sender<Progress>,
    live: broadcast::Sender<BlockLine>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// A keeper of an index, with blocks from a source.
    pub fn new(index: Index, source: impl Source) -> Self {
        Self(Arc::new(Shared {
            index,
            source: Arc::new(source),
            again: Notify::new(),
            progress: watch::Sender::default(),
            live: broadcast::channel(LIVE_MAX).0,
        }))
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.0.index
    }

    /// How far it is, now and as it changes.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Blocks as they come in.
    pub fn live(&self) -> broadcast::Receiver<BlockLine> {
        self.0.live.subscribe()
    }

    /// Has the index filled anew from the first block that the chain keeps.
    pub fn rebuild(&self) {
        self.0
            .progress
            .send_modify(|progress| progress.rebuilding = true);
        self.0.again.notify_one();
    }

    /// Fills the index up to each new tip, until the sender of tips is gone. Failures are told in the log and tried again.
    pub async fn keep(self, mut tips: watch::Receiver<u64>) {
        loop {
            let tip = *tips.borrow_and_update();
            let done = self.catch_up(tip).await;
            if let Err(error) = &done {
                tracing::error!(%error, "the explorer's index does not go on; tried again");
            }
            tokio::select! {
                changed = tips.changed(), if done.is_ok() => if changed.is_err() { return },
                () = self.0.again.notified() => (),
                () = tokio::time::sleep(PAUSE), if done.is_err() => (),
            }
        }
    }

    /// Writes every block up to `tip`.
    async fn catch_up(&self, tip: u64) -> Result<(), IndexError> {
        if self.must_begin_again(tip).await? {
            let source = Arc::clone(&self.0.source);
            let first = off_async(move || source.first()).await?;
            self.0.index.empty(first.max(1)).await?;
        }
        let (first, mut height) = self.0.index.heights().await?;
        loop {
            self.0.progress.send_modify(|progress| {
                let rebuilding =
                    progress.rebuilding && height < i64::try_from(tip).unwrap_or(i64::MAX);
                *progress = Progress {
                    first,
                    height,
                    tip,
                    rebuilding,
                };
            });
            let next = u64::try_from(height.saturating_add(1)).unwrap_or_default();
            if next > tip {
                return Ok(());
            }
            let Some(block) = self.block(next).await? else {
                return Ok(());
            };
            let events = self.0.index.write(first, &block).await?;
            height = height.saturating_add(1);
            // Nobody may be listening.
            let _ = self.0.live.send(live(&block, events));
        }
    }

    /// Asked to; or nothing is in yet; or the chain's history begins above what would be next; or this is another history.
    async fn must_begin_again(&self, tip: u64) -> Result<bool, IndexError> {
        let (first, height) = self.0.index.heights().await?;
        if self.0.progress.borrow().rebuilding || first == 0 {
            return Ok(true);
        }
        let Some(newest) = u64::try_from(height).ok().filter(|height| *height >= first) else {
            return Ok(false);
        };
        if newest > tip {
            return Ok(true);
        }
        let here = self.0.index.block(newest).await?;
        let there = self.block(newest).await?;
        Ok(match (here, there) {
            (Some(here), Some(there)) => here.hash != spell(&there.hash.0),
            // The chain pruned it: what is here stays.
            (Some(_), None) => false,
            (None, _) => true,
        })
    }

    async fn block(&self, height: u64) -> Result<Option<BlockFacts>, IndexError> {
        let source = Arc::clone(&self.0.source);
        off_async(move || source.block(height)).await
    }
}

async fn off_async<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(answer) => answer,
        Err(error) => Err(IndexError::Block {
            height: 0,
            cause: error.to_string(),
        }),
    }
}

fn live(block: &BlockFacts, events: u32) -> BlockLine {
    BlockLine {
        height: block.height,
        hash: spell(&block.hash.0),
        time: block.time,
        round: block.round,
        signers: block.signers,
        extrinsics: u32::try_from(block.extrinsics.len()).unwrap_or(u32::MAX),
        events,
    }
}
