//! The task that owns the swarm: one loop, which hands whatever happens to the file that knows what to do with it.
//!
//! [`greeting`](crate::greeting) lets members in, [`gossip`](crate::gossip) spreads transactions and heads,
//! [`questions`](crate::questions) asks and answers, [`upkeep`](crate::upkeep) keeps connections. The task itself waits for nobody: whatever
//! reads the disk runs on another thread and comes back as a [`Done`].

use crate::{
    codec::Unreadable,
    handle::{AskError, Command, Event, PeerView},
    identity::PeerProof,
    message::{Request, Response},
    peers::PeerBook,
    questions::Asked,
    seen::Seen,
    start::{Behaviour, BehaviourEvent, Settings},
};
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, multiaddr::Protocol, request_response as exchange, swarm::SwarmEvent,
};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::{mpsc, watch};

/// Transactions remembered, so that each is handed to the node once.
const SEEN_MAX: usize = 65_536;
/// How often dead connections are dialled again and books swept.
const BEAT: Duration = Duration::from_millis(500);

/// Through which the task speaks to the node.
pub(crate) struct Channels {
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) peers: watch::Sender<Vec<PeerView>>,
    pub(crate) listening: watch::Sender<Vec<Multiaddr>>,
}

/// What another thread has worked out.
pub(crate) enum Done {
    /// The answer to a peer's question.
    Answered {
        peer: PeerId,
        channel: exchange::ResponseChannel<Response>,
        response: Response,
    },
    /// Who a peer that greeted is, if it is a member.
    Judged {
        peer: PeerId,
        channel: exchange::ResponseChannel<Response>,
        key: VerifyingKey,
        member: Option<MemberId>,
    },
    /// Peers that are members no longer.
    Former(Vec<PeerId>),
}

/// All that the task knows.
pub(crate) struct Task {
    pub(crate) swarm: Swarm<Behaviour>,
    pub(crate) settings: Settings,
    pub(crate) proof: PeerProof,
    pub(crate) channels: Channels,
    pub(crate) book: PeerBook,
    pub(crate) seen: Seen,
    pub(crate) asked: BTreeMap<exchange::OutboundRequestId, (PeerId, Asked)>,
    /// Peers to disconnect at the next beat, after the answer to them has gone out.
    pub(crate) doomed: Vec<PeerId>,
    /// This node's newest finalised head.
    pub(crate) head: Option<(u64, BlockHash)>,
    pub(crate) beats: u64,
    pub(crate) done: mpsc::UnboundedSender<Done>,
}

impl Task {
    /// Runs until the last handle is dropped.
    pub(crate) async fn run(
        swarm: Swarm<Behaviour>,
        settings: Settings,
        proof: PeerProof,
        channels: Channels,
        mut commands: mpsc::Receiver<Command>,
    ) {
        let (done, mut finished) = mpsc::unbounded_channel();
        let mut task = Self {
            swarm,
            settings,
            proof,
            channels,
            book: PeerBook::default(),
            seen: Seen::new(SEEN_MAX),
            asked: BTreeMap::new(),
            doomed: Vec::new(),
            head: None,
            beats: 0,
            done,
        };
        let mut beat = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                event = task.swarm.select_next_some() => task.on_swarm(event),
                command = commands.recv() => match command {
                    Some(command) => task.on_command(command),
                    None => return,
                },
                Some(done) = finished.recv() => task.on_done(done),
                _ = beat.tick() => task.on_beat(),
            }
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                let local = *self.swarm.local_peer_id();
                let listening = &self.channels.listening;
                listening.send_modify(|all| all.push(address.with(Protocol::P2p(local))));
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

    fn on_exchange(&mut self, event: exchange::Event<Result<Request, Unreadable>, Response>) {
        use exchange::{Event, Message};
        match event {
            Event::Message { peer, message, .. } => match message {
                Message::Request {
                    request, channel, ..
                } => match request {
                    Ok(request) => self.on_request(peer, request, channel),
                    Err(cause) => self.on_unreadable(peer, &cause, channel),
                },
                Message::Response {
                    request_id,
                    response,
                } => self.on_answer(&request_id, Ok(response)),
            },
            Event::OutboundFailure { request_id, .. } => {
                self.on_answer(&request_id, Err(AskError::Unreachable));
            }
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => (),
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Gossip(transaction) => self.spread(transaction),
            Command::Offer(transactions) => self.offer(transactions),
            Command::Blame(peer, misdeed) => self.blame(peer, misdeed),
            Command::Announce { height, hash } => self.announce(height, hash),
            Command::Ask {
                peer,
                request,
                reply,
            } => self.ask(peer, request, reply),
            Command::Dial(address) => self.dial(address),
            Command::Disconnect(peer) => self.disconnect(peer),
        }
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Answered {
                peer,
                channel,
                response,
            } => {
                self.book.end_work(&peer);
                self.respond(channel, response);
            }
            Done::Judged {
                peer,
                channel,
                key,
                member,
            } => {
                self.book.end_work(&peer);
                let response = self.on_judged(peer, key, member);
                self.respond(channel, response);
            }
            Done::Former(peers) => peers.into_iter().for_each(|peer| self.disconnect(peer)),
        }
    }
}
