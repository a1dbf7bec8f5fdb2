//! The task that owns the swarm: one loop over swarm events, commands, finished work and a slow beat.

use crate::{
    codec::{BoundedCodec, PROTOCOL},
    handle::{AskError, Command, Event, Network, PeerView},
    identity::{PeerProof, network_key},
    message::{CHUNK_BYTES_MAX, FINAL_BLOCKS_MAX, PIECE_BYTES_MAX, Refusal, Request, Response},
    peers::{Misdeed, PeerBook},
    ports::{Asker, Blobs, Membership, SnapshotSource},
    seen::Seen,
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, SwarmBuilder, connection_limits, connection_limits::ConnectionLimits,
    multiaddr::Protocol, noise, ping, request_response as exchange, swarm::NetworkBehaviour,
    swarm::SwarmEvent, tcp, yamux,
};
use musubi_primitives::{BlockHash, commitment::hash_parts};
use std::{
    collections::BTreeMap,
    fmt, io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot, watch};

/// Commands that may wait for the task.
const COMMANDS_MAX: usize = 4096;
/// Batches of transactions that may wait for the node; beyond them peers hear that we are busy.
const EVENTS_MAX: usize = 64;
/// Transactions remembered, so that each is handed to the node once.
const SEEN_MAX: usize = 65_536;
/// How often dead connections are dialled again and books swept.
const BEAT: Duration = Duration::from_millis(500);
/// Beats between two looks at who still is a member; each look reads state.
const MEMBERSHIP_BEATS: u64 = 20;
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// What a network is started with.
#[derive(Clone)]
pub struct Settings {
    /// Ed25519 seed of the node key that the chain knows.
    pub node_seed: [u8; 32],
    /// Hash of block 0; nodes of another chain are strangers.
    pub genesis: BlockHash,
    /// Addresses to listen on.
    pub listen: Vec<Multiaddr>,
    /// Addresses to stay connected with; each ends in `/p2p/<peer id>`.
    pub dial: Vec<Multiaddr>,
    /// Connections at once, in both directions together.
    pub connections_max: u32,
    /// Who is a member.
    pub membership: Arc<dyn Membership>,
    /// What joining nodes are given.
    pub snapshots: Arc<dyn SnapshotSource>,
    /// The vault.
    pub blobs: Arc<dyn Blobs>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("dial", &self.dial)
            .finish_non_exhaustive()
    }
}

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// Which.
        address: Multiaddr,
        /// Why.
        source: libp2p::TransportError<io::Error>,
    },
    /// An address to dial names no peer.
    #[error("{0} does not end in /p2p/ and a peer id")]
    NoPeerId(Multiaddr),
    /// The node key signs nothing, or encryption cannot be set up from the network key.
    #[error("the node's key is of no use")]
    Key,
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    limits: connection_limits::Behaviour,
    exchange: exchange::Behaviour<BoundedCodec>,
    ping: ping::Behaviour,
}

/// What an answer will be for.
enum Asked {
    Greeting,
    Batch,
    News,
    Question(oneshot::Sender<Result<Response, AskError>>),
}

/// An answer that was worked out on another thread.
struct Done {
    peer: PeerId,
    channel: exchange::ResponseChannel<Response>,
    response: Response,
}

struct Service {
    swarm: Swarm<Behaviour>,
    settings: Settings,
    proof: PeerProof,
    book: PeerBook,
    seen: Seen,
    asked: BTreeMap<exchange::OutboundRequestId, (PeerId, Asked)>,
    doomed: Vec<PeerId>,
    beats: u64,
    events: mpsc::Sender<Event>,
    done: mpsc::UnboundedSender<Done>,
    peers: watch::Sender<Vec<PeerView>>,
    listening: watch::Sender<Vec<Multiaddr>>,
}

/// Starts the network on the current tokio runtime.
///
/// # Errors
/// See [`StartError`].
pub fn start(settings: Settings) -> Result<(Network, mpsc::Receiver<Event>), StartError> {
    let keys = network_key(&settings.node_seed);
    let local = keys.public().to_peer_id();
    let proof =
        PeerProof::sign(&settings.node_seed, &settings.genesis, &local).ok_or(StartError::Key)?;
    let mut swarm = SwarmBuilder::with_existing_identity(keys)
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )
        .map_err(|_| StartError::Key)?
        .with_behaviour(|_| behaviour(settings.connections_max))
        .map_err(|_| StartError::Key)?
        // Connections stay until a side closes them; pings find the dead ones.
        .with_swarm_config(|config| {
            config.with_idle_connection_timeout(Duration::from_secs(24 * 3600))
        })
        .build();
    for address in &settings.listen {
        let listen = swarm.listen_on(address.clone());
        listen.map_err(|source| StartError::Listen {
            address: address.clone(),
            source,
        })?;
    }
    if let Some(address) = settings
        .dial
        .iter()
        .find(|address| peer_of(address).is_none())
    {
        return Err(StartError::NoPeerId(address.clone()));
    }
    let (commands, commanded) = mpsc::channel(COMMANDS_MAX);
    let (events, heard) = mpsc::channel(EVENTS_MAX);
    let (done, finished) = mpsc::unbounded_channel();
    let (peers, follow_peers) = watch::channel(Vec::new());
    let (listening, follow_addresses) = watch::channel(Vec::new());
    let (book, seen) = (PeerBook::default(), Seen::new(SEEN_MAX));
    let (asked, doomed, beats) = (BTreeMap::new(), Vec::new(), 0);
    let service = Service {
        swarm,
        settings,
        proof,
        book,
        seen,
        asked,
        doomed,
        beats,
        events,
        done,
        peers,
        listening,
    };
    tokio::spawn(service.run(commanded, finished));
    Ok((
        Network {
            commands,
            peers: follow_peers,
            listening: follow_addresses,
            local,
        },
        heard,
    ))
}

fn behaviour(connections_max: u32) -> Behaviour {
    let limits = ConnectionLimits::default()
        .with_max_established(Some(connections_max))
        .with_max_pending_incoming(Some(connections_max))
        .with_max_established_per_peer(Some(2));
    let config = exchange::Config::default().with_request_timeout(ANSWER_TIMEOUT);
    Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        exchange: exchange::Behaviour::new([(PROTOCOL, exchange::ProtocolSupport::Full)], config),
        ping: ping::Behaviour::default(),
    }
}

fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().find_map(|part| match part {
        Protocol::P2p(peer) => Some(peer),
        _ => None,
    })
}

impl Service {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut finished: mpsc::UnboundedReceiver<Done>,
    ) {
        let mut beat = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                command = commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => return,
                },
                Some(done) = finished.recv() => self.on_done(done),
                _ = beat.tick() => self.on_beat(),
            }
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                let local = *self.swarm.local_peer_id();
                self.listening
                    .send_modify(|all| all.push(address.with(Protocol::P2p(local))));
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                num_established,
                ..
            } if num_established.get() == 1 => self.on_connected(peer_id),
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established: 0,
                ..
            } => {
                self.book.disconnected(&peer_id);
                self.show_peers();
            }
            SwarmEvent::Behaviour(BehaviourEvent::Exchange(event)) => self.on_exchange(event),
            _ => (),
        }
    }

    fn on_connected(&mut self, peer: PeerId) {
        let now = Instant::now();
        self.book.connected(peer, now);
        if self.book.is_shut_out(&peer, now) {
            self.doomed.push(peer);
            return;
        }
        self.send(peer, Request::Greeting(self.proof.clone()), Asked::Greeting);
    }

    fn on_exchange(&mut self, event: exchange::Event<Request, Response>) {
        match event {
            exchange::Event::Message {
                peer,
                message:
                    exchange::Message::Request {
                        request, channel, ..
                    },
                ..
            } => {
                self.on_request(peer, request, channel);
            }
            exchange::Event::Message {
                message:
                    exchange::Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => {
                self.on_answer(&request_id, Ok(response));
            }
            exchange::Event::OutboundFailure { request_id, .. } => {
                self.on_answer(&request_id, Err(AskError::Unreachable));
            }
            exchange::Event::InboundFailure {
                peer,
                error: exchange::InboundFailure::Io(cause),
                ..
            } if cause.kind() == io::ErrorKind::InvalidData => {
                self.blame(peer, Misdeed::BadMessage);
            }
            exchange::Event::InboundFailure { .. } | exchange::Event::ResponseSent { .. } => (),
        }
    }

    fn on_request(
        &mut self,
        peer: PeerId,
        request: Request,
        channel: exchange::ResponseChannel<Response>,
    ) {
        if let Request::Greeting(proof) = &request {
            let response = self.greet(peer, proof);
            return self.respond(channel, response);
        }
        let Some(asker) = self.book.asker(&peer) else {
            return self.respond(channel, Response::Refused(Refusal::Stranger));
        };
        if !request.is_bounded() {
            self.blame(peer, Misdeed::BadMessage);
            return self.respond(channel, Response::Refused(Refusal::Malformed));
        }
        match request {
            Request::Transactions(transactions) => {
                let response = self.take_transactions(peer, transactions);
                self.respond(channel, response);
            }
            Request::Head { height, hash } => {
                self.book.note_head(&peer, height, hash);
                self.show_peers();
                self.respond(channel, Response::Taken);
            }
            other => self.work(peer, asker, other, channel),
        }
    }

    /// Checks a peer's proof; a stranger's connection is closed at the next beat, after the answer has gone out.
    fn greet(&mut self, peer: PeerId, proof: &PeerProof) -> Response {
        if self.book.is_shut_out(&peer, Instant::now()) {
            return Response::Refused(Refusal::ShutOut);
        }
        let member = self.settings.membership.member(&proof.key);
        match member.filter(|_| proof.verifies(&self.settings.genesis, &peer)) {
            Some(member) => {
                self.book.proved(
                    &peer,
                    Asker {
                        key: proof.key,
                        member,
                    },
                );
                self.show_peers();
                self.flush(peer);
                Response::Taken
            }
            None => {
                tracing::info!(%peer, "a stranger was refused");
                self.doomed.push(peer);
                Response::Refused(Refusal::Stranger)
            }
        }
    }

    /// Hands new transactions to the node, or says that it is busy: then nothing counts as seen and the peer sends them again.
    fn take_transactions(&mut self, peer: PeerId, transactions: Vec<Vec<u8>>) -> Response {
        let Ok(place) = self.events.try_reserve() else {
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

    /// Answers that need the disk are worked out on a thread of their own, a few for each peer.
    fn work(
        &mut self,
        peer: PeerId,
        asker: Asker,
        request: Request,
        channel: exchange::ResponseChannel<Response>,
    ) {
        if !self.book.begin_work(&peer) {
            return self.respond(channel, Response::Refused(Refusal::Busy));
        }
        let (snapshots, blobs, done) = (
            self.settings.snapshots.clone(),
            self.settings.blobs.clone(),
            self.done.clone(),
        );
        tokio::task::spawn_blocking(move || {
            let response =
                answer(&*snapshots, &*blobs, asker, request).unwrap_or_else(Response::Refused);
            // Nobody listens once the network has stopped; then the answer has no one to go to.
            let _ = done.send(Done {
                peer,
                channel,
                response,
            });
        });
    }

    fn on_done(&mut self, done: Done) {
        self.book.end_work(&done.peer);
        self.respond(done.channel, done.response);
    }

    fn on_answer(&mut self, id: &exchange::OutboundRequestId, answer: Result<Response, AskError>) {
        let Some((peer, asked)) = self.asked.remove(id) else {
            return;
        };
        match asked {
            Asked::Greeting => match answer {
                Ok(Response::Taken) => {
                    self.book.welcomed(&peer);
                    self.show_peers();
                    self.flush(peer);
                }
                Ok(_) | Err(_) => self.doomed.push(peer),
            },
            Asked::Batch => {
                self.book.batch_done(&peer, answer == Ok(Response::Taken));
                self.flush(peer);
            }
            Asked::News => (),
            // Whoever asked may have stopped waiting.
            Asked::Question(reply) => drop(reply.send(answer)),
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Gossip(transaction) => {
                let hash = hash_parts(&[&transaction]);
                self.seen.note(hash);
                self.book.spread(&(hash, transaction.into()));
                self.flush_all();
            }
            Command::Blame(peer) => self.blame(peer, Misdeed::BadTransaction),
            Command::Announce { height, hash } => {
                let ready: Vec<_> = self.book.ready().map(|(peer, ..)| peer).collect();
                ready
                    .into_iter()
                    .for_each(|peer| self.send(peer, Request::Head { height, hash }, Asked::News));
            }
            Command::Ask {
                peer,
                request,
                reply,
            } if self.book.is_ready(&peer) => self.send(peer, request, Asked::Question(reply)),
            Command::Ask { reply, .. } => drop(reply.send(Err(AskError::Unreachable))),
            Command::Dial(address) => {
                if peer_of(&address).is_some() && !self.settings.dial.contains(&address) {
                    self.settings.dial.push(address);
                    self.redial();
                }
            }
            Command::Disconnect(peer) => self.disconnect(peer),
        }
    }

    fn on_beat(&mut self) {
        self.beats = self.beats.wrapping_add(1);
        if self.beats.is_multiple_of(MEMBERSHIP_BEATS) {
            self.dismiss_former_members();
        }
        let unproved = self.book.sweep(Instant::now());
        let doomed = std::mem::take(&mut self.doomed);
        doomed
            .into_iter()
            .chain(unproved)
            .for_each(|peer| self.disconnect(peer));
        self.book.wake();
        self.flush_all();
        self.redial();
    }

    fn dismiss_former_members(&mut self) {
        let membership = self.settings.membership.clone();
        let holds = |asker: &Asker| membership.member(&asker.key) == Some(asker.member);
        let former = self.book.former_members(holds);
        former.into_iter().for_each(|peer| self.disconnect(peer));
    }

    fn redial(&mut self) {
        let away = |address: &&Multiaddr| {
            peer_of(address).is_some_and(|peer| !self.swarm.is_connected(&peer))
        };
        let away: Vec<_> = self.settings.dial.iter().filter(away).cloned().collect();
        for address in away {
            // A dial already under way is no failure, and a failed one is tried again at the next beat.
            let _ = self.swarm.dial(address);
        }
    }

    fn blame(&mut self, peer: PeerId, misdeed: Misdeed) {
        tracing::info!(%peer, ?misdeed, "a peer misbehaved");
        if self.book.misdeed(&peer, misdeed, Instant::now()) {
            self.disconnect(peer);
        }
    }

    fn disconnect(&mut self, peer: PeerId) {
        // An error means that the peer is gone already.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    fn flush_all(&mut self) {
        let ready: Vec<_> = self.book.ready().map(|(peer, ..)| peer).collect();
        ready.into_iter().for_each(|peer| self.flush(peer));
    }

    fn flush(&mut self, peer: PeerId) {
        if let Some(batch) = self.book.next_batch(&peer) {
            self.send(peer, Request::Transactions(batch), Asked::Batch);
        }
    }

    fn send(&mut self, peer: PeerId, request: Request, asked: Asked) {
        let id = self
            .swarm
            .behaviour_mut()
            .exchange
            .send_request(&peer, request);
        self.asked.insert(id, (peer, asked));
    }

    fn respond(&mut self, channel: exchange::ResponseChannel<Response>, response: Response) {
        // The response comes back if the connection is gone; the peer will ask again.
        let _ = self
            .swarm
            .behaviour_mut()
            .exchange
            .send_response(channel, response);
    }

    fn show_peers(&mut self) {
        let views = self.book.ready().map(|(id, asker, head)| PeerView {
            id,
            key: asker.key,
            member: asker.member,
            head,
        });
        self.peers.send_replace(views.collect());
    }
}

fn answer(
    snapshots: &dyn SnapshotSource,
    blobs: &dyn Blobs,
    asker: Asker,
    request: Request,
) -> Result<Response, Refusal> {
    match request {
        Request::FinalBlocks { first } => snapshots
            .final_blocks(first, FINAL_BLOCKS_MAX)
            .map(Response::FinalBlocks),
        Request::NewestSnapshot => snapshots
            .newest()
            .map(|block| Response::FinalBlocks(vec![block])),
        Request::Chunk { block, after } => snapshots
            .chunk(&block, after.as_deref(), CHUNK_BYTES_MAX)
            .map(Response::Chunk),
        Request::ReadBlob { request, offset } => {
            let (total, bytes) = blobs.read(asker, &request, offset, PIECE_BYTES_MAX)?;
            Ok(Response::Piece { total, bytes })
        }
        Request::WriteBlob {
            label,
            offset,
            total,
            bytes,
        } => blobs
            .write(asker, &label, offset, total, bytes)
            .map(Response::Held),
        Request::Greeting(_) | Request::Transactions(_) | Request::Head { .. } => {
            Err(Refusal::Malformed)
        }
    }
}
