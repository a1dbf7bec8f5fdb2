//! The book of connected peers: who has proved what, what they know, what waits for them, and how they behaved. Pure; time is passed in.

use crate::{
    message::{BATCH_BYTES_MAX, OFFERS_MAX, TRANSACTIONS_MAX},
    ports::Asker,
    seen::Seen,
};
use libp2p::PeerId;
use musubi_primitives::BlockHash;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
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
    /// What waits here and did not come from this node: offered by hash, sent when wanted.
    offers: VecDeque<Parcel>,
    in_flight: InFlight,
    resting: bool,
    work: u32,
}

/// What a peer has not answered yet.
#[derive(Debug, Default)]
enum InFlight {
    #[default]
    Nothing,
    Batch(Vec<Parcel>),
    Offer(Vec<Parcel>),
}

/// What goes to a peer next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mail {
    /// Transactions.
    Batch(Vec<Vec<u8>>),
    /// Hashes of transactions.
    Offer(Vec<[u8; 32]>),
}

impl Peer {
    /// Transactions to send, within the bounds of a message.
    fn take_batch(&mut self) -> Vec<Parcel> {
        let mut batch = Vec::new();
        let mut bytes = 0usize;
        while batch.len() < TRANSACTIONS_MAX
            && let Some((_, transaction)) = self.queue.front()
            && bytes.saturating_add(transaction.len()) <= BATCH_BYTES_MAX
        {
            bytes = bytes.saturating_add(transaction.len());
            batch.extend(self.queue.pop_front());
        }
        batch
    }

    /// What to offer, without what the peer has shown to have meanwhile.
    fn take_offer(&mut self) -> Vec<Parcel> {
        let count = self.offers.len().min(OFFERS_MAX);
        let offered = self.offers.drain(..count);
        offered
            .filter(|(hash, _)| !self.known.contains(hash))
            .collect()
    }
}

/// Queues a parcel; a full queue loses its oldest.
fn push(queue: &mut VecDeque<Parcel>, parcel: Parcel) {
    if queue.len() == QUEUE_MAX {
        queue.pop_front();
    }
    queue.push_back(parcel);
}

/// Puts parcels back to the front.
fn put_back(queue: &mut VecDeque<Parcel>, parcels: Vec<Parcel>) {
    parcels
        .into_iter()
        .rev()
        .for_each(|parcel| queue.push_front(parcel));
    queue.truncate(QUEUE_MAX);
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
            offers: VecDeque::new(),
            in_flight: InFlight::Nothing,
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
                push(&mut peer.queue, parcel.clone());
            }
        }
    }

    /// Has a transaction offered to everybody who is not known to have it.
    pub(crate) fn offer(&mut self, parcel: &Parcel) {
        for peer in self.peers.values_mut().filter(|peer| peer.proved.is_some()) {
            if !peer.known.contains(&parcel.0) {
                push(&mut peer.offers, parcel.clone());
            }
        }
    }

    /// What goes next to a peer that is ready and has answered the last one: transactions before offers.
    pub(crate) fn next_mail(&mut self, id: &PeerId) -> Option<Mail> {
        let peer = self.peers.get_mut(id)?;
        let is_free = matches!(peer.in_flight, InFlight::Nothing) && !peer.resting;
        if !peer.welcomed || peer.proved.is_none() || !is_free {
            return None;
        }
        let batch = peer.take_batch();
        if !batch.is_empty() {
            let bytes = batch.iter().map(|(_, transaction)| transaction.to_vec());
            let mail = Mail::Batch(bytes.collect());
            peer.in_flight = InFlight::Batch(batch);
            return Some(mail);
        }
        let offer = peer.take_offer();
        if offer.is_empty() {
            return None;
        }
        let mail = Mail::Offer(offer.iter().map(|(hash, _)| *hash).collect());
        peer.in_flight = InFlight::Offer(offer);
        Some(mail)
    }

    /// The peer took a batch, or did not: then the batch goes back to the front, and the peer rests until [`Self::wake`].
    pub(crate) fn batch_done(&mut self, peer: &PeerId, taken: bool) {
        let Some(peer) = self.peers.get_mut(peer) else {
            return;
        };
        if let InFlight::Batch(batch) = std::mem::take(&mut peer.in_flight)
            && !taken
        {
            peer.resting = true;
            put_back(&mut peer.queue, batch);
        }
    }

    /// The peer said which places of an offer it wants, or did not answer: then the offer is made again after a rest.
    pub(crate) fn offer_done(&mut self, peer: &PeerId, wanted: Option<&[u32]>) {
        let Some(peer) = self.peers.get_mut(peer) else {
            return;
        };
        let InFlight::Offer(offer) = std::mem::take(&mut peer.in_flight) else {
            return;
        };
        let Some(wanted) = wanted else {
            peer.resting = true;
            return put_back(&mut peer.offers, offer);
        };
        let wanted: BTreeSet<u32> = wanted.iter().copied().collect();
        for (place, parcel) in (0u32..).zip(offer) {
            if peer.known.note(parcel.0) && wanted.contains(&place) {
                push(&mut peer.queue, parcel);
            }
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

    fn batch(book: &mut PeerBook, peer: &PeerId) -> Option<Vec<Vec<u8>>> {
        match book.next_mail(peer)? {
            Mail::Batch(batch) => Some(batch),
            Mail::Offer(hashes) => panic!("no batch, but an offer of {hashes:?}"),
        }
    }

    #[test]
    fn what_is_offered_is_sent_only_if_it_is_wanted_and_not_known_meanwhile() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        (1..=4).for_each(|seed| book.offer(&parcel(seed, 1)));
        book.knows(&peer, [2; 32]);
        let hashes = vec![[1; 32], [3; 32], [4; 32]];
        assert_eq!(book.next_mail(&peer), Some(Mail::Offer(hashes)));
        assert_eq!(book.next_mail(&peer), None);
        book.offer_done(&peer, Some(&[1, 1, 99]));
        assert_eq!(batch(&mut book, &peer), Some(vec![vec![3]]));
        book.batch_done(&peer, true);
        (1..=4).for_each(|seed| book.offer(&parcel(seed, 1)));
        assert_eq!(book.next_mail(&peer), None);
    }

    #[test]
    fn an_offer_without_an_answer_is_made_again_after_a_rest() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        book.offer(&parcel(1, 1));
        let offer = book.next_mail(&peer);
        book.offer_done(&peer, None);
        assert_eq!(book.next_mail(&peer), None);
        book.wake();
        assert_eq!(book.next_mail(&peer), offer);
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
        assert_eq!(batch(&mut book, &receiver), Some(vec![vec![1; 10]]));
        assert_eq!(batch(&mut book, &sender), None);
    }

    #[test]
    fn a_batch_waits_for_the_answer_to_the_one_before() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        (0..3).for_each(|seed| book.spread(&parcel(seed, BATCH_BYTES_MAX / 2)));
        assert_eq!(batch(&mut book, &peer).map(|batch| batch.len()), Some(2));
        assert_eq!(batch(&mut book, &peer), None);
        book.batch_done(&peer, true);
        assert_eq!(batch(&mut book, &peer).map(|batch| batch.len()), Some(1));
    }

    #[test]
    fn a_batch_that_was_not_taken_is_sent_again_after_a_rest() {
        let mut book = PeerBook::default();
        let peer = ready_peer(&mut book, Instant::now());
        (0..3).for_each(|seed| book.spread(&parcel(seed, 1)));
        let sent = batch(&mut book, &peer);
        book.batch_done(&peer, false);
        assert_eq!(batch(&mut book, &peer), None);
        book.wake();
        assert_eq!(batch(&mut book, &peer), sent);
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
            batch(&mut book, &peer).map(|batch| batch[0].clone()),
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
