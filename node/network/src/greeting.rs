//! Who is let in: each side greets with a proof of membership, and nothing else passes before both proofs are taken.

use crate::{
    identity::PeerProof,
    message::{Refusal, Request, Response},
    ports::Asker,
    questions::Asked,
    task::{Done, Task},
};
use libp2p::{PeerId, request_response::ResponseChannel};
use musubi_primitives::{MemberId, VerifyingKey};
use std::time::Instant;

impl Task {
    pub(crate) fn on_connected(&mut self, peer: PeerId) {
        let now = Instant::now();
        self.book.connected(peer, now);
        if self.book.is_shut_out(&peer, now) {
            self.doomed.push(peer);
            return;
        }
        self.send(peer, Request::Greeting(self.proof.clone()), Asked::Greeting);
    }

    /// Judges a greeting on another thread, since who is a member stands in the state.
    pub(crate) fn judge(
        &mut self,
        peer: PeerId,
        proof: PeerProof,
        channel: ResponseChannel<Response>,
    ) {
        if self.book.is_shut_out(&peer, Instant::now()) {
            return self.respond(channel, Response::Refused(Refusal::ShutOut));
        }
        if !self.book.begin_work(&peer) {
            return self.respond(channel, Response::Refused(Refusal::Busy));
        }
        let (membership, genesis) = (self.settings.membership.clone(), self.settings.genesis);
        let done = self.done.clone();
        tokio::task::spawn_blocking(move || {
            let key = proof.key;
            let is_genuine = proof.verifies(&genesis, &peer);
            let member = is_genuine.then(|| membership.member(&key)).flatten();
            // Nobody listens once the network has stopped.
            let _ = done.send(Done::Judged {
                peer,
                channel,
                key,
                member,
            });
        });
    }

    /// What a greeting is answered with; a stranger's connection is closed at the next beat, after the answer has gone out.
    pub(crate) fn on_judged(
        &mut self,
        peer: PeerId,
        key: VerifyingKey,
        member: Option<MemberId>,
    ) -> Response {
        let Some(member) = member else {
            tracing::info!(%peer, "a stranger was refused");
            self.doomed.push(peer);
            return Response::Refused(Refusal::Stranger);
        };
        self.book.proved(&peer, Asker { key, member });
        self.begin_talk(peer);
        Response::Taken
    }

    /// The peer took our proof, or did not.
    pub(crate) fn on_greeted(&mut self, peer: PeerId, is_welcome: bool) {
        if is_welcome {
            self.book.welcomed(&peer);
            self.begin_talk(peer);
        } else {
            self.doomed.push(peer);
        }
    }

    /// With both proofs taken the peer hears how far we are, and what waits for it.
    fn begin_talk(&mut self, peer: PeerId) {
        if !self.book.is_ready(&peer) {
            return;
        }
        self.show_peers();
        self.tell_head(peer);
        self.flush(peer);
    }

    /// Looks, on another thread, who of those let in is a member no longer.
    pub(crate) fn look_for_former_members(&self) {
        let (membership, done) = (self.settings.membership.clone(), self.done.clone());
        let proved = self.book.proved_peers();
        tokio::task::spawn_blocking(move || {
            let is_former = |asker: &Asker| membership.member(&asker.key) != Some(asker.member);
            let former = proved.into_iter().filter(|(_, asker)| is_former(asker));
            // Nobody listens once the network has stopped.
            let _ = done.send(Done::Former(former.map(|(peer, _)| peer).collect()));
        });
    }
}
