//! A village's seat in the consensus network, taken by the test: it has the village's real key and proves it, and its node does not run.

use crate::scene::{Scene, VALIDATORS};
use arc_malachitebft_app_channel::app::metrics::SharedRegistry;
use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_network::{
    Channel, ChannelNames, Config, DiscoveryConfig, Event, GossipSubConfig, Keypair,
    NetworkIdentity, ProtocolNames, PubSubProtocol, TransportProtocol, handle::Handle,
};
use arc_malachitebft_signing::Signer;
use musubi_node_consensus::{
    NodeKey, context::MusubiContext, peer::peer_id, signing::VoteSigner, wire::ScaleCodec,
};
use musubi_primitives::{BlockHash, VerifyingKey, finality::VoteKind};
use musubi_tests_support::{gateway::secret, rpc::DEADLINE};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

/// The most bytes of a message, either way: those of the largest part of a block, and more.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How long a connection lives on which nobody says anything.
const IDLE: Duration = Duration::from_secs(60);

/// Propose and vote timeouts of two rounds, with their increments.
const TWO_ROUNDS: Duration = Duration::from_millis(2_500);

pub(crate) type Message = SignedConsensusMsg<MusubiContext>;

/// Who sits there, on which chain.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) seed: [u8; 32],
    pub(crate) genesis: BlockHash,
}

impl Seat {
    pub(crate) fn key(&self) -> VerifyingKey {
        NodeKey::from_seed(self.seed).public()
    }

    /// Signs whatever it is given.
    pub(crate) fn signer(&self) -> VoteSigner {
        VoteSigner::new(NodeKey::from_seed(self.seed), self.genesis)
    }

    /// A connection under the village's own name, with the proof that it is a validator. It comes back when the other side was away.
    pub(crate) async fn connect(&self, address: String) -> Handle {
        let signer = self.signer();
        let key = signer.address().0;
        let id = peer_id(&key).to_bytes();
        let proof = signer.sign_validator_proof(key.0.to_vec(), id).await;
        let identity = NetworkIdentity::new_validator(
            "seat".to_owned(),
            Keypair::ed25519_from_bytes(self.seed).unwrap(),
            signer.address().to_string(),
            ScaleCodec.encode(&proof.unwrap()).unwrap(),
        );
        let registry = SharedRegistry::global().with_moniker(address.clone());
        let config = network(&self.genesis, &address);
        let handle = arc_malachitebft_network::spawn(identity, config, registry).await;
        handle.unwrap()
    }
}

/// The consensus network of the chain with this genesis, joined at one address; the names are those of node/consensus.
fn network(genesis: &BlockHash, address: &str) -> Config {
    let chain = hex::encode(&genesis.0[..8]);
    let protocol = |purpose: &str| format!("/musubi/{chain}/{purpose}/1");
    let channel = |purpose: &str| format!("/{chain}/{purpose}");
    Config {
        listen_addr: "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
        persistent_peers: vec![address.parse().unwrap()],
        persistent_peers_only: false,
        discovery: DiscoveryConfig::new(false),
        idle_connection_timeout: IDLE,
        transport: TransportProtocol::Tcp,
        gossipsub: GossipSubConfig::default(),
        pubsub_protocol: PubSubProtocol::Broadcast,
        channel_names: ChannelNames {
            consensus: channel("consensus"),
            proposal_parts: channel("parts"),
            sync: channel("status"),
            liveness: channel("liveness"),
        },
        rpc_max_size: MESSAGE_BYTES_MAX,
        pubsub_max_size: MESSAGE_BYTES_MAX,
        pubsub_max_size_per_topic: Default::default(),
        sync_request_timeout: IDLE,
        sync_max_request_size: MESSAGE_BYTES_MAX,
        sync_parallel_requests: 1,
        enable_consensus: true,
        enable_sync: false,
        protocol_names: ProtocolNames {
            consensus: protocol("consensus"),
            discovery_kad: protocol("kad"),
            discovery_regres: protocol("discovery"),
            sync: protocol("sync"),
            validator_proof: protocol("validator-proof"),
        },
    }
}

/// Height, round, and whether it is a precommit.
type Place = (u64, u32, bool);
/// What one validator was heard to vote, in each place.
type Votes = BTreeMap<Place, BTreeSet<Option<BlockHash>>>;

/// All votes of one validator that a silent seat has heard, over all its starts.
pub(crate) struct Heard {
    votes: watch::Receiver<(Votes, u64)>,
}

impl Heard {
    /// Waits until the validator is heard to vote once more.
    pub(crate) async fn once_more(&mut self) {
        let before = self.votes.borrow().1;
        let more = self.votes.wait_for(|(_, count)| *count > before);
        let heard = timeout(DEADLINE, more).await;
        assert!(heard.is_ok_and(|heard| heard.is_ok()), "it votes no more");
    }

    /// Listens until the validator votes once more, at most as long as two of its rounds take.
    pub(crate) async fn for_a_while(&mut self) {
        let before = self.votes.borrow().1;
        let more = self.votes.wait_for(|(_, count)| *count > before);
        // Silence is an answer too.
        let _ = timeout(TWO_ROUNDS, more).await;
    }

    /// Nowhere was it heard to vote two ways.
    pub(crate) fn assert_one_word_each(&self) {
        let (votes, count) = &*self.votes.borrow();
        let twice: Votes = votes
            .iter()
            .filter(|(_, blocks)| blocks.len() > 1)
            .map(|(place, blocks)| (*place, blocks.clone()))
            .collect();
        assert!(twice.is_empty(), "voted twice: {twice:?}, of {count} votes");
    }
}

impl Scene {
    /// The seat of a village on the running chain.
    pub(crate) async fn seat(&mut self, place: usize) -> Seat {
        let genesis = self.consortium.rpc(self.honest[0]).await.hash_at(0).await;
        Seat {
            seed: secret(&self.consensus_key(place)),
            genesis: genesis.as_str().unwrap().parse().unwrap(),
        }
    }

    /// Takes a seat and says nothing there; what the validator at `place` is heard to vote.
    pub(crate) async fn listen(&mut self, seat: usize, place: usize) -> Heard {
        let other = self.seat(place).await.key();
        let seat = self.seat(seat).await;
        let handle = seat.connect(self.consensus_address(place)).await;
        let (mut events, control) = handle.split();
        let (sender, votes) = watch::channel((Votes::new(), 0));
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let Event::ConsensusMessage(Channel::Consensus, _, _, bytes) = event else {
                    continue;
                };
                let Message::Vote(vote) = ScaleCodec.decode(bytes).unwrap() else {
                    continue;
                };
                let vote = vote.message.plain();
                if vote.validator == other {
                    let place = (vote.height, vote.round, vote.kind == VoteKind::Precommit);
                    sender.send_modify(|(votes, count)| {
                        votes.entry(place).or_default().insert(vote.block);
                        *count += 1;
                    });
                }
            }
            drop(control);
        });
        Heard { votes }
    }

    pub(crate) fn consensus_key(&mut self, place: usize) -> PathBuf {
        let member = self.consortium.node(place).name.clone();
        let keys = self.consortium.folder().join("members").join(member);
        keys.join("consensus.pem")
    }

    /// Where a validator takes part in consensus, with its peer id.
    pub(crate) fn consensus_address(&mut self, place: usize) -> String {
        let config = std::fs::read_to_string(self.consortium.config(place)).unwrap();
        let (_, after) = config.split_once("[consensus]").unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        let address = after.split('"').next().unwrap();
        let seed = secret(&self.consensus_key(place));
        let id = peer_id(&NodeKey::from_seed(seed).public());
        format!("{address}/p2p/{id}")
    }

    /// The keys of all validators, in the order of their places.
    pub(crate) fn consensus_keys(&mut self) -> Vec<VerifyingKey> {
        let seeds = (0..VALIDATORS).map(|place| secret(&self.consensus_key(place)));
        let keys = seeds.map(|seed| NodeKey::from_seed(seed).public());
        keys.collect()
    }
}
