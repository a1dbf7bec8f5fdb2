//! Questions and answers: what peers ask of this node, and what it asked of them.

use crate::{
    codec::Unreadable,
    handle::AskError,
    message::{LEAVES_MAX, PIECE_BYTES_MAX, Refusal, Request, Response, STATE_BYTES},
    peers::Misdeed,
    ports::{Asker, Blobs, SnapshotSource},
    task::{Done, Task},
};
use libp2p::{
    PeerId,
    request_response::{OutboundRequestId, ResponseChannel},
};
use tokio::sync::oneshot;

/// What an answer will be for.
pub(crate) enum Asked {
    Greeting,
    Batch,
    Offer,
    News,
    Question(oneshot::Sender<Result<Response, AskError>>),
}

impl Task {
    pub(crate) fn on_request(
        &mut self,
        peer: PeerId,
        request: Request,
        channel: ResponseChannel<Response>,
    ) {
        if let Request::Greeting(proof) = request {
            return self.judge(peer, proof, channel);
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
            Request::Offer(hashes) => {
                let response = self.take_offer(peer, hashes);
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

    /// What is no question: a member answers for it, and a stranger's connection ends, since nobody holds demerits of strangers.
    pub(crate) fn on_unreadable(
        &mut self,
        peer: PeerId,
        cause: &Unreadable,
        channel: ResponseChannel<Response>,
    ) {
        tracing::debug!(%peer, %cause, "a question that is none");
        self.respond(channel, Response::Refused(Refusal::Malformed));
        if self.book.asker(&peer).is_some() {
            self.blame(peer, Misdeed::BadMessage);
        } else {
            self.doomed.push(peer);
        }
    }

    /// Answers that need the disk are worked out on a thread of their own, a few for each peer.
    fn work(
        &mut self,
        peer: PeerId,
        asker: Asker,
        request: Request,
        channel: ResponseChannel<Response>,
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
            let _ = done.send(Done::Answered {
                peer,
                channel,
                response,
            });
        });
    }

    /// Asks a peer on behalf of this node.
    pub(crate) fn ask(
        &mut self,
        peer: PeerId,
        request: Request,
        reply: oneshot::Sender<Result<Response, AskError>>,
    ) {
        if self.book.is_ready(&peer) {
            self.send(peer, request, Asked::Question(reply));
        } else {
            // Whoever asked may have stopped waiting.
            drop(reply.send(Err(AskError::Unreachable)));
        }
    }

    pub(crate) fn on_answer(&mut self, id: &OutboundRequestId, answer: Result<Response, AskError>) {
        let Some((peer, asked)) = self.asked.remove(id) else {
            return;
        };
        match asked {
            Asked::Greeting => self.on_greeted(peer, answer == Ok(Response::Taken)),
            Asked::Batch => {
                self.book.batch_done(&peer, answer == Ok(Response::Taken));
                self.flush(peer);
            }
            Asked::Offer => {
                let wanted = match &answer {
                    Ok(Response::Wanted(wanted)) => Some(&wanted[..]),
                    _ => None,
                };
                self.book.offer_done(&peer, wanted);
                self.flush(peer);
            }
            Asked::News => (),
            // Whoever asked may have stopped waiting.
            Asked::Question(reply) => drop(reply.send(answer)),
        }
    }

    pub(crate) fn send(&mut self, peer: PeerId, request: Request, asked: Asked) {
        let exchange = &mut self.swarm.behaviour_mut().exchange;
        let id = exchange.send_request(&peer, Ok(request));
        self.asked.insert(id, (peer, asked));
    }

    pub(crate) fn respond(&mut self, channel: ResponseChannel<Response>, response: Response) {
        let exchange = &mut self.swarm.behaviour_mut().exchange;
        // The response comes back if the connection is gone; the peer will ask again.
        let _ = exchange.send_response(channel, response);
    }
}

fn answer(
    snapshots: &dyn SnapshotSource,
    blobs: &dyn Blobs,
    asker: Asker,
    request: Request,
) -> Result<Response, Refusal> {
    match request {
        Request::FinalBlock { height } => snapshots.final_block(height).map(Response::FinalBlock),
        Request::History { first } => snapshots.history(first, LEAVES_MAX).map(Response::History),
        Request::State { block, after } => snapshots
            .state(&block, after.as_deref(), STATE_BYTES)
            .map(Response::State),
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
        Request::Greeting(_)
        | Request::Transactions(_)
        | Request::Offer(_)
        | Request::Head { .. } => Err(Refusal::Malformed),
    }
}
