//! The words of a scenario: a consortium under load, seeded choices, and the judgement after everything is healed.

use crate::{
    client::{Client, holdings},
    disks::Log,
};
use ed25519_dalek::SigningKey;
use musubi_tests_support::{
    Consortium, Rpc,
    chance::Chance,
    disk::SmallDisk,
    gateway::secret,
    history::{Call, Operation, check},
    rpc::{DEADLINE, parse_height},
    wires::Wires,
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::ExitStatus,
    time::{Duration, Instant},
};
use tokio::{
    task::JoinHandle,
    time::{interval, timeout},
};

/// Validators of the demonstration's consortium; they come first in its plan.
pub(crate) const VALIDATORS: usize = 4;
/// Blocks that must follow when everything is healed.
const BLOCKS_AFTER_HEALING: u64 = 2;
/// How often a process is looked at that may have ended, and how long its answer is waited for.
const PULSE: Duration = Duration::from_millis(100);
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Milliseconds after which a block follows also when there is no work: nobody waits long for what is to become final.
const IDLE_BEAT: u32 = 500;

/// A consortium, the wires between its nodes, its clients, and the chance that chooses what happens to it.
pub(crate) struct Scene {
    /// Disks of nodes that have one of their own; unmounted before the consortium's folder goes.
    pub(crate) disks: Vec<SmallDisk>,
    pub(crate) consortium: Consortium,
    pub(crate) wires: Wires,
    /// Places where a node runs: everybody's, unless a test plays somebody itself.
    pub(crate) honest: Vec<usize>,
    clock: Instant,
    clients: Vec<JoinHandle<Vec<Operation>>>,
    history: Vec<Operation>,
    pub(crate) chance: Chance,
}

impl Scene {
    /// Starts everybody and waits for the first block.
    pub(crate) async fn open() -> Self {
        let mut scene = Self::lay_out().await;
        scene.start().await;
        scene
    }

    /// Everybody's files, and nobody started.
    pub(crate) async fn lay_out() -> Self {
        let consortium = Consortium::lay_out();
        consortium.change_spec(|spec| {
            spec["genesis"]["consortium"]["parameters"]["idleBeat"] = IDLE_BEAT.into();
        });
        Self {
            disks: Vec::new(),
            wires: Wires::lay(&consortium).await,
            honest: (0..consortium.size()).collect(),
            consortium,
            clock: Instant::now(),
            clients: Vec::new(),
            history: Vec::new(),
            chance: Chance::of_this_run(),
        }
    }

    /// Starts all honest nodes and waits for the first block.
    pub(crate) async fn start(&mut self) {
        for place in self.honest.clone() {
            self.consortium.node(place).process.restart();
        }
        let first = self.consortium.rpc(self.honest[0]).await;
        first.wait_for_height(1).await;
    }

    /// One client at every validator, each with the operator's account of its village.
    pub(crate) fn load(&mut self, transactions: usize) {
        let validators = self.honest.iter().filter(|place| **place < VALIDATORS);
        for place in validators.copied().collect::<Vec<_>>() {
            let member = self.consortium.node(place).name.clone();
            let file = self.consortium.folder().join("members").join(member);
            let client = Client {
                number: place,
                node: place,
                address: self.consortium.node(place).rpc.clone(),
                key: SigningKey::from_bytes(&secret(&file.join("operator.pem"))),
                clock: self.clock,
            };
            self.clients.push(tokio::spawn(client.submit(transactions)));
        }
    }

    /// This many different validators.
    pub(crate) fn victims(&mut self, count: usize) -> Vec<usize> {
        self.chance.some_of(count, VALIDATORS)
    }

    /// Lets one to three more blocks become final at a node.
    pub(crate) async fn some_blocks(&mut self, place: usize) {
        let rpc = self.consortium.rpc(place).await;
        let blocks = 1 + self.chance.draw() % 3;
        let height = rpc.height().await;
        rpc.wait_for_height(height + blocks).await;
    }

    /// Everybody but one.
    pub(crate) fn all_but(&self, places: &[usize]) -> Vec<usize> {
        let all = 0..self.consortium.size();
        all.filter(|place| !places.contains(place)).collect()
    }

    /// A node's data folder.
    pub(crate) fn data(&self, place: usize) -> PathBuf {
        self.consortium.config(place).with_file_name("data")
    }

    /// One of a node's figures, as soon as it listens.
    pub(crate) async fn metric(&mut self, place: usize, name: &str) -> u64 {
        drop(self.consortium.rpc(place).await);
        let url = format!("http://{}/metrics", self.consortium.node(place).rpc);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let name = format!("musubi_{name} ");
        let found = text.lines().find_map(|line| line.strip_prefix(&name));
        found
            .unwrap_or_else(|| panic!("no {name} in {text}"))
            .parse()
            .unwrap()
    }

    /// Waits until a node that was started again has what the others have now. How it ended, if it ended by itself before.
    pub(crate) async fn comes_back(&mut self, place: usize) -> Option<ExitStatus> {
        let witness = self.all_but(&[place])[0];
        let tip = self.consortium.rpc(witness).await.height().await;
        let address = self.consortium.node(place).rpc.clone();
        let level = async || {
            let rpc = Rpc::connect(&address).await;
            let header = rpc.call("chain_getHeader", &[]).await;
            header.is_ok_and(|header| parse_height(&header) >= tip)
        };
        let watch = async {
            let mut pulse = interval(PULSE);
            loop {
                pulse.tick().await;
                if let Some(status) = self.consortium.node(place).process.ended() {
                    return Some(status);
                }
                if timeout(ANSWER_MAX, level()).await.is_ok_and(|level| level) {
                    return None;
                }
            }
        };
        let came = timeout(DEADLINE, watch).await;
        came.unwrap_or_else(|_| panic!("node {place} neither comes back nor ends"))
    }

    /// Waits until a node that was started answers. How it ended, if it ended by itself before.
    pub(crate) async fn listens(&mut self, place: usize) -> Option<ExitStatus> {
        let address = self.consortium.node(place).rpc.clone();
        tokio::select! {
            _ = Rpc::connect(&address) => None,
            status = self.end_of(place) => Some(status),
        }
    }

    /// Waits until a validator's write-ahead log has something in it.
    pub(crate) async fn until_logged(&self, place: usize) {
        let logged = async {
            let mut pulse = interval(PULSE);
            while Log::of(self, place).records().is_empty() {
                pulse.tick().await;
            }
        };
        let logged = timeout(DEADLINE, logged).await;
        logged.unwrap_or_else(|_| panic!("node {place} logs nothing"));
    }

    /// Waits until a node ends by itself.
    pub(crate) async fn end_of(&mut self, place: usize) -> ExitStatus {
        let watch = async {
            let mut pulse = interval(PULSE);
            loop {
                pulse.tick().await;
                if let Some(status) = self.consortium.node(place).process.ended() {
                    return status;
                }
            }
        };
        let ended = timeout(DEADLINE, watch).await;
        ended.unwrap_or_else(|_| panic!("node {place} does not end"))
    }

    /// No honest node has heard any validator contradict itself.
    pub(crate) async fn nobody_voted_twice(&mut self) {
        for place in self.honest.clone() {
            let heard = self.metric(place, "consensus_equivocations_total").await;
            assert_eq!(heard, 0, "heard by node {place}");
        }
    }

    /// The heights of all nodes.
    pub(crate) async fn heights(&self) -> Vec<u64> {
        let mut heights = Vec::new();
        for place in &self.honest {
            heights.push(self.consortium.rpc(*place).await.height().await);
        }
        heights
    }

    /// Lets blocks become final at `going` until nobody doubts that they do without `alone`: what was on its way when it was cut off is at
    /// most one block.
    pub(crate) async fn goes_on_without(&mut self, going: usize, alone: usize) {
        self.some_blocks(going).await;
        self.some_blocks(going).await;
        let reached = self.consortium.rpc(going).await.height().await;
        let left = self.consortium.rpc(alone).await.height().await;
        assert!(left < reached, "node {alone} is at {left} like the others");
    }

    /// Waits until the clients are done; how many of their transactions they saw become final.
    pub(crate) async fn clients_done(&mut self) -> usize {
        for client in self.clients.drain(..) {
            self.history.extend(client.await.unwrap());
        }
        let is_final = |operation: &&Operation| matches!(operation.call, Call::Submit(_, Some(_)));
        self.history.iter().filter(is_final).count()
    }

    /// All nodes are equal, nothing that anybody saw final is gone, and one order explains it all.
    pub(crate) async fn judge(mut self) {
        let seen = self.clients_done().await;
        let mut history = std::mem::take(&mut self.history);
        let tip = self.level().await;
        let mut held = Vec::new();
        for place in &self.honest {
            held.push(holdings(&self.consortium.rpc(*place).await, tip).await);
        }
        for (place, holding) in self.honest.iter().zip(&held) {
            assert_eq!(*holding, held[0], "node {place} differs from the first");
        }
        assert!(
            seen > 0,
            "no client saw anything become final: {history:#?}"
        );
        history.extend(self.findings(&history, &held[0]));
        assert_eq!(check(&history), Ok(()), "{history:#?}");
    }

    /// Waits until every node has the same height, some blocks above everything so far.
    async fn level(&self) -> u64 {
        let first = self.consortium.rpc(self.honest[0]).await;
        let tip = first.height().await + BLOCKS_AFTER_HEALING;
        let hash = async |rpc: Rpc| {
            rpc.wait_for_height(tip).await;
            rpc.hash_at(tip).await
        };
        let expected = hash(first).await;
        assert!(expected.is_string());
        for place in &self.honest[1..] {
            assert_eq!(
                hash(self.consortium.rpc(*place).await).await,
                expected,
                "node {place}"
            );
        }
        tip
    }

    /// What each client finds at its node in the end of all it has submitted.
    fn findings(&self, history: &[Operation], held: &[(String, (u64, u32))]) -> Vec<Operation> {
        let held: BTreeMap<_, _> = held.iter().cloned().collect();
        let now = u64::try_from(self.clock.elapsed().as_micros()).unwrap();
        let find = |operation: &Operation| match &operation.call {
            Call::Submit(tx, _) => Some(Operation {
                asked: now,
                answered: now,
                call: Call::Find(tx.clone(), held.get(tx).copied()),
                ..operation.clone()
            }),
            Call::Find(..) | Call::Tip(_) => None,
        };
        history.iter().filter_map(find).collect()
    }
}
