//! Four validators and a member in one process, over loopback.

use crate::chain::{GENESIS, MemoryChain, Mood};
use musubi_node_consensus::{
    Config, Dissemination, EngineError, NodeKey, Peer, Peers, StartError, Status, start,
};
use musubi_node_core::ports::ConsensusHost;
use musubi_primitives::{
    finality::{Validator, ValidatorSet},
    member::MemberId,
};
use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// A safety net: a test that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// More work than any test can use up.
pub(crate) const BUSY: usize = 1_000_000;

fn key(index: u8) -> NodeKey {
    NodeKey::from_seed([index + 1; 32])
}

fn validators(count: u8) -> ValidatorSet {
    let validators = (0..count).map(|index| Validator {
        key: key(index).public(),
        member: MemberId(u32::from(index)),
        power: 1,
    });
    ValidatorSet::new(validators.collect()).unwrap()
}

/// One set for all heights.
pub(crate) fn always(count: u8) -> BTreeMap<u64, ValidatorSet> {
    BTreeMap::from([(1, validators(count))])
}

/// One node: what survives a crash, and what does not.
pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) chain: Arc<MemoryChain>,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    engine: JoinHandle<Result<(), EngineError>>,
    status: Arc<Status>,
    peers: Peers,
}

impl Node {
    pub(crate) async fn start(&mut self) {
        let engine = start(self.config.clone(), self.chain.clone())
            .await
            .unwrap();
        let (status, peers) = (engine.status(), engine.peers());
        let (stop, stopped) = oneshot::channel();
        let engine = tokio::spawn(engine.run(async move {
            let _ = stopped.await;
        }));
        self.running = Some(Running {
            stop,
            engine,
            status,
            peers,
        });
    }

    async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.stop.send(()).unwrap();
        running.engine.await.unwrap().unwrap();
    }

    pub(crate) fn status(&self) -> &Status {
        &self.running.as_ref().unwrap().status
    }

    /// Waits until this node has committed a height.
    pub(crate) async fn reaches(&self, height: u64) {
        let mut decided = self.status().decided();
        let waited = timeout(PATIENCE, decided.wait_for(|tip| *tip >= height)).await;
        waited
            .unwrap_or_else(|_| {
                panic!(
                    "{} never reached height {height}: {:?}",
                    self.config.name,
                    self.status().snapshot()
                )
            })
            .unwrap();
    }

    /// Waits for the engine to halt by itself and says why.
    async fn halts(&mut self) -> EngineError {
        let running = self.running.take().unwrap();
        timeout(PATIENCE, running.engine)
            .await
            .expect("the engine halts")
            .unwrap()
            .expect_err("it halts for a reason")
    }
}

/// Nodes that know each other; the schedule says who votes when.
pub(crate) struct Consortium {
    pub(crate) nodes: Vec<Node>,
    _directory: TempDir,
}

impl Consortium {
    pub(crate) fn new(count: u8, schedule: &BTreeMap<u64, ValidatorSet>, work: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ports = free_ports(usize::from(count));
        let peers: Vec<_> = (0..count)
            .zip(&ports)
            .map(|(index, port)| Peer {
                address: address(*port),
                key: key(index).public(),
            })
            .collect();
        let nodes = (0..count).map(|index| {
            let config = Config {
                name: format!(
                    "{}-{index}",
                    directory.path().file_name().unwrap().to_string_lossy()
                ),
                key: key(index),
                listen: peers[usize::from(index)].address.clone(),
                peers: peers
                    .iter()
                    .filter(|peer| peer.key != key(index).public())
                    .cloned()
                    .collect(),
                peers_only: true,
                directory: directory.path().join(index.to_string()),
                dissemination: Dissemination::for_validators(usize::from(count)),
            };
            Node {
                config,
                chain: Arc::new(MemoryChain::new(schedule.clone(), work)),
                running: None,
            }
        });
        Self {
            nodes: nodes.collect(),
            _directory: directory,
        }
    }

    async fn start(&mut self, indices: std::ops::Range<usize>) {
        for node in &mut self.nodes[indices] {
            node.start().await;
        }
    }

    pub(crate) async fn stop(mut self) {
        for node in self.nodes.iter_mut().filter(|node| node.running.is_some()) {
            node.stop().await;
        }
    }

    /// Every node holds the same blocks up to a height, each with a certificate that anybody can check.
    pub(crate) fn agree_up_to(&self, height: u64) {
        for height in 1..=height {
            let (block, _) = self.nodes[0].chain.at(height).unwrap();
            for node in &self.nodes {
                let (other, certificate) = node.chain.at(height).unwrap();
                assert_eq!(
                    other, block,
                    "{} has another block at {height}",
                    node.config.name
                );
                assert_eq!(
                    (certificate.height, certificate.block),
                    (height, block.hash)
                );
                certificate
                    .verify(&GENESIS, &node.chain.validators_of(height))
                    .unwrap();
            }
        }
    }
}

pub(crate) fn address(port: u16) -> musubi_node_consensus::Multiaddr {
    format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()
}

/// Ports that the system has just handed out; all are held until the last is known.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap().port())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_decide_one_chain_with_certificates_that_anybody_can_check() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    consortium.start(0..4).await;
    for node in &consortium.nodes {
        node.reaches(10).await;
    }
    consortium.agree_up_to(10);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_go_on_without_the_fourth_which_catches_up_when_it_returns() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    consortium.start(0..4).await;
    consortium.nodes[3].reaches(3).await;
    consortium.nodes[3].stop().await;
    let missed = consortium.nodes[3].chain.tip() + 8;
    consortium.nodes[0].reaches(missed).await;
    consortium.nodes[3].start().await;
    for node in &consortium.nodes {
        node.reaches(missed + 4).await;
    }
    consortium.agree_up_to(missed + 4);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_four_stopped_and_started_again_go_on_where_they_were() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    consortium.start(0..4).await;
    consortium.nodes[0].reaches(4).await;
    for node in &mut consortium.nodes {
        node.stop().await;
    }
    let tip = consortium
        .nodes
        .iter()
        .map(|node| node.chain.tip())
        .max()
        .unwrap();
    consortium.start(0..4).await;
    for node in &consortium.nodes {
        node.reaches(tip + 3).await;
    }
    consortium.agree_up_to(tip + 3);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_that_a_node_finds_invalid_gets_its_vote_for_no_block() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    consortium.start(0..4).await;
    consortium.nodes[3].reaches(2).await;
    let before = consortium.nodes[3].status().snapshot().nil_votes;
    consortium.nodes[3].chain.set_mood(Mood::RefusesAll);
    let tip = consortium.nodes[0].chain.tip();
    consortium.nodes[0].reaches(tip + 6).await;
    assert!(
        consortium.nodes[3].status().snapshot().nil_votes > before,
        "refused blocks get nil votes"
    );
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_the_own_machine_halts_the_node_without_a_vote_against() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    consortium.start(0..4).await;
    consortium.nodes[3].reaches(2).await;
    let status = consortium.nodes[3].running.as_ref().unwrap().status.clone();
    let before = status.snapshot().nil_votes;
    consortium.nodes[3].chain.set_mood(Mood::Broken);
    let error = consortium.nodes[3].halts().await;
    assert!(matches!(error, EngineError::Fault(_)), "{error}");
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert_eq!(status.snapshot().nil_votes, before, "a fault casts no vote");
    let tip = consortium.nodes[0].chain.tip();
    consortium.nodes[0].reaches(tip + 3).await;
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_does_not_vote_joins_late_and_follows() {
    let mut consortium = Consortium::new(5, &always(4), BUSY);
    consortium.start(0..4).await;
    consortium.nodes[0].reaches(8).await;
    consortium.start(4..5).await;
    consortium.nodes[4].reaches(8).await;
    let tip = consortium.nodes[0].chain.tip();
    for node in &consortium.nodes {
        node.reaches(tip + 5).await;
    }
    consortium.agree_up_to(tip + 5);
    assert_eq!(
        consortium.nodes[4].status().snapshot().nil_votes,
        0,
        "a member casts no vote"
    );
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_chain_rests_between_blocks_and_still_beats() {
    let mut consortium = Consortium::new(4, &always(4), 0);
    consortium.start(0..4).await;
    for node in &consortium.nodes {
        node.reaches(3).await;
    }
    // A node that started last may have caught up instead of voting; three must have begun each of the last two heights.
    let rests = consortium.nodes.iter();
    let rests: u64 = rests
        .map(|node| node.chain.rests.load(Ordering::Relaxed))
        .sum();
    assert!(
        rests >= 2 * 3,
        "a validator asks for work before it begins a height"
    );
    consortium.agree_up_to(3);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_validators_of_a_height_are_those_that_the_chain_names_for_it() {
    let schedule = BTreeMap::from([(1, validators(4)), (8, validators(5))]);
    let mut consortium = Consortium::new(5, &schedule, BUSY);
    consortium.start(0..5).await;
    for node in &consortium.nodes {
        node.reaches(18).await;
    }
    consortium.agree_up_to(18);
    let newcomer = key(4).public();
    let proposed = |height| {
        consortium.nodes[0]
            .chain
            .at(height)
            .unwrap()
            .0
            .bytes
            .ends_with(&newcomer.0)
    };
    assert!(
        !(1..8).any(proposed),
        "a node that does not vote proposes nothing"
    );
    assert!((8..=18).any(proposed), "a validator takes its turn");
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_kept_out_until_it_is_admitted() {
    let mut consortium = Consortium::new(5, &always(4), BUSY);
    let stranger = Peer {
        address: consortium.nodes[4].config.listen.clone(),
        key: key(4).public(),
    };
    for node in &mut consortium.nodes {
        node.config.peers.retain(|peer| *peer != stranger);
    }
    consortium.start(0..5).await;
    consortium.nodes[0].reaches(5).await;
    assert_eq!(
        consortium.nodes[4].chain.tip(),
        0,
        "nobody serves a stranger"
    );
    for node in &consortium.nodes[..4] {
        node.running
            .as_ref()
            .unwrap()
            .peers
            .add(&stranger)
            .await
            .unwrap();
    }
    consortium.nodes[4].reaches(5).await;
    consortium.agree_up_to(5);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_an_error_and_no_silence() {
    let mut consortium = Consortium::new(1, &always(1), BUSY);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    consortium.nodes[0].config.listen = address(taken.local_addr().unwrap().port());
    let config = consortium.nodes[0].config.clone();
    let refusal = start(config, consortium.nodes[0].chain.clone())
        .await
        .unwrap_err();
    assert!(matches!(refusal, StartError::NotListening(_)), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_validator_alone_decides() {
    let mut consortium = Consortium::new(1, &always(1), BUSY);
    consortium.start(0..1).await;
    consortium.nodes[0].reaches(3).await;
    consortium.agree_up_to(3);
    consortium.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_carries_blocks_to_validators_that_are_not_neighbours() {
    let mut consortium = Consortium::new(4, &always(4), BUSY);
    let addresses: Vec<_> = consortium
        .nodes
        .iter()
        .map(|node| node.config.listen.clone())
        .collect();
    // A line: each node knows only the one before and the one after.
    for (at, node) in consortium.nodes.iter_mut().enumerate() {
        let neighbours =
            [at.checked_sub(1), Some(at + 1)].map(|at| at.and_then(|at| addresses.get(at)));
        node.config
            .peers
            .retain(|peer| neighbours.contains(&Some(&peer.address)));
        node.config.dissemination = Dissemination::Gossip;
    }
    consortium.start(0..4).await;
    for node in &consortium.nodes {
        node.reaches(5).await;
    }
    consortium.agree_up_to(5);
    consortium.stop().await;
}
