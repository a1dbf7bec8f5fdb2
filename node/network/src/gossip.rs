//! What spreads by itself: transactions, each to every member once, and the newest head.

use crate::{
    handle::Event,
    message::{Refusal, Request, Response},
    questions::Asked,
    task::Task,
};
use libp2p::PeerId;
use musubi_primitives::{BlockHash, commitment::hash_parts};

impl Task {
    /// Passes a transaction of this node on.
    pub(crate) fn spread(&mut self, transaction: Vec<u8>) {
        let hash = hash_parts(&[&transaction]);
        self.seen.note(hash);
        self.book.spread(&(hash, transaction.into()));
        self.flush_all();
    }

    /// Hands new transactions to the node, or says that it is busy: then nothing counts as seen and the peer sends them again.
    pub(crate) fn take_transactions(
        &mut self,
        peer: PeerId,
        transactions: Vec<Vec<u8>>,
    ) -> Response {
        let Ok(place) = self.channels.events.try_reserve() else {
            return Response::Refused(Refusal::Busy);
        };
        let mut fresh = Vec::new();
        for transaction in transactions {
            let hash = hash_parts(&[&transaction]);
            self.book.knows(&peer, hash);
            if self.seen.note(hash) {
                fresh.push(transaction);
            }
        }
        if !fresh.is_empty() {
            place.send(Event::Transactions {
                from: peer,
                transactions: fresh,
            });
        }
        Response::Taken
    }

    /// Sends what waits for the peer, if it has answered the batch before.
    pub(crate) fn flush(&mut self, peer: PeerId) {
        if let Some(batch) = self.book.next_batch(&peer) {
            self.send(peer, Request::Transactions(batch), Asked::Batch);
        }
    }

    pub(crate) fn flush_all(&mut self) {
        self.ready_peers()
            .into_iter()
            .for_each(|peer| self.flush(peer));
    }

    /// Tells everybody this node's newest head, and whoever connects later.
    pub(crate) fn announce(&mut self, height: u64, hash: BlockHash) {
        self.head = Some((height, hash));
        self.ready_peers()
            .into_iter()
            .for_each(|peer| self.tell_head(peer));
    }

    pub(crate) fn tell_head(&mut self, peer: PeerId) {
        if let Some((height, hash)) = self.head {
            self.send(peer, Request::Head { height, hash }, Asked::News);
        }
    }

    fn ready_peers(&self) -> Vec<PeerId> {
        self.book.ready().map(|(peer, ..)| peer).collect()
    }
}
