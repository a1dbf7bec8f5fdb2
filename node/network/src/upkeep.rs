//! Connections: kept up by a slow beat, closed for those who misbehave or are members no longer.

use crate::{handle::PeerView, peers::Misdeed, start::peer_of, task::Task};
use libp2p::{Multiaddr, PeerId};
use std::time::Instant;

/// Beats between two looks at who still is a member.
const MEMBERSHIP_BEATS: u64 = 20;

impl Task {
    pub(crate) fn on_beat(&mut self) {
        self.beats = self.beats.wrapping_add(1);
        if self.beats.is_multiple_of(MEMBERSHIP_BEATS) {
            self.look_for_former_members();
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

    /// Connects to an address and keeps coming back to it.
    pub(crate) fn dial(&mut self, address: Multiaddr) {
        if peer_of(&address).is_some() && !self.settings.dial.contains(&address) {
            self.settings.dial.push(address);
            self.redial();
        }
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

    /// Notes a misdeed; enough of them end the connection and shut the peer out.
    pub(crate) fn blame(&mut self, peer: PeerId, misdeed: Misdeed) {
        tracing::info!(%peer, ?misdeed, "a peer misbehaved");
        if self.book.misdeed(&peer, misdeed, Instant::now()) {
            self.disconnect(peer);
        }
    }

    pub(crate) fn disconnect(&mut self, peer: PeerId) {
        // An error means that the peer is gone already.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    /// Shows the node whom it can talk with.
    pub(crate) fn show_peers(&mut self) {
        let views = self.book.ready().map(|(id, asker, head)| PeerView {
            id,
            key: asker.key,
            member: asker.member,
            head,
        });
        self.channels.peers.send_replace(views.collect());
    }
}
