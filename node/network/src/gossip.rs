//! What spreads by itself: transactions, each to every member once, and the newest head.
//!
//! A transaction goes whole only from the node where it came in, to all its peers. What then still waits is offered on by its hash, and
//! goes to those who do not have it: members that are connected through others get it so, and the rest costs 32 bytes.

use crate::{
    handle::Event,
    message::{Refusal, Request, Response},
    peers::Mail,
    questions::Asked,
    task::Task,
};
use libp2p::PeerId;
use musubi_primitives::{BlockHash, commitment::hash_parts};

impl Task {
    /// Passes a transaction on that came in at this node. One that came from a peer has reached that peer's peers already.
    pub(crate) fn spread(&mut self, transaction: Vec<u8>) {
        let hash = hash_parts(&[&transaction]);
        if self.seen.note(hash) {
            self.book.spread(&(hash, transaction.into()));
            self.flush_all();
        }
    }

    /// Offers transactions that wait here to those who are not known to have them.
    pub(crate) fn offer(&mut self, transactions: Vec<Vec<u8>>) {
        for transaction in transactions {
            let hash = hash_parts(&[&transaction]);
            self.seen.note(hash);
            self.book.offer(&(hash, transaction.into()));
        }
        self.flush_all();
    }

    /// Says which of the offered transactions this node does not have.
    pub(crate) fn take_offer(&mut self, peer: PeerId, hashes: Vec<[u8; 32]>) -> Response {
        let mut wanted = Vec::new();
        for (place, hash) in (0u32..).zip(hashes) {
            self.book.knows(&peer, hash);
            if !self.seen.contains(&hash) {
                wanted.push(place);
            }
        }
        Response::Wanted(wanted)
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

    /// Sends what waits for the peer, if it has answered what went before.
    pub(crate) fn flush(&mut self, peer: PeerId) {
        match self.book.next_mail(&peer) {
            Some(Mail::Batch(batch)) => {
                self.send(peer, Request::Transactions(batch), Asked::Batch);
            }
            Some(Mail::Offer(hashes)) => self.send(peer, Request::Offer(hashes), Asked::Offer),
            None => (),
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
