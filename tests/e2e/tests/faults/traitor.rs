//! A validator that lies: where it should propose a block it proposes two that do not exist, and it votes both ways.
//!
//! It has the village's real key, proves it, and tells each of the others another story: the first hears that it is for every block, the second
//! that it is against, the third both. Three honest validators of four agree and go on all the same, and hold proofs against it.

use crate::scene::{Scene, VALIDATORS};
use arc_malachitebft_app_channel::app::metrics::SharedRegistry;
use arc_malachitebft_codec::Codec;
use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_core_types::Validator as _;
use arc_malachitebft_network::{
    Channel, ChannelNames, Config, DiscoveryConfig, Event, GossipSubConfig, Keypair,
    NetworkIdentity, ProtocolNames, PubSubProtocol, TransportProtocol, handle::Handle,
};
use arc_malachitebft_signing::Signer;
use musubi_node_consensus::{
    NodeKey, context::MusubiContext, height::Height, peer::peer_id, proposal::Proposal,
    signing::VoteSigner, validator::Validators, value::BlockValue, wire::ScaleCodec,
};
use musubi_primitives::{
    BlockHash, MemberId,
    finality::{self, ValidatorSet, VoteKind},
};
use musubi_tests_support::gateway::secret;
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// Transactions of each client.
const TRANSACTIONS: usize = 4;
/// The most bytes of a message, either way: those of the largest part of a block, and more.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How long a connection lives on which nobody says anything.
const IDLE: Duration = Duration::from_secs(60);
/// The stories, one for each of the others.
const STORIES: [Story; VALIDATORS - 1] = [Story::For, Story::Against, Story::Both];

type Message = SignedConsensusMsg<MusubiContext>;
/// Height and round.
type Place = (u64, u32);

/// What one of the others is told of every block.
#[derive(Clone, Copy, Debug)]
enum Story {
    For,
    Against,
    Both,
}

/// The traitor as one of the others sees it.
struct Traitor {
    seed: [u8; 32],
    genesis: BlockHash,
    validators: Validators,
    story: Story,
    /// Where it has voted, by kind, and where it has proposed.
    voted: BTreeSet<(Place, bool)>,
    proposed: BTreeSet<Place>,
}

impl Traitor {
    /// Connects to one of the others, and lies to it until the test ends.
    async fn lie_to(mut self, address: String) {
        let (mut events, control) = self.connect(address).await.split();
        while let Some(event) = events.recv().await {
            let Event::ConsensusMessage(Channel::Consensus, _, _, bytes) = event else {
                continue;
            };
            let heard = ScaleCodec.decode(bytes).unwrap();
            for lie in self.lies(&heard).await {
                let bytes = ScaleCodec.encode(&lie).unwrap();
                // The network ends with the test.
                let _ = control.publish(Channel::Consensus, bytes).await;
            }
        }
    }

    /// What it answers to a message, once in each place.
    async fn lies(&mut self, heard: &Message) -> Vec<Message> {
        let (kind, place, block) = match heard {
            Message::Proposal(proposal) => {
                let proposal = &proposal.message;
                let place = (proposal.height.0, proposal.round);
                (VoteKind::Prevote, place, Some(proposal.block.0))
            }
            Message::Vote(vote) => {
                let vote = vote.message.plain();
                (vote.kind, (vote.height, vote.round), vote.block)
            }
        };
        let mut lies = self.proposals(place).await;
        if let Some(block) = block {
            lies.extend(self.votes(kind, place, block).await);
        }
        lies
    }

    async fn votes(&mut self, kind: VoteKind, place: Place, block: BlockHash) -> Vec<Message> {
        if !self.voted.insert((place, kind == VoteKind::Precommit)) {
            return Vec::new();
        }
        let choices = match self.story {
            Story::For => vec![Some(block)],
            Story::Against => vec![None],
            Story::Both => vec![Some(block), None],
        };
        let signer = self.signer();
        let mut votes = Vec::new();
        for block in choices {
            let vote = finality::Vote {
                kind,
                height: place.0,
                round: place.1,
                block,
                validator: signer.address().0,
            };
            votes.push(Message::Vote(signer.sign_vote(vote.into()).await.unwrap()));
        }
        votes
    }

    /// Two blocks that nobody has, where it is its turn.
    async fn proposals(&mut self, place: Place) -> Vec<Message> {
        let signer = self.signer();
        let turn = self.validators.proposer(place.0, place.1).address() == &signer.address();
        if !turn || !self.proposed.insert(place) {
            return Vec::new();
        }
        let mut proposals = Vec::new();
        for invented in [1, 2] {
            let proposal = Proposal {
                height: Height(place.0),
                round: place.1,
                block: BlockValue(BlockHash([invented; 32])),
                polka_round: None,
                proposer: signer.address(),
            };
            let signed = signer.sign_proposal(proposal).await.unwrap();
            proposals.push(Message::Proposal(signed));
        }
        proposals
    }

    fn signer(&self) -> VoteSigner {
        VoteSigner::new(NodeKey::from_seed(self.seed), self.genesis)
    }

    /// A connection under the village's own name, with the proof that it is a validator.
    async fn connect(&self, address: String) -> Handle {
        let signer = self.signer();
        let key = signer.address().0;
        let id = peer_id(&key).to_bytes();
        let proof = signer.sign_validator_proof(key.0.to_vec(), id).await;
        let identity = NetworkIdentity::new_validator(
            "traitor".to_owned(),
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

impl Scene {
    /// Has the test play one validator, whose node never starts.
    async fn betray(&mut self, traitor: usize) {
        let genesis = self.consortium.rpc(self.honest[0]).await.hash_at(0).await;
        let seeds: Vec<[u8; 32]> = (0..VALIDATORS)
            .map(|place| secret(&self.consensus_key(place)))
            .collect();
        let keys = seeds.iter().map(|seed| NodeKey::from_seed(*seed).public());
        let seats = (0..)
            .zip(keys.clone())
            .map(|(member, key)| finality::Validator {
                key,
                member: MemberId(member),
                power: 1,
            });
        let set = ValidatorSet::new(seats.collect()).unwrap();
        let others = (0..VALIDATORS).filter(|place| *place != traitor);
        for (other, story) in others.zip(STORIES) {
            let traitor = Traitor {
                seed: seeds[traitor],
                genesis: genesis.as_str().unwrap().parse().unwrap(),
                validators: Validators::new(&set).unwrap(),
                story,
                voted: BTreeSet::new(),
                proposed: BTreeSet::new(),
            };
            let id = peer_id(&keys.clone().nth(other).unwrap());
            let address = format!("{}/p2p/{id}", self.consensus_address(other));
            tokio::spawn(traitor.lie_to(address));
        }
    }

    fn consensus_key(&mut self, place: usize) -> PathBuf {
        let member = self.consortium.node(place).name.clone();
        let keys = self.consortium.folder().join("members").join(member);
        keys.join("consensus.pem")
    }

    fn consensus_address(&self, place: usize) -> String {
        let config = std::fs::read_to_string(self.consortium.config(place)).unwrap();
        let (_, after) = config.split_once("[consensus]").unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        after.split('"').next().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lies_to_each_of_the_others_neither_splits_nor_stops_them() {
    let mut scene = Scene::lay_out().await;
    let traitor = scene.victims(1)[0];
    scene.honest.retain(|place| *place != traitor);
    scene.start().await;
    scene.betray(traitor).await;
    scene.load(TRANSACTIONS);
    // It has its turn in one of four heights, and in each the third of the others hears it contradict itself.
    let witness = scene.all_but(&[traitor])[STORIES.len() - 1];
    while scene.metric(witness, "consensus_equivocations_total").await == 0 {
        scene.some_blocks(witness).await;
    }
    scene.judge().await;
}
