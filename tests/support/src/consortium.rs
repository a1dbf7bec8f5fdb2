//! A whole consortium below a temporary folder.

use crate::{
    process::{NodeProcess, binary},
    rpc::Rpc,
};
use serde_json::Value;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU16, Ordering},
};

/// A running consortium: four validators and a clinic's member node, in the order of its plan.
#[derive(Debug)]
pub struct Consortium {
    folder: tempfile::TempDir,
    nodes: Vec<Node>,
}

/// One node of it.
#[derive(Debug)]
pub struct Node {
    /// Name of its member.
    pub name: String,
    /// Address of its JSON-RPC.
    pub rpc: String,
    /// Its process.
    pub process: NodeProcess,
}

impl Consortium {
    /// Lays a consortium out on free ports and starts every node.
    pub fn start() -> Self {
        let mut consortium = Self::lay_out();
        for node in &mut consortium.nodes {
            node.process.restart();
        }
        consortium
    }

    /// Lays a consortium out on free ports; its nodes are started one by one, by `restart`.
    pub fn lay_out() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = lay_out(folder.path())
            .into_iter()
            .map(Place::prepare)
            .collect();
        Self { folder, nodes }
    }

    /// Edits the chain specification, before the first node has started.
    pub fn change_spec(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder().join("chain-spec.json");
        let text = std::fs::read_to_string(&path).expect("the specification is there");
        let mut spec = serde_json::from_str(&text).expect("it is JSON");
        change(&mut spec);
        std::fs::write(&path, spec.to_string()).expect("it can be written");
    }

    /// Configuration file of a node.
    pub fn config(&self, place: usize) -> PathBuf {
        let home = self.folder().join("nodes").join(&self.nodes[place].name);
        home.join("node.toml")
    }

    /// Its folder: `chain-spec.json`, `members/`, `nodes/`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A node by its place in the plan.
    pub fn node(&mut self, place: usize) -> &mut Node {
        &mut self.nodes[place]
    }

    /// Connects to a node.
    pub async fn rpc(&self, place: usize) -> Rpc {
        Rpc::connect(&self.nodes[place].rpc).await
    }

    /// Number of nodes.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }
}

struct Place {
    name: String,
    config: PathBuf,
    rpc: String,
}

impl Place {
    fn prepare(self) -> Node {
        let process = NodeProcess::prepare(&self.config);
        Node {
            name: self.name,
            rpc: self.rpc,
            process,
        }
    }
}

fn lay_out(folder: &Path) -> Vec<Place> {
    let base = free_ports(40);
    let output = Command::new(binary())
        .args(["spec", "demo", "--ports", &base.to_string()])
        .arg(folder)
        .output()
        .expect("musubi runs");
    assert!(
        output.status.success(),
        "musubi spec demo: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let places: Value =
        serde_json::from_slice(&output.stdout).expect("musubi spec demo prints JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let place = |place: &Value| Place {
        name: text(&place["name"]),
        config: text(&place["config"]).into(),
        rpc: text(&place["rpc"]),
    };
    places
        .as_array()
        .expect("a list of nodes")
        .iter()
        .map(place)
        .collect()
}

/// The first of `count` neighbouring ports that were all free a moment ago, and that no other test of this process was given.
pub fn free_ports(count: u16) -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 20_000).expect("below 20,000");
    let next = || {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed);
        first.saturating_add(step.saturating_mul(count))
    };
    std::iter::repeat_with(next)
        .take(200)
        .find(|base| (*base..base + count).all(is_free))
        .expect("some range of ports is free")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
