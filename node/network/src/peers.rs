//! The book of connected peers: who has proved what, what they know, what waits for them, and how they behaved. Pure; time is passed in.

use crate::{
    message::{BATCH_BYTES_MAX, TRANSACTIONS_MAX},
    ports::Asker,
    seen::Seen,
};
use libp2p::PeerId;
use musubi_primitives::BlockHash;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// Transactions that wait for one peer; when full, the oldest goes (the peer hears of it from others, or in a block).
const QUEUE_MAX: usize = 8192;
/// Transactions that one peer is remembered to know.
const KNOWN_MAX: usize = 16_384;
/// Requests of one peer that are worked on at once.
const WORK_MAX: u32 = 8;
/// How long a new connection may take to prove membership.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a misbehaving peer is shut out.
const SHUT_OUT: Duration = Duration::from_secs(600);
/// Demerits that shut a peer out.
const DEMERITS_MAX: u32 = 100;

/// A transaction on its way, with the hash that names it in caches.
pub(crate) type Parcel = ([u8; 32], Arc<[u8]>);

/// Something a peer should not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misdeed {
    /// A transaction that can never be valid.
    BadTransaction,
    /// A message out of bounds or without meaning.
    BadMessage,
    /// Something given as proved that proves nothing.
    FalseProof,
}

impl Misdeed {
    fn demerits(self) -> u32 {
        match self {
            Self::BadTransaction => 10,
            Self::BadMessage => 50,
            Self::FalseProof => DEMERITS_MAX,
        }
    }
}

/// One connected peer.
#[derive(Debug)]
struct Peer {
    since: Instant,
    proved: Option<Asker>,
    welcomed: bool,
    head: Option<(u64, BlockHash)>,
    known: Seen,
    queue: VecDeque<Parcel>,
    in_flight: Vec<Parcel>,
    resting: bool,
    work: u32,
}

/// All connected peers, and the demerits of those seen.
#[derive(Debug, Default)]
pub(crate) struct PeerBook {
    peers: BTreeMap<PeerId, Peer>,
    demerits: BTreeMap<PeerId, (u32, Instant)>,
}

impl PeerBook {
    pub(crate) fn connected(&mut self, peer: PeerId, now: Instant) {
        let known = Seen::new(KNOWN_MAX);
        let fresh = Peer {
            since: now,
            proved: None,
            welcomed: false,
            head: None,
            known,
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            resting: false,
            work: 0,
        };
        self.peers.entry(peer).or_insert(fresh);
    }

    pub(crate) fn disconnected(&mut self, peer: &PeerId) {
        self.peers.remove(peer);
    }

    /// The peer proved to be a member's node.
    pub(crate) fn proved(&mut self, peer: &PeerId, asker: Asker) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.proved = Some(asker);
        }
    }

    /// The peer took our own proof.
    pub(crate) fn welcomed(&mut self, peer: &PeerId) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.welcomed = true;
        }
    }

    /// Which member stands behind a peer, once proved.
    pub(crate) fn asker(&self, peer: &PeerId) -> Option<Asker> {
        self.peers.get(peer).and_then(|peer| peer.proved)
    }

    /// Peers that proved themselves and took our proof: those to talk with.
    pub(crate) fn ready(&self) -> impl Iterator<Item = (PeerId, Asker, Option<(u64, BlockHash)>)> {
        let ready = self.peers.iter().filter(|(_, peer)| peer.welcomed);
        ready.filter_map(|(id, peer)| peer.proved.map(|asker| (*id, asker, peer.head)))
    }

    pub(crate) fn is_ready(&self, peer: &PeerId) -> bool {
        self.peers
            .get(peer)
            .is_some_and(|peer| peer.welcomed && peer.proved.is_some())
    }

    pub(crate) fn note_head(&mut self, peer: &PeerId, height: u64, hash: BlockHash) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.head = Some((height, hash));
        }
    }

    /// The peer has this transaction.
    pub(crate) fn knows(&mut self, peer: &PeerId, hash: [u8; 32]) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.known.note(hash);
        }
    }

    /// Queues a transaction for everybody who is not known to have it.
    pub(crate) fn spread(&mut self, parcel: &Parcel) {
        for peer in self.peers.values_mut().filter(|peer| peer.proved.is_some()) {
            if peer.known.note(parcel.0) {
                if peer.queue.len() == QUEUE_MAX {
                    peer.queue.pop_front();
                }
                peer.queue.push_back(parcel.clone());
            }
        }
    }

    /// The next batch for a peer that is ready and has answered the last one.
    pub(crate) fn next_batch(&mut self, id: &PeerId) -> Option<Vec<Vec<u8>>> {
        let peer = self.peers.get_mut(id)?;
        if !peer.welcomed || peer.proved.is_none() || peer.resting || !peer.in_flight.is_empty() {
            return None;
        }
        let mut bytes = 0usize;
        while peer.in_flight.len() < TRANSACTIONS_MAX
            && let Some((_, transaction)) = peer.queue.front()
            && bytes.saturating_add(transaction.len()) <= BATCH_BYTES_MAX
        {
            bytes = bytes.saturating_add(transaction.len());
            peer.in_flight.extend(peer.queue.pop_front());
        }
        let batch = peer
            .in_flight
            .iter()
            .map(|(_, transaction)| transaction.to_vec());
        (!peer.in_flight.is_empty()).then(|| batch.collect())
    }

    /// The peer took a batch, or did not: then the batch goes back to the front, and the peer rests until [`Self::wake`].
    pub(crate) fn batch_done(&mut self, peer: &PeerId, taken: bool) {
        let Some(peer) = self.peers.get_mut(peer) else {
            return;
        };
        let batch = std::mem::take(&mut peer.in_flight);
        if !taken {
            peer.resting = true;
            batch
                .into_iter()
                .rev()
                .for_each(|parcel| peer.queue.push_front(parcel));
            peer.queue.truncate(QUEUE_MAX);
        }
    }

    /// Ends the rest of every peer.
    pub(crate) fn wake(&mut self) {
        self.peers
            .values_mut()
            .for_each(|peer| peer.resting = false);
    }

    /// Takes one of the peer's places for work; false when it has none left.
    pub(crate) fn begin_work(&mut self, peer: &PeerId) -> bool {
        let Some(peer) = self.peers.get_mut(peer).filter(|peer| peer.work < WORK_MAX) else {
            return false;
        };
        peer.work = peer.work.saturating_add(1);
        true
    }

    pub(crate) fn end_work(&mut self, peer: &PeerId) {
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.work = peer.work.saturating_sub(1);
        }
    }

    /// Notes a misdeed; whether the peer is shut out from now on.
    pub(crate) fn misdeed(&mut self, peer: &PeerId, misdeed: Misdeed, now: Instant) -> bool {
        let (demerits, since) = self.demerits.entry(*peer).or_insert((0, now));
        *demerits = demerits.saturating_add(misdeed.demerits());
        *since = now;
        *demerits >= DEMERITS_MAX
    }

    pub(crate) fn is_shut_out(&self, peer: &PeerId, now: Instant) -> bool {
        self.demerits.get(peer).is_some_and(|(demerits, since)| {
            *demerits >= DEMERITS_MAX && now.duration_since(*since) < SHUT_OUT
        })
    }

    /// Forgives old misdeeds and names the connections that never proved themselves.
    pub(crate) fn sweep(&mut self, now: Instant) -> Vec<PeerId> {
        self.demerits
            .retain(|_, (_, since)| now.duration_since(*since) < SHUT_OUT);
        let unproved =
            |peer: &Peer| peer.proved.is_none() && now.duration_since(peer.since) >= PROOF_TIMEOUT;
        self.peers
            .iter()
            .filter(|(_, peer)| unproved(peer))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Every proved peer, and who it proved to be.
    pub(crate) fn proved_peers(&self) -> Vec<(PeerId, Asker)> {
        let proved = self.peers.iter();
        proved
            .filter_map(|(id, peer)| peer.proved.map(|asker| (*id, asker)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::{MemberId, VerifyingKey};

    fn ready_peer(book: &mut PeerBook, now: Instant) -> PeerId {
        let peer = PeerId::random();
        book.connected(peer, now);
        book.proved(
            &peer,
            Asker {
                key: VerifyingKey([1; 32]),
                member: MemberId(1),
            },
        );
        book.welcomed(&peer);
        peer
    }

    fn parcel(seed: u8, length: usize) -> Parcel {
        ([seed; 32], vec![seed; length].into())
    }

    #[test]
    fn a_transaction_is_queued_once_and_never_for_who_sent_it() {
        let mut book = PeerBook::default();
        let now = Instant::now();
        let receiver = ready_peer(&mut book, now);
        let sender = ready_peer(&mut book, now);
        book.knows(&sender, [1; 32]);
        book.spread(&parcel(1, 10));
        book.spread(&parcel(1, 10));
        assert_eq!(book.next_batch(&receiver), Some(vec![vec![1; 10]]));
        assert_eq!(book.next_batch(&sender), None);
    }

    #[test]
    fn a_batch_waits_for_the_answer_to_the_one_before() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        (0..3).for_each(|seed| book.spread(&parcel(seed, BATCH_BYTES_MAX / 2)));
        assert_eq!(book.next_batch(&peer).map(|batch| batch.len()), Some(2));
        assert_eq!(book.next_batch(&peer), None);
        book.batch_done(&peer, true);
        assert_eq!(book.next_batch(&peer).map(|batch| batch.len()), Some(1));
    }

    #[test]
    fn a_batch_that_was_not_taken_is_sent_again_after_a_rest() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        (0..3).for_each(|seed| book.spread(&parcel(seed, 1)));
        let batch = book.next_batch(&peer);
        book.batch_done(&peer, false);
        assert_eq!(book.next_batch(&peer), None);
        book.wake();
        assert_eq!(book.next_batch(&peer), batch);
    }

    #[test]
    fn a_full_queue_drops_its_oldest() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        for number in 0..=QUEUE_MAX {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            book.spread(&(hash, number.to_be_bytes().to_vec().into()));
        }
        assert_eq!(
            book.next_batch(&peer).map(|batch| batch[0].clone()),
            Some(1usize.to_be_bytes().to_vec())
        );
    }

    #[test]
    fn misdeeds_add_up_and_are_forgiven_in_time() {
        let mut book = PeerBook::default();
        let (peer, now) = (PeerId::random(), Instant::now());
        assert!(!book.misdeed(&peer, Misdeed::BadMessage, now));
        assert!(book.misdeed(&peer, Misdeed::BadMessage, now));
        assert!(book.is_shut_out(&peer, now));
        assert!(!book.is_shut_out(&peer, now + SHUT_OUT));
    }

    #[test]
    fn who_does_not_prove_itself_in_time_is_named() {
        let mut book = PeerBook::default();
        let now = Instant::now();
        let member = ready_peer(&mut book, now);
        let stranger = PeerId::random();
        book.connected(stranger, now);
        assert_eq!(book.sweep(now), vec![]);
        assert_eq!(book.sweep(now + PROOF_TIMEOUT), vec![stranger]);
        assert!(book.is_ready(&member));
    }
}
