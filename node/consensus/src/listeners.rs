//! Peers that do not say that they listen are let go, so that they connect again and say it.
//!
//! Under [`Dissemination::Broadcast`](crate::Dissemination::Broadcast) a node sends votes and blocks only to peers that have said that they
//! listen. A peer says so once, on the first connection between the two. When that connection ends just as another opens, its word can be lost:
//! somebody dials a validator under the key that it had before, or the end of a partition reaches one side later than the other. The engine
//! has it said again for catching up alone. The two are then connected and level, and yet one never hears the other's votes; the chain stands still
//! as soon as one more validator is away.

use crate::context::MusubiContext;
use arc_malachitebft_app_channel::app::types::PeerId;
use arc_malachitebft_engine::{
    network::{NetworkEvent, NetworkMsg, NetworkRef, Subscriber},
    util::output_port::{OutputPort, OutputPortSubscriberTrait},
};
use arc_malachitebft_network::{Channel, validator_proof::ProofVerificationResult};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

/// How often a node looks who listens.
const LOOK: Duration = Duration::from_secs(1);
/// A peer that was silent at so many looks, one after the other, is let go. On a good connection it speaks within a round trip.
const SILENT_LOOKS_MAX: u32 = 3;

/// Lets silent peers go for as long as the network runs.
pub(crate) async fn watch(network: NetworkRef<MusubiContext>) {
    let mut silences = Silences::default();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let Some(view) = View::of(&network).await else {
            return;
        };
        for peer in silences.too_long(&view) {
            tracing::warn!(%peer, "a peer has not said that it listens: it is let go, and connects again");
            if let_go(&network, peer).is_none() {
                return;
            }
        }
    }
}

/// The engine's word for closing all connections to a peer is that its proof is no good; it has no other effect.
fn let_go(network: &NetworkRef<MusubiContext>, peer_id: PeerId) -> Option<()> {
    let verdict = NetworkMsg::ValidatorProofVerified {
        peer_id,
        result: ProofVerificationResult::Invalid,
        public_key: None,
    };
    network.cast(verdict).ok()
}

/// Who is connected, and which channels they have said that they listen to.
#[derive(Debug, Default)]
struct View(BTreeMap<PeerId, Vec<Channel>>);

impl View {
    /// What the network knows now; none when it has stopped.
    async fn of(network: &NetworkRef<MusubiContext>) -> Option<Self> {
        let (sender, mut answers) = mpsc::unbounded_channel();
        let question = NetworkMsg::Subscribe(Box::new(Question(sender)));
        network.cast(question).ok()?;
        let mut events = Vec::new();
        while let Some(event) = answers.recv().await {
            events.push(event);
        }
        Some(Self::from_events(events))
    }

    fn from_events(events: Vec<NetworkEvent<MusubiContext>>) -> Self {
        let (mut view, mut said) = (Self::default(), Vec::new());
        for event in events {
            if let NetworkEvent::PeerConnected(peer) = event {
                view.0.entry(peer).or_default();
            } else if let NetworkEvent::PeerSubscribed(peer, channel) = event {
                said.push((peer, channel));
            }
        }
        for (peer, channel) in said {
            if let Some(channels) = view.0.get_mut(&peer) {
                channels.push(channel);
            }
        }
        view
    }

    /// Connected peers to whom this node would not send all that decides a block.
    fn silent(&self) -> BTreeSet<PeerId> {
        let needed = Channel::consensus();
        let silent = |(_, said): &(&PeerId, &Vec<Channel>)| {
            needed.iter().any(|channel| !said.contains(channel))
        };
        let peers = self.0.iter().filter(silent);
        peers.map(|(peer, _)| *peer).collect()
    }
}

/// Asks the network for all it knows, as a subscriber is told when it comes, and wants to hear no more.
struct Question(mpsc::UnboundedSender<NetworkEvent<MusubiContext>>);

impl OutputPortSubscriberTrait<NetworkEvent<MusubiContext>> for Question {
    fn subscribe_to_port(&self, _: &OutputPort<NetworkEvent<MusubiContext>>) {}
}

impl Subscriber<NetworkEvent<MusubiContext>> for Question {
    fn send(&self, event: NetworkEvent<MusubiContext>) {
        // Whoever asked may have stopped meanwhile.
        let _ = self.0.send(event);
    }
}

/// For how many looks each peer has been silent.
#[derive(Debug, Default)]
struct Silences(BTreeMap<PeerId, u32>);

impl Silences {
    /// Counts one look; gives those who have been silent too long, and begins anew with them.
    fn too_long(&mut self, view: &View) -> Vec<PeerId> {
        let silent = view.silent();
        self.0.retain(|peer, _| silent.contains(peer));
        for peer in silent {
            let looks = self.0.entry(peer).or_default();
            *looks = looks.saturating_add(1);
        }
        let (over, still) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(_, looks)| *looks >= SILENT_LOOKS_MAX);
        self.0 = still;
        BTreeMap::into_keys(over).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::peer_id;
    use musubi_primitives::VerifyingKey;

    fn peer(number: u8) -> PeerId {
        peer_id(&VerifyingKey([number; 32]))
    }

    fn all(peer: PeerId) -> impl Iterator<Item = NetworkEvent<MusubiContext>> {
        let channels = Channel::all().iter();
        channels.map(move |channel| NetworkEvent::PeerSubscribed(peer, *channel))
    }

    #[test]
    fn a_connected_peer_is_silent_until_it_listens_to_all_that_decides_a_block() {
        let mut events = vec![NetworkEvent::PeerConnected(peer(1))];
        events.push(NetworkEvent::PeerSubscribed(peer(1), Channel::Sync));
        events.push(NetworkEvent::PeerSubscribed(peer(1), Channel::Consensus));
        let view = View::from_events(events.clone());
        assert_eq!(view.silent(), BTreeSet::from([peer(1)]));
        events.extend(all(peer(1)));
        assert!(View::from_events(events).silent().is_empty());
    }

    #[test]
    fn who_has_spoken_before_it_is_introduced_is_heard_and_who_is_not_connected_is_nobody() {
        let mut events: Vec<_> = all(peer(1)).chain(all(peer(2))).collect();
        events.push(NetworkEvent::PeerConnected(peer(1)));
        let view = View::from_events(events);
        assert!(view.silent().is_empty());
        assert_eq!(view.0.len(), 1);
    }

    #[test]
    fn only_silence_without_a_break_is_too_long() {
        let silent = View::from_events(vec![NetworkEvent::PeerConnected(peer(1))]);
        let away = View::default();
        let mut silences = Silences::default();
        for _ in 1..SILENT_LOOKS_MAX {
            assert_eq!(silences.too_long(&silent), []);
        }
        assert_eq!(silences.too_long(&away), []);
        for _ in 1..SILENT_LOOKS_MAX {
            assert_eq!(silences.too_long(&silent), []);
        }
        assert_eq!(silences.too_long(&silent), [peer(1)]);
        assert_eq!(silences.too_long(&silent), []);
    }
}
