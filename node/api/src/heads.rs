//! Following finalised heads: every height once and in order, however slowly the follower takes them.
//!
//! Nothing is buffered: a follower holds the next height it wants, and the store has the rest.

use crate::ports::Head;
use tokio::sync::watch;

/// Walks over finalised heights as they come.
#[derive(Debug)]
pub(crate) struct Heads {
    newest: watch::Receiver<Head>,
    next: u64,
}

impl Heads {
    /// Starts with the newest head, which is delivered at once.
    pub(crate) fn from_newest(newest: watch::Receiver<Head>) -> Self {
        let next = newest.borrow().height;
        Self { newest, next }
    }

    /// The next height; `None` when the node stops.
    pub(crate) async fn next(&mut self) -> Option<u64> {
        let height = self.next;
        self.newest
            .wait_for(|head| head.height >= height)
            .await
            .ok()?;
        self.next = height.saturating_add(1);
        Some(height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::BlockHash;

    fn head(height: u64) -> Head {
        Head {
            height,
            hash: BlockHash([0; 32]),
            at: 0,
        }
    }

    #[tokio::test]
    async fn a_slow_follower_misses_no_height() {
        let (send, newest) = watch::channel(head(3));
        let mut heads = Heads::from_newest(newest);
        assert_eq!(heads.next().await, Some(3));
        send.send_replace(head(4));
        send.send_replace(head(6));
        assert_eq!(
            (heads.next().await, heads.next().await, heads.next().await),
            (Some(4), Some(5), Some(6))
        );
        drop(send);
        assert_eq!(heads.next().await, None);
    }
}
